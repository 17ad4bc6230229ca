"""The JSON that is accepted from strangers."""

import json
import re
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forgesyte.api.strict_json import MAX_BYTES, MAX_DEPTH, NotJson, loads

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_says_is_read_as_json_reads_it(value: Any) -> None:
    assert loads(json.dumps(value)) == value
    assert (
        loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), max_bytes=10**6)
        == value
    )


@given(st.binary() | st.text())
def test_anything_else_is_refused_with_a_sentence(text: Any) -> None:
    with suppress(NotJson):
        json.dumps(loads(text), allow_nan=False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting property name enclosed in double quotes at line 1, column 2"),
        ('{"a": 1,\n "b": }', "Expecting value at line 2, column 7"),
        (b"\xff\xff", "not UTF-8 text"),
        ('{"a": 1, "b": 2, "a": 3}', "the name 'a' is there twice in one object"),
        ("[NaN]", "NaN is no number in JSON"),
        ("[-Infinity]", "-Infinity is no number in JSON"),
        ("1e999", "the number 1e999 is too large"),
        ("-1e999", "the number -1e999 is too large"),
        ("9" * 5000, "the number 99999999999999999999... is too large"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"nested more than {MAX_DEPTH} levels deep"),
        ("[" * 100_000 + "]" * 100_000, f"nested more than {MAX_DEPTH} levels deep"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "longer than 256 KB"),
        (" " * MAX_BYTES + "1", "longer than 256 KB"),
    ],
    ids=[
        "broken",
        "second line",
        "not utf-8",
        "twice",
        "nan",
        "infinity",
        "1e999",
        "-1e999",
        "5000 digits",
        "deep",
        "very deep",
        "long",
        "spaces",
    ],
)
def test_refusals(text: str | bytes, why: str) -> None:
    with pytest.raises(NotJson, match=f"^{re.escape(why)}$"):
        loads(text)


def test_the_deepest_and_the_longest_that_are_read() -> None:
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert loads(" " * (MAX_BYTES - 1) + "1") == 1


def test_a_wide_text_is_read_in_a_moment() -> None:
    text = "[" + ",".join('{"a":[]}' for _ in range(MAX_BYTES // 10)) + "]"
    start = time.process_time()
    loads(text)
    assert time.process_time() - start < 1
