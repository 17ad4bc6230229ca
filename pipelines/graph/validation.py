"""Says at once everything that is wrong with a definition."""

from itertools import chain
from typing import Any

from pipelines.graph.definition import read
from pipelines.graph.problems import Problem, first_of
from pipelines.graph.structure import check_structure
from pipelines.graph.tooling import check_tooling
from pipelines.tools.registry import PluginRegistry

__all__ = ["Problem", "validate"]


def validate(data: Any, registry: PluginRegistry, *, by_request: bool = False) -> list[Problem]:
    """All problems of a definition as JSON, or the first 100 of them and how many more there are.

    An empty list means that it can be opened. Never raises. `by_request` says that it comes from a request of
    the API, which may not set what is OperatorOnly.
    """
    draft = read(data)
    tooling = check_tooling(draft, registry, by_request=by_request)
    return first_of(chain(draft.problems, check_structure(draft), tooling))
