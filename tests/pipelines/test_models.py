"""A row is valid or says everything that is wrong with it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from pipelines.models import Pipeline
from pipelines.runtime import Runtime
from pipelines.services import definition_of, store
from tests.pipelines.toy import toy_definition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]


def problems(row: Pipeline) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        store(row)
    return caught.value.message_dict["definition"]


def saved(definition: dict[str, Any]) -> Pipeline:
    row = Pipeline(definition=definition)
    store(row)
    return row


def test_a_row_takes_its_texts_from_the_definition() -> None:
    row = saved(toy_definition("boxes"))

    assert (row.pk, row.name, row.description, str(row)) == (
        "boxes",
        "The boxes",
        "Finds a box.",
        "The boxes",
    )


def test_every_problem_is_said_at_once() -> None:
    definition = toy_definition()
    definition["nodes"][0]["params"] = {"size": "big"}
    definition["nodes"][1]["tool_id"] = "nope"
    definition["output_nodes"] = ["elsewhere"]

    said = " | ".join(problems(Pipeline(definition=definition)))

    assert "nodes[find].params.size" in said
    assert "nope" in said
    assert "elsewhere" in said


@pytest.mark.parametrize("definition", [None, [], "text", 3, {}, {"id": 7}])
def test_anything_but_a_definition_is_refused(definition: Any) -> None:
    with pytest.raises(ValidationError):
        store(Pipeline(definition=definition))


def test_an_id_stays() -> None:
    row = saved(toy_definition("boxes"))
    row.definition = toy_definition("other")

    assert problems(row) == ["id: must stay “boxes”; “Save as new” makes another pipeline"]


def test_an_id_is_given_once() -> None:
    saved(toy_definition("boxes"))

    assert problems(Pipeline(definition=toy_definition("boxes"))) == [
        "id: there is a pipeline “boxes” already"
    ]


def test_what_is_saved_is_live_at_once(toys: Runtime) -> None:
    row = saved(toy_definition("boxes", label="cat"))
    before = definition_of("boxes").nodes[0].params["label"]

    row.definition = toy_definition("boxes", label="dog")
    store(row)

    assert (before, definition_of("boxes").nodes[0].params["label"]) == ("cat", "dog")
