"""A soak in words: what the server held, and what its clients did."""

from collections.abc import Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]

FLAT_HEADS = ("server", "first quarter", "last quarter", "slope/hour", "min", "max", "at the end", "")
CLIENT_HEADS = ("clients", "done", "refused", "failed")
NOT_WATCHED = "The server was not watched: it runs on another machine, or as another user"
VERDICTS = {True: "flat", False: "grows", None: "not judged"}
POINTS = ("first_quarter", "last_quarter", "slope_per_hour", "min", "max", "end")


def soak_lines(soak: Figures) -> list[str]:
    """Both tables as lines of text."""
    held = [_line(cells, 30, 15) for cells in (FLAT_HEADS, *flat_rows(soak))]
    return [
        *(held if soak["flatness"] else [NOT_WATCHED]),
        "",
        *(_line(cells, 30, 9) for cells in (CLIENT_HEADS, *client_rows(soak))),
    ]


def flat_rows(soak: Figures) -> list[list[str]]:
    """The watched figures, one a row."""
    return [
        [name, *(_figure(judged.get(point)) for point in POINTS), VERDICTS[judged["flat"]]]
        for name, judged in soak["flatness"].items()
    ]


def client_rows(soak: Figures) -> list[list[str]]:
    """Each kind of client, one a row."""
    return [
        [name, *(str(counts[key]) for key in CLIENT_HEADS[1:])] for name, counts in soak["clients"].items()
    ]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _line(cells: Sequence[str], first: int, other: int) -> str:
    return (f"{cells[0]:<{first}}" + "".join(f"{cell:>{other}}" for cell in cells[1:])).rstrip()
