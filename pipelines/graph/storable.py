"""Says whether a definition can be kept by any database."""

import json
from collections.abc import Iterator
from typing import Any

from pipelines.graph.problems import Problem

NOT_STORABLE = "its numbers must be finite, and its texts made of whole characters without NUL"


def check_storable(data: Any) -> Iterator[Problem]:
    """A problem where there is an infinite number, NaN, half a character or a NUL somewhere in the JSON."""
    try:
        text = json.dumps(data, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError):
        yield Problem("pipeline", NOT_STORABLE)
    else:
        if "\\u0000" in text:
            yield Problem("pipeline", NOT_STORABLE)
