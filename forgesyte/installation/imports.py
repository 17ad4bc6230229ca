"""Import what the server imports, also what it imports only when a tool is opened."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path, PurePosixPath
from types import TracebackType

# Folders of code that never runs in the server.
NOT_SERVED = {"bench", "loadtest", "tests", "training"}


class ImportedModules(ast.NodeVisitor):
    """Collects the modules that a source imports, wherever in it, except what only type checkers import."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Import(self, node: ast.Import) -> None:
        """Take `import a.b`."""
        self.names.update(alias.name for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Take `from a.b import c`."""
        if node.module and not node.level:
            self.names.add(node.module)

    def visit_If(self, node: ast.If) -> None:
        """Leave out what stands below `if TYPE_CHECKING:`."""
        skipped = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for child in node.orelse if skipped else node.body + node.orelse:
            self.visit(child)


def imported_modules(sources: Iterable[Path]) -> set[str]:
    """Name the modules that Python files import."""
    collected = ImportedModules()
    for source in sources:
        collected.visit(ast.parse(source.read_bytes()))
    return collected.names


def server_sources(root: Path) -> list[Path]:
    """List the Python files that run in the server, of all below the root of the project."""
    packages = [init.parent for init in root.glob("*/__init__.py")]
    sources = sorted(path for package in packages for path in package.rglob("*.py"))
    return [path for path in sources if NOT_SERVED.isdisjoint(path.relative_to(root).parts)]


def frame_files(traceback: TracebackType | None) -> Iterator[Path]:
    """Walk the files of a traceback, outermost first."""
    while traceback:
        yield Path(traceback.tb_frame.f_code.co_filename)
        traceback = traceback.tb_next


def distributions_to_blame(
    error: BaseException, site: Path, owners: Mapping[PurePosixPath, list[str]]
) -> list[str]:
    """Name the distributions whose module could not be imported, or whose code failed while it was.

    Empty if the fault lies in none of the installed ones.
    """
    missing = (getattr(error, "name", None) or "").replace(".", "/")
    suspects = [PurePosixPath(missing, "__init__.py"), PurePosixPath(f"{missing}.py")]
    frames = [
        path.relative_to(site) for path in frame_files(error.__traceback__) if path.is_relative_to(site)
    ]
    suspects += [PurePosixPath(path.as_posix()) for path in reversed(frames)]
    return next((owners[suspect] for suspect in suspects if suspect in owners), [])


def import_fault(modules: Iterable[str], site: Path, owners: Mapping[PurePosixPath, list[str]]) -> str | None:
    """Import modules; say in one sentence which distribution is broken at the first that fails."""
    for module in modules:
        try:
            import_module(module)
        except Exception as error:
            blamed = " or ".join(distributions_to_blame(error, site, owners)) or module
            return f"{blamed} is broken: `import {module}` ends in {type(error).__name__}: {error}"
    return None
