"""Says at once everything that is wrong with a definition."""

from typing import Any

from pipelines.graph.definition import read
from pipelines.graph.problems import Problem
from pipelines.graph.structure import check_structure
from pipelines.graph.tooling import check_tooling
from pipelines.plugins.registry import PluginRegistry

__all__ = ["Problem", "validate"]


def validate(data: Any, registry: PluginRegistry) -> list[Problem]:
    """All problems of a definition as JSON; an empty list means that it can be opened. Never raises."""
    draft = read(data)
    return [*draft.problems, *check_structure(draft), *check_tooling(draft, registry)]
