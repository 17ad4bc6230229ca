"""Checks what stands at the nodes of a graph: that the tools exist, take their params, and fit together."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import ValidationError

from pipelines.graph.definition import Draft, Edge, Node
from pipelines.graph.problems import Problem
from pipelines.graph.structure import predecessors
from pipelines.tools.base import IMAGE, ToolSpec
from pipelines.tools.parameters import accepted_names, ignores_others, validated
from pipelines.tools.registry import PluginRegistry

# In all nodes together: their masks take 32 MB, and each session has its own.
MAX_ZONES = 128


def check_tooling(draft: Draft, registry: PluginRegistry, *, by_request: bool = False) -> Iterator[Problem]:
    """Every problem of tools, parameters and types; nodes and edges that could not be read are not judged.

    `by_request` as for `validated`.
    """
    specs: dict[str, ToolSpec] = {}
    zones = 0
    for node in draft.definition.nodes:
        if f"nodes[{node.id}]" in draft.unreadable:
            continue
        spec = registry.find(node.plugin_id, node.tool_id)
        if spec is None:
            yield unknown_tool(node, registry)
        else:
            specs[node.id] = spec
            problems, of_node = check_params(node, spec, by_request=by_request)
            yield from problems
            zones += of_node
    if zones > MAX_ZONES:
        yield Problem("nodes", f"count in {zones:,} zones together; at most {MAX_ZONES} are allowed")
    yield from check_types(draft, specs)
    if not any(where.startswith("edges") for where in draft.unreadable):
        yield from check_inputs(draft, specs)


def unknown_tool(node: Node, registry: PluginRegistry) -> Problem:
    """The problem of a node whose plugin or tool does not exist, with those that do."""
    plugin = registry.plugin(node.plugin_id)
    if plugin is not None:
        known = ", ".join(tool.id for tool in plugin.tools)
        return Problem(
            f"nodes[{node.id}].tool_id",
            f"the plugin '{plugin.id}' has no tool {node.tool_id!r}; it has: {known}",
        )
    known = ", ".join(plugin.id for plugin in registry.plugins)
    # Clients read this, and what is wrong with a plugin may have paths of the server in it.
    broken = "".join(f"; {problem.plugin} could not be loaded" for problem in registry.problems)
    return Problem(f"nodes[{node.id}].plugin_id", f"no plugin {node.plugin_id!r}; there are: {known}{broken}")


def check_params(node: Node, spec: ToolSpec, *, by_request: bool = False) -> tuple[list[Problem], int]:
    """One problem for each parameter that the tool does not take, and how many zones it holds."""
    where = f"nodes[{node.id}].params"
    problems, zones = [], 0
    try:
        zones = spec.zones(validated(spec.params, node.params, by_request=by_request))
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False, include_input=False):
            path = ".".join([where, *(str(part) for part in found["loc"])])
            problems.append(Problem(path, said_simply(found["type"], found["msg"], spec)))
    # A validator that another package brings may raise anything; an operator's form must still answer.
    except Exception as error:
        problems.append(Problem(where, f"the tool cannot check them: {type(error).__name__}"))
    if ignores_others(spec.params):
        for name in node.params.keys() - accepted_names(spec.params):
            problems.append(Problem(f"{where}.{name}", said_simply("extra_forbidden", "", spec)))
    return problems, zones


def said_simply(kind: str, message: str, spec: ToolSpec) -> str:
    """Pydantic's sentence in the words of the other problems."""
    if kind == "extra_forbidden":
        return f"is not a parameter of this tool; known: {', '.join(spec.params.model_fields) or 'none'}"
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ")[:1].lower() + message.removeprefix("Value error, ")[1:]


def check_types(draft: Draft, specs: dict[str, ToolSpec]) -> Iterator[Problem]:
    """Edges that carry nothing: no output of the one tool is an input of the other."""
    for index, edge in enumerate(draft.definition.edges):
        ends = specs.get(edge.from_node), specs.get(edge.to_node)
        if ends[0] is not None and ends[1] is not None and edge.from_node != edge.to_node:
            yield from check_edge(f"edges[{index}]", edge, ends[0], ends[1])


def check_edge(where: str, edge: Edge, source: ToolSpec, target: ToolSpec) -> Iterator[Problem]:
    """One edge whose types do not meet."""
    taken = target.input_types | target.optional_input_types
    if not source.output_types & taken:
        gives, takes = (
            ", ".join(sorted(source.output_types)) or "nothing",
            ", ".join(sorted(taken)) or "nothing",
        )
        yield Problem(where, f"'{edge.from_node}' gives {gives}, but '{edge.to_node}' takes {takes}")


def check_inputs(draft: Draft, specs: dict[str, ToolSpec]) -> Iterator[Problem]:
    """Nodes that need what neither the frame nor a direct predecessor gives; unknown tools give anything."""
    before = predecessors(draft.definition)
    gives = given_types(before, specs)
    for node_id, sources in before.items():
        if node_id not in specs or any(source not in specs for source in sources):
            continue
        given = {IMAGE}.union(*(gives[source] for source in sources))
        for needed in sorted(specs[node_id].input_types - given):
            yield Problem(f"nodes[{node_id}]", f"needs {needed}, which no node directly before it gives")


def given_types(
    before: Mapping[str, Sequence[str]], specs: Mapping[str, ToolSpec]
) -> dict[str, frozenset[str]]:
    """The types that each node gives: its own, and those that it passes on. `before`: see `predecessors`."""
    gives = {node_id: spec.output_types - spec.passes_on for node_id, spec in specs.items()}
    is_settled = False
    while not is_settled:
        is_settled = True
        for node_id, spec in specs.items():
            # Unknown tools give anything.
            received = (gives.get(source, spec.passes_on) for source in before[node_id])
            passed_on = spec.passes_on.intersection(frozenset().union(*received))
            if not passed_on <= gives[node_id]:
                gives[node_id] |= passed_on
                is_settled = False
    return gives
