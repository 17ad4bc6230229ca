"""The order in which the nodes of a pipeline run."""

from dataclasses import dataclass

from pipelines.errors import InvalidDefinition
from pipelines.graph.definition import Node, PipelineDefinition
from pipelines.graph.structure import find_cycle, predecessors


@dataclass(frozen=True)
class Step:
    """One node and the nodes whose outputs it takes in, in the order of `edges`."""

    node: Node
    predecessors: tuple[str, ...]


def make_plan(definition: PipelineDefinition) -> tuple[Step, ...]:
    """Every node after its predecessors; where several could be next, in the order of `nodes`.

    Raises InvalidDefinition where the graph has a cycle.
    """
    before = predecessors(definition)
    if cycle := find_cycle(before):
        raise InvalidDefinition(f"The edges form a cycle: {' -> '.join([*cycle, cycle[0]])}")
    waiting = list(definition.nodes)
    done: set[str] = set()
    steps = []
    while waiting:
        node = next(node for node in waiting if done.issuperset(before[node.id]))
        waiting.remove(node)
        done.add(node.id)
        steps.append(Step(node, tuple(before[node.id])))
    return tuple(steps)
