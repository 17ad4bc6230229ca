"""`manage.py check` says what keeps pipelines from running, and never stops the start."""

import dataclasses
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError
from pytest_django import Settings

from pipelines import selectors
from pipelines.models import Pipeline
from tests.pipelines.toy import toy_definition


def said() -> str:
    """The output of the command; it raises where a check forbids the start."""
    output = StringIO()
    call_command("check", tags=["pipelines"], stdout=output, stderr=output)
    return output.getvalue()


@pytest.fixture
def stored(toys: object, db: None) -> None:
    Pipeline.objects.create(pipeline_id="yolo_ocr", definition=toy_definition("yolo_ocr"))


@pytest.mark.usefixtures("stored")
def test_a_plugin_that_is_broken() -> None:
    assert "(pipelines.W001) Plugin left out: broken: ImportError: no such module" in said()


@pytest.mark.usefixtures("stored")
def test_pipelines_that_are_fine_are_not_mentioned() -> None:
    assert "yolo_ocr" not in said()


@pytest.mark.usefixtures("stored")
def test_pipelines_that_cannot_run() -> None:
    Pipeline.objects.create(pipeline_id="broken", definition={"id": "broken"})
    Pipeline.objects.create(pipeline_id="gone", definition=toy_definition("gone", weights="gone"))
    Pipeline.objects.create(pipeline_id="off", definition={}, enabled=False)

    output = said()

    assert "(pipelines.W002) The pipeline broken cannot run: Invalid: " in output
    assert "(pipelines.W003) The pipeline gone cannot run: Weights “gone” were not found" in output
    assert "pipeline off" not in output


@pytest.mark.usefixtures("stored")
def test_settings_that_name_no_pipeline(settings: Settings) -> None:
    settings.PIPELINES = dataclasses.replace(
        settings.PIPELINES, default_pipeline="typo", preload=("yolo_ocr", "nope")
    )

    output = said()

    assert "FORGESYTE_DEFAULT_PIPELINE names a pipeline that is not stored or not enabled: typo" in output
    assert "FORGESYTE_PRELOAD names a pipeline that is not stored or not enabled: nope" in output


@pytest.mark.usefixtures("toys")
def test_before_the_first_migration_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_table(**kwargs: Any) -> Any:
        raise DatabaseError("no such table: pipelines_pipeline")

    monkeypatch.setattr(selectors, "states", no_table)

    assert "pipelines.W002" not in said()


@pytest.mark.usefixtures("stored")
def test_a_weights_folder_that_is_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("")
    settings.PIPELINES = dataclasses.replace(settings.PIPELINES, weights_dir=tmp_path / "weights" / "more")

    assert f"(pipelines.W004) {tmp_path / 'weights'} is not a folder that can be written to" in said()
