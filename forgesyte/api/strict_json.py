"""Reads JSON that a stranger sent: small, not deep, and nothing that two readers may take differently."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32


class NotJson(ValueError):
    """A text is not JSON, or not such as is read here; the message says where and why."""


def loads(text: str | bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Any:
    """The value of a JSON text; raises NotJson.

    Refused as well: a longer text, a deeper nesting, a name that an object has twice, NaN and Infinity, and
    numbers beyond what Python's `int` reads or a double holds.
    """
    if len(text) > max_bytes:
        raise NotJson(f"longer than {max_bytes // 1024} KB")
    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_constant=no_number, parse_float=finite, parse_int=integer
        )
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise NotJson(too_deep(max_depth)) from error
    except ValueError as error:
        raise NotJson("not UTF-8 text") from error
    if is_deeper(value, max_depth):
        raise NotJson(too_deep(max_depth))
    return value


def is_deeper(value: Any, most: int) -> bool:
    """True if objects and lists are nested deeper than so many levels."""
    level = holders([value])
    for _ in range(most):
        level = holders(item for found in level for item in contents(found))
        if not level:
            return False
    return bool(level)


def holders(values: Iterable[Any]) -> list[Any]:
    """Those of the values that hold others."""
    return [value for value in values if isinstance(value, dict | list)]


def contents(found: dict[str, Any] | list[Any]) -> Iterable[Any]:
    """The values in an object or a list."""
    return found.values() if isinstance(found, dict) else found


def too_deep(most: int) -> str:
    """The sentence for a text that is nested too deeply."""
    return f"nested more than {most} levels deep"


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs; raises NotJson where a name is there twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise NotJson(f"the name {name[:80]!r} is there twice in one object")
    return found


def no_number(name: str) -> NoReturn:
    """Raise NotJson for NaN and Infinity, which only Python reads."""
    raise NotJson(f"{name} is no number in JSON")


def finite(digits: str) -> float:
    """A number with a point or an exponent; raises NotJson where a double cannot hold it."""
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise NotJson(f"the number {digits[:20]} is too large")
    return value


def integer(digits: str) -> int:
    """A whole number; raises NotJson where nobody would count so far."""
    if len(digits) > 20:
        raise NotJson(f"the number {digits[:20]}... is too large")
    return int(digits)
