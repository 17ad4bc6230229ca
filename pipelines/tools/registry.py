"""The plugins of this installation: the built-in ones and those that other packages bring."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Self

from pipelines.tools.base import Plugin, ToolSpec

GROUP = "forgesyte.plugins"
BUILT_IN = tuple(
    f"pipelines.tools.{name}" for name in ("yolo.detect", "ocr.read", "filters", "counting.counts")
)


@dataclass(frozen=True)
class PluginProblem:
    """A third-party plugin that could not be taken in; `plugin` is the name of its entry point."""

    plugin: str
    message: str

    def __str__(self) -> str:
        return f"{self.plugin}: {self.message}"


class PluginRegistry:
    """Looks plugins and tools up by id; plugins have distinct ids, and so have the tools of each."""

    def __init__(self, plugins: Iterable[Plugin], problems: Iterable[PluginProblem] = ()) -> None:
        self.plugins = tuple(plugins)
        self.problems = tuple(problems)
        self._by_id = {plugin.id: plugin for plugin in self.plugins}

    @classmethod
    def load(cls) -> Self:
        """The built-in plugins, then those of the entry points in the order of their names.

        A third-party plugin that is broken, or whose id is in use already, is left out and noted.
        """
        plugins: list[Plugin] = [import_module(name).plugin for name in BUILT_IN]
        problems = []
        for entry_point in sorted(entry_points(group=GROUP), key=lambda found: found.name):
            try:
                plugins.append(load_plugin(entry_point, plugins))
            # Anything may go wrong in code that is not ours, and it must not take the rest down.
            except Exception as error:
                problems.append(PluginProblem(entry_point.name, f"{type(error).__name__}: {error}"))
        return cls(plugins, problems)

    def plugin(self, plugin_id: str) -> Plugin | None:
        """The plugin with this id, or None."""
        return self._by_id.get(plugin_id)

    def find(self, plugin_id: str, tool_id: str) -> ToolSpec | None:
        """The tool with these ids, or None."""
        plugin = self._by_id.get(plugin_id)
        return plugin.tool(tool_id) if plugin else None


def load_plugin(entry_point: EntryPoint, loaded: Iterable[Plugin]) -> Plugin:
    """Import a Plugin, or a function that returns one; raises whatever is wrong with it."""
    found = entry_point.load()
    plugin = found if isinstance(found, Plugin) else found()
    if not isinstance(plugin, Plugin):
        raise TypeError(f"{entry_point.value} gives {type(plugin).__name__}, not a Plugin")
    if any(plugin.id == other.id for other in loaded):
        raise ValueError(f"the plugin id '{plugin.id}' is in use already")
    if len({tool.id for tool in plugin.tools}) < len(plugin.tools):
        raise ValueError(f"two tools of the plugin '{plugin.id}' have the same id")
    return plugin
