"""What no database keeps is a problem of the definition, wherever it comes from."""

import json
from typing import Any

import pytest

from pipelines.graph.storable import NOT_STORABLE, check_storable


@pytest.mark.parametrize(
    "data", [{}, None, [1.5, -2, "text", True], {"a": {"b": ["\u00e9", "🙈", "a\nb"]}}, {"a": 10**30}]
)
def test_json_is_storable(data: Any) -> None:
    assert list(check_storable(data)) == []


@pytest.mark.parametrize("text", ["NaN", "1e999", "-Infinity", '"a\\u0000b"', '"\\ud800"', '{"\\u0000": 1}'])
def test_postgresql_refuses_these(text: str) -> None:
    problems = list(check_storable({"nodes": [{"params": {"x": json.loads(text)}}]}))
    assert [str(problem) for problem in problems] == [f"pipeline: {NOT_STORABLE}"]


def test_what_is_no_json_at_all() -> None:
    assert len(list(check_storable({"a": object()}))) == 1
