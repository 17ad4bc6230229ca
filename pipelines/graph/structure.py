"""Checks the shape of a graph: ids, edges, cycles, entries, outputs, and that all of it is of use."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pipelines.graph.definition import Draft, PipelineDefinition
from pipelines.graph.problems import Problem

# What a run measures beside its nodes; a node of that name would hide it.
RESERVED_IDS = frozenset({"wait", "decode", "send", "total"})


def check_structure(draft: Draft) -> Iterator[Problem]:
    """Every problem of the graph as such; what could not be read is not judged."""
    if "nodes" in draft.unreadable:
        return
    definition = draft.definition
    if not definition.nodes:
        yield Problem("nodes", "is empty: a pipeline needs at least one node")
        return
    yield from check_ids(definition)
    yield from check_edges(draft)
    yield from check_cycles(definition)
    yield from check_named(definition, "entry_nodes", draft)
    yield from check_named(definition, "output_nodes", draft)
    if not any(where.startswith("edges") for where in draft.unreadable):
        yield from check_ends(draft)


def check_ids(definition: PipelineDefinition) -> Iterator[Problem]:
    """Ids that several nodes share, and ids that mean something else."""
    for node_id, count in Counter(node.id for node in definition.nodes).items():
        if count > 1:
            yield Problem(f"nodes[{node_id}]", f"{count} nodes have this id: ids must differ")
        if node_id in RESERVED_IDS:
            yield Problem(
                f"nodes[{node_id}]", "this id is the name of a stage that every run measures: take another"
            )


def check_edges(draft: Draft) -> Iterator[Problem]:
    """Edges to nowhere, edges of a node to itself, and edges that are there twice."""
    ids = {node.id for node in draft.definition.nodes}
    seen = set()
    for index, edge in enumerate(draft.definition.edges):
        where = f"edges[{index}]"
        if where in draft.unreadable:
            continue
        for name, end in (("from_node", edge.from_node), ("to_node", edge.to_node)):
            if end not in ids:
                yield Problem(f"{where}.{name}", unknown_node(end, ids))
        if edge.from_node == edge.to_node:
            yield Problem(where, f"leads from {edge.from_node!r} to itself")
        if edge in seen:
            yield Problem(where, f"is there twice: {edge.from_node} -> {edge.to_node}")
        seen.add(edge)


def check_cycles(definition: PipelineDefinition) -> Iterator[Problem]:
    """One problem for each of the cycles, no two of which share a node."""
    before = predecessors(definition)
    while cycle := find_cycle(before):
        yield Problem("edges", f"form a cycle: {' -> '.join([*cycle, cycle[0]])}")
        for node_id in cycle:
            before.pop(node_id)


def check_named(definition: PipelineDefinition, field: str, draft: Draft) -> Iterator[Problem]:
    """The nodes that `entry_nodes` or `output_nodes` names: some, known ones, each once."""
    if field in draft.unreadable:
        return
    names: Sequence[str] = getattr(definition, field)
    ids = {node.id for node in definition.nodes}
    if not names:
        yield Problem(field, "is empty: name at least one node")
    for name, count in Counter(names).items():
        if name not in ids:
            yield Problem(field, unknown_node(name, ids))
        if count > 1:
            yield Problem(field, f"names {name!r} {count} times")


def check_ends(draft: Draft) -> Iterator[Problem]:
    """Entries that others feed, nodes that no frame reaches, and nodes whose output nobody sees."""
    definition = draft.definition
    before = predecessors(definition)
    used = {source for sources in before.values() for source in sources}
    reached = reachable(definition)
    for node_id in before:
        where = f"nodes[{node_id}]"
        if node_id in definition.entry_nodes and before[node_id]:
            yield Problem(where, f"is an entry node and cannot follow {', '.join(before[node_id])}")
        if "entry_nodes" not in draft.unreadable and node_id not in reached:
            yield Problem(where, "cannot be reached from the entry nodes")
        if (
            "output_nodes" not in draft.unreadable
            and node_id not in used
            and node_id not in definition.output_nodes
        ):
            yield Problem(where, "leads nowhere: no node follows it, and it is not an output node")


def predecessors(definition: PipelineDefinition) -> dict[str, list[str]]:
    """Each node's direct predecessors in the order of `edges`, each once, without edges that are wrong."""
    before: dict[str, list[str]] = {node.id: [] for node in definition.nodes}
    for edge in definition.edges:
        known = edge.from_node in before and edge.to_node in before and edge.from_node != edge.to_node
        if known and edge.from_node not in before[edge.to_node]:
            before[edge.to_node].append(edge.from_node)
    return before


def reachable(definition: PipelineDefinition) -> set[str]:
    """The nodes that a frame gets to from the entry nodes."""
    after: dict[str, list[str]] = {node.id: [] for node in definition.nodes}
    for node_id, sources in predecessors(definition).items():
        for source in sources:
            after[source].append(node_id)
    found: set[str] = set()
    ahead = [node_id for node_id in definition.entry_nodes if node_id in after]
    while ahead:
        node_id = ahead.pop()
        if node_id not in found:
            found.add(node_id)
            ahead.extend(after[node_id])
    return found


def find_cycle(before: Mapping[str, Sequence[str]]) -> list[str]:
    """One cycle in the direction of the edges, from its first node on, or an empty list."""
    left = {node_id: set(sources) & before.keys() for node_id, sources in before.items()}
    while free := [node_id for node_id, sources in left.items() if not sources]:
        for node_id in free:
            del left[node_id]
        for sources in left.values():
            sources.difference_update(free)
    if not left:
        return []
    # Every node that is left has a predecessor that is left, so walking back must come round.
    walked = [next(iter(left))]
    while (back := next(source for source in before[walked[-1]] if source in left)) not in walked:
        walked.append(back)
    cycle = walked[walked.index(back) :][::-1]
    first = min(range(len(cycle)), key=lambda index: list(before).index(cycle[index]))
    return cycle[first:] + cycle[:first]


def unknown_node(name: str, ids: set[str]) -> str:
    """The sentence for an id that no node has."""
    return f"no node has the id {name!r}; there are: {', '.join(sorted(ids))}"
