"""The tests that a mutant meets, from the nearest to the farthest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.covering import Covering
from tests.mutants.mutations import Mutant
from tests.mutants.warm_runs import ROOT

LEFT_OUT = {"browser", "hostile", "loadtest", "grafana", "training", "bench"}
# They look at every module of the core.
OF_EVERY_MODULE = frozenset({"tests/test_fixed_values.py", "tests/test_dataclasses.py"})
# On a busy machine a start takes so long, and tests so many times longer than measured.
START_S = 30
SLOWER = 4
# Tests with networks are not measured: they run where no other test has noticed.
NETWORKS = "model and not browser and not slow"
NETWORKS_S = 120


@dataclass(frozen=True)
class Suite:
    """Tests that run together, and the seconds that they may take; without names, those with networks."""

    files: tuple[str, ...]
    tests: frozenset[str] | None
    limit_s: float


class Suites:
    """The tests of modules, by the lines that they run and the files that they are in."""

    def __init__(self, covering: Covering, files: Mapping[str, frozenset[str]]) -> None:
        """`files` are those near each module."""
        self._covering = covering
        self._files = files

    def of(self, module: str, mutant: Mutant) -> Iterator[Suite]:
        """Those that run the mutant's line, else all near the module: its own first, with networks last."""
        tests = self._covering.tests_of(module, mutant) or self._covering.within(self._files[module])
        own = tests & self._covering.within([mirror_of(module)])
        for suite in filter(None, (own, tests - own)):
            files = sorted({test.partition("::")[0] for test in suite})
            yield Suite(tuple(files), suite, START_S + SLOWER * self._covering.seconds_of(suite))
        if (ROOT / mirror_of(module)).exists():
            yield Suite((mirror_of(module),), None, START_S + NETWORKS_S)


def files_near(modules: Iterable[str]) -> dict[str, frozenset[str]]:
    """The test files beside each module's own, and all that import it or look at every module."""
    paths = [path.relative_to(ROOT) for path in sorted(ROOT.glob("tests/**/test_*.py"))]
    texts = {str(path): (ROOT / path).read_text() for path in paths if path.parts[1] not in LEFT_OUT}
    return {
        module: OF_EVERY_MODULE.union(beside(mirror_of(module)), importing(module, texts))
        for module in modules
    }


def mirror_of(module: str) -> str:
    """The test file of a module: `tests/streaming/test_mailbox.py` of `streaming/mailbox.py`."""
    path = Path(module)
    return str(Path("tests", path.parent, f"test_{path.name}"))


def beside(test_file: str) -> list[str]:
    """The test files of the same folder."""
    folder = (ROOT / test_file).parent
    return [str(path.relative_to(ROOT)) for path in folder.glob("test_*.py")]


def importing(module: str, texts: Mapping[str, str]) -> list[str]:
    """The test files that name a module in an import."""
    package, _, name = module.removesuffix(".py").replace("/", ".").rpartition(".")
    lines = (f"from {package}.{name} import", f"import {package}.{name}")
    return [
        path
        for path, text in texts.items()
        if any(line in text for line in lines)
        or any(line.startswith(f"from {package} import") and name in line for line in text.splitlines())
    ]
