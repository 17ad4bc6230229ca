from typing import Any

import pytest

from pipelines.graph.fields import Fields
from pipelines.graph.problems import MAX_PROBLEMS, Problem, first_of


def said(problems: list[Problem]) -> list[str]:
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("getter", "value"),
    [
        ("text", "words"),
        ("slug", "yolo_ocr-2"),
        ("object", {"a": 1}),
        ("items", [1, "two"]),
        ("ids", ["one", "two"]),
    ],
)
def test_gets_a_value_of_the_right_type(getter: str, value: Any) -> None:
    problems: list[Problem] = []

    assert getattr(Fields("", {"field": value}, problems), getter)("field") == value
    assert problems == []


@pytest.mark.parametrize(
    ("getter", "value", "message"),
    [
        ("text", 3, "must be a string, not a number"),
        ("text", True, "must be a string, not true or false"),
        ("text", None, "must be a string, not null"),
        ("text", "  ", "must not be empty"),
        ("object", [], "must be an object, not a list"),
        ("items", {}, "must be a list, not an object"),
        ("ids", "detect", "must be a list, not a string"),
    ],
)
def test_notes_a_wrong_type(getter: str, value: Any, message: str) -> None:
    problems: list[Problem] = []

    assert getattr(Fields("nodes[a].", {"field": value}, problems), getter)("field") is None
    assert said(problems) == [f"nodes[a].field: {message}"]


@pytest.mark.parametrize("getter", ["text", "slug", "object", "items", "ids"])
def test_notes_a_missing_field(getter: str) -> None:
    problems: list[Problem] = []

    assert getattr(Fields("", {}, problems), getter)("field") is None
    assert said(problems) == ["field: is missing"]


def test_a_field_with_a_default_may_be_missing_or_blank() -> None:
    problems: list[Problem] = []
    fields = Fields("", {"blank": ""}, problems)

    assert (fields.text("blank", ""), fields.text("gone", ""), fields.object("gone", {})) == ("", "", {})
    assert problems == []


@pytest.mark.parametrize("value", ["two words", "ünlaut", "a" * 65, "line\n", "a/b"])
def test_answers_a_bad_id_and_notes_it(value: str) -> None:
    problems: list[Problem] = []

    assert Fields("", {"id": value}, problems).slug("id") == value
    assert [problem.where for problem in problems] == ["id"]
    assert "is not an id" in problems[0].message


def test_leaves_out_and_notes_items_that_are_no_ids() -> None:
    problems: list[Problem] = []

    assert Fields("", {"outputs": ["a", 3, "b", None]}, problems).ids("outputs") == ["a", "b"]
    assert said(problems) == [
        "outputs[1]: must be the id of a node, not a number",
        "outputs[3]: must be the id of a node, not null",
    ]


def test_notes_fields_that_nobody_asked_for() -> None:
    problems: list[Problem] = []
    fields = Fields("edges[0].", {"from_node": "a", "from": "b"}, problems)
    fields.text("from_node")

    fields.refuse_others()

    assert said(problems) == ["edges[0].from: is not a field that is known here; known: from_node"]


def test_of_very_many_unknown_fields_the_first_are_named_and_all_are_counted() -> None:
    problems: list[Problem] = []
    fields = Fields("", {"id": "a", **{f"f{number}": 1 for number in range(1000)}}, problems)
    fields.slug("id")
    fields.refuse_others()

    assert len(problems) == 1000
    assert [problem.where for problem in problems[:MAX_PROBLEMS]] == [f"f{n}" for n in range(MAX_PROBLEMS)]
    assert str(first_of(problems)[-1]) == "pipeline: and 900 more problems"
