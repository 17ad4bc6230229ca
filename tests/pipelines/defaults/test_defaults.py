"""The shipped pipelines, and how they come back."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from pipelines.defaults import default_definitions
from pipelines.graph.validation import validate
from pipelines.models import Pipeline
from pipelines.tools.registry import PluginRegistry

pytestmark = pytest.mark.django_db


def restored(*arguments: str) -> dict[str, str]:
    """The command's line about each pipeline."""
    output = StringIO()
    call_command("restore_pipelines", *arguments, stdout=output)
    return dict(line.split(": ", 1) for line in output.getvalue().splitlines())


def edit(pipeline_id: str) -> None:
    row = Pipeline.objects.get(pk=pipeline_id)
    row.definition["nodes"][0]["params"] = {"weights": "mine"}
    row.save()


@pytest.mark.parametrize(
    "pipeline_id",
    ["easyocr_only", "ocr_only", "yolo_count", "yolo_easyocr", "yolo_objects", "yolo_ocr", "yolo_track"],
)
def test_each_is_valid_and_introduces_itself(pipeline_id: str) -> None:
    definition = default_definitions()[pipeline_id]

    assert validate(definition, PluginRegistry.load()) == []
    assert definition["description"].endswith(".")


def test_the_first_start_brings_all() -> None:
    assert set(restored("--if-empty").values()) == {"added"}
    assert set(Pipeline.objects.values_list("pk", flat=True)) == set(default_definitions())
    assert Pipeline.objects.get(pk="yolo_ocr").name == "Detect and read text"


def test_a_later_start_changes_nothing() -> None:
    restored("ocr_only")
    edit("ocr_only")

    assert restored("--if-empty") == {"Pipelines are stored already": "nothing to do."}
    assert Pipeline.objects.count() == 1


def test_without_a_name_missing_ones_are_added_and_edited_ones_kept() -> None:
    restored("--if-empty")
    edit("ocr_only")
    Pipeline.objects.filter(pk="yolo_track").delete()

    outcome = restored()

    assert outcome["yolo_track"] == "added"
    assert outcome["yolo_ocr"] == "is as shipped"
    assert outcome["ocr_only"].startswith("differs from the shipped one, kept")
    assert Pipeline.objects.get(pk="ocr_only").definition["nodes"][0]["params"] == {"weights": "mine"}


@pytest.mark.parametrize("arguments", [["ocr_only"], ["--all"]])
def test_edited_and_disabled_ones_are_put_back_when_asked_for(arguments: list[str]) -> None:
    restored("--if-empty")
    edit("ocr_only")
    Pipeline.objects.filter(pk="ocr_only").update(enabled=False)

    assert restored(*arguments)["ocr_only"] == "put back as shipped"
    row = Pipeline.objects.get(pk="ocr_only")
    assert (row.enabled, row.definition) == (True, default_definitions()["ocr_only"])


def test_a_name_that_is_not_shipped() -> None:
    with pytest.raises(
        CommandError, match=r"Not a shipped pipeline: mine\. There are: easyocr_only, ocr_only, yolo_count"
    ):
        restored("mine")
