"""The sentences that the code can say, in order to hold pages to what they quote."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

# Of a quoted sentence at most this part may come from placeholders.
MOST_PLACEHOLDERS = 0.5
PLACEHOLDER = re.compile(r"\{[^{}]*\}|%[sd]")


def parts_of(node: ast.expr) -> list[str] | None:
    """The fixed parts of a string between its placeholders; None for what is no string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return PLACEHOLDER.split(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = [""]
        for value in node.values:
            if isinstance(value, ast.Constant):
                parts[-1] += str(value.value)
            else:
                parts.append("")
        return parts
    return None


def said_in(source: str) -> Iterator[list[str]]:
    """The fixed parts of every string in a Python module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.expr) and (parts := parts_of(node)):
            yield parts


class Sayings:
    """All that Python modules below some folders can say."""

    def __init__(self, folders: list[Path]) -> None:
        files = [file for folder in folders for file in folder.rglob("*.py")]
        self._all = [parts for file in files for parts in said_in(file.read_text())]

    def has(self, sentence: str) -> bool:
        """True if some string is this sentence, or begins with it where it ends in `...`."""
        wanted, more = sentence.removesuffix("..."), sentence.endswith("...")
        return any(matches(parts, wanted, more) for parts in self._all)


def matches(parts: list[str], wanted: str, more: bool) -> bool:
    """True if a string of these fixed parts can be the sentence, or can begin with it."""
    if more and parts[0].startswith(wanted):
        return True
    if sum(map(len, parts)) < (1 - MOST_PLACEHOLDERS) * len(wanted):
        return False
    pattern = ".+?".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern + (".*" if more else ""), wanted) is not None
