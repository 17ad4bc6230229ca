"""No circle among the modules, and no folder in which a file is hard to find."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "forgesyte", "pipelines", "streaming", "jobs", "loadtest", "training")
MOST_FILES = 20
# Pictures of a data set, and Django's migrations, which only ever grow.
UNLIMITED = ("tests/data/webcam_text", "/migrations")


def circles(imports: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """The groups of modules that all reach each other (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> Iterator[list[str]]:
        index[module] = lowest[module] = len(index)
        stack.append(module)
        for imported in sorted(imports.get(module, ())):
            if imported not in index:
                yield from visit(imported)
                lowest[module] = min(lowest[module], lowest[imported])
            elif imported in stack:
                lowest[module] = min(lowest[module], index[imported])
        if lowest[module] == index[module]:
            start = stack.index(module)
            group = sorted(stack[start:])
            del stack[start:]
            if len(group) > 1:
                yield group

    for module in sorted(imports):
        if module not in index:
            yield from visit(module)


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}}, [["a", "b"]]),
        ({"a": {"b", "c"}, "b": {"c"}, "c": {"b"}}, [["b", "c"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "e"}, "e": {"d"}}, [["a", "b", "c"], ["d", "e"]]),
    ],
)
def test_circles_are_found(imports: Mapping[str, set[str]], found: list[list[str]]) -> None:
    assert list(circles(imports)) == found


def test_no_modules_import_each_other() -> None:
    """Imports within functions count; those for the type checker only do not."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert "pipelines.runtime" in imports["pipelines.services"]

    assert list(circles(imports)) == []


def test_no_folder_has_too_many_files() -> None:
    """Files of every kind count, empty ones too."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [PurePosixPath(line) for line in listed.stdout.splitlines()]
    counts = Counter(str(path.parent) for path in paths)
    limited = {folder: count for folder, count in counts.items() if not folder.endswith(UNLIMITED)}
    assert limited["pipelines"] > 1

    assert {folder: count for folder, count in limited.items() if count > MOST_FILES} == {}


def python_files() -> list[Path]:
    """Every Python file that git knows."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def test_docstrings_say_what_a_thing_is_or_does() -> None:
    riddles = re.compile(r'"""(What|Who|How|Whether|Where|Let|That) ')
    found = {str(file.relative_to(ROOT)) for file in python_files() if riddles.search(file.read_text())}

    assert found - {"tests/test_architecture.py"} == set()


MOST_LINES_OF_A_FUNCTION = 50


def test_no_function_is_long() -> None:
    functions = [
        (node, file)
        for file in python_files()
        if "migrations" not in file.parts
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(functions) > 2000

    long = [
        f"{file.relative_to(ROOT)}: {node.name}"
        for node, file in functions
        if (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []
