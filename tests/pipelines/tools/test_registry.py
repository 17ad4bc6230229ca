"""The registry, with packages that lie on the import path as if they were installed."""

from pathlib import Path

import pytest

from pipelines.tools.registry import PluginRegistry
from tests.pipelines.kit import registry, tool

PLUGIN = """
from pydantic import BaseModel
from pipelines.tools.base import Plugin, ToolSpec

def tool(tool_id):
    return ToolSpec(tool_id, tool_id, "", BaseModel, frozenset({"text"}), lambda params, context: None)
"""


def put(folder: Path, name: str, body: str, entry: str = "plugin") -> None:
    """Lay out a package with an entry point; `body` defines it."""
    (folder / f"{name}.py").write_text(PLUGIN + body)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[forgesyte.plugins]\n{name} = {name}:{entry}\n")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_finds_tools_by_plugin_and_tool() -> None:
    detect = tool("detect")
    found = registry(detect)

    assert found.find("kit", "detect") is detect
    assert found.find("kit", "read") is None
    assert found.find("yolo", "detect") is None
    assert found.plugin("kit") is found.plugins[0]
    assert found.plugin("yolo") is None
    assert found.problems == ()


def test_loads_the_built_in_plugins_first() -> None:
    found = PluginRegistry.load()

    assert [plugin.id for plugin in found.plugins][:4] == ["yolo", "ocr", "filter", "count"]
    assert found.find("yolo", "detect")
    assert found.find("ocr", "read")
    assert found.find("filter", "detections")
    assert found.find("count", "zones")


def test_loads_plugins_of_other_packages_as_values_and_as_functions(path: Path) -> None:
    put(path, "fs_test_value", 'plugin = Plugin("value", "Value", "1", (tool("a"), tool("b")))')
    put(path, "fs_test_function", 'def make():\n    return Plugin("function", "F", "1", ())', entry="make")

    found = PluginRegistry.load()

    assert [plugin.id for plugin in found.plugins][4:] == ["function", "value"]
    assert found.find("value", "b")
    assert found.problems == ()


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("fs_test_import", "import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("fs_test_lacking", "", "AttributeError: module 'fs_test_lacking' has no attribute 'plugin'"),
        (
            "fs_test_kind",
            "def plugin():\n    return 3",
            "TypeError: fs_test_kind:plugin gives int, not a Plugin",
        ),
        (
            "fs_test_twin",
            'plugin = Plugin("ocr", "", "", ())',
            "ValueError: the plugin id 'ocr' is in use already",
        ),
        (
            "fs_test_tools",
            'plugin = Plugin("t", "", "", (tool("a"), tool("a")))',
            "ValueError: two tools of the plugin 't' have the same id",
        ),
    ],
)
def test_a_broken_plugin_is_noted_and_the_others_work(path: Path, name: str, body: str, message: str) -> None:
    put(path, name, body)
    put(path, "fs_test_sound", 'plugin = Plugin("sound", "Sound", "1", ())')

    found = PluginRegistry.load()

    assert [str(problem) for problem in found.problems] == [f"{name}: {message}"]
    assert found.plugin("sound")
    assert found.find("ocr", "read")
