"""Takes typed values out of JSON objects and notes a problem for each that is missing or mistyped."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from pipelines.graph.problems import MAX_PROBLEMS, UNSHOWN, Problem

T = TypeVar("T")
SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
    type(None): "null",
}


def kind_of(value: Any) -> str:
    """Name the kind of a JSON value in words."""
    return KINDS.get(type(value), "a number")


class Fields:
    """The fields of one JSON object; every getter answers None where it noted a problem.

    `path` is put before a field's name to say where it is: empty for the pipeline, or else `nodes[read].`.
    """

    def __init__(self, path: str, data: Mapping[Any, Any], problems: list[Problem]) -> None:
        self._path = path
        self._data = data
        self._problems = problems
        self._asked: list[str] = []

    def text(self, name: str, default: str | None = None, *, most: int | None = None) -> str | None:
        """A string of at most so many characters; without a default it must be there and not be blank."""
        value = self._get(name, str, default)
        if default is None and value is not None and not value.strip():
            self.reject(name, "must not be empty")
            return None
        if most is not None and value is not None and len(value) > most:
            self.reject(name, f"has {len(value)} characters; at most {most} are allowed")
            return None
        return value

    def slug(self, name: str) -> str | None:
        """An id; one with forbidden characters is noted, and answered so that it can be looked up."""
        value = self.text(name)
        if value is not None and not SLUG.match(value):
            self.reject(name, f"{value!r} is not an id: use 1 to 64 letters a-z or A-Z, digits, '-' and '_'")
        return value

    def object(self, name: str, default: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """A JSON object."""
        return self._get(name, dict, default)

    def items(self, name: str, default: list[Any] | None = None) -> list[Any] | None:
        """A list of anything."""
        return self._get(name, list, default)

    def ids(self, name: str) -> list[str] | None:
        """A list of strings; items of another type are noted and left out."""
        values = self.items(name)
        if values is None:
            return None
        for index, value in enumerate(values):
            if not isinstance(value, str):
                self.reject(f"{name}[{index}]", f"must be the id of a node, not {kind_of(value)}")
        return [value for value in values if isinstance(value, str)]

    def refuse_others(self) -> None:
        """Note every field that nobody asked for."""
        known = ", ".join(self._asked)
        for name in self._data:
            if name in self._asked:
                continue
            if len(self._problems) < MAX_PROBLEMS:
                self.reject(str(name), f"is not a field that is known here; known: {known}")
            else:
                self._problems.append(UNSHOWN)

    def reject(self, name: str, message: str) -> None:
        """Note what is wrong with a field."""
        self._problems.append(Problem(f"{self._path}{name}", message))

    def _get(self, name: str, kind: type[T], default: T | None) -> T | None:
        self._asked.append(name)
        value = self._data.get(name, default)
        if isinstance(value, kind):
            return value
        wrong = f"must be {KINDS[kind]}, not {kind_of(value)}" if name in self._data else "is missing"
        self.reject(name, wrong)
        return None
