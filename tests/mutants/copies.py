"""Copies of the repository in which the tests meet mutants; the work tree itself is never touched."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cached_property
from pathlib import Path

from tests.mutants.mutations import Mutant

ROOT = Path(__file__).resolve().parents[2]
FAST = "not model and not browser and not slow"
# A mutant may fill the memory; in kilobytes, for the shell.
MEMORY_KB = 8 * 1024 * 1024
SHELL = ("sh", "-c", f'ulimit -d {MEMORY_KB}; exec "$@"', "sh")
NOTHING_SELECTED = 5


class TestsFail(Exception):
    """Tests fail, or there are none, without any mutant."""


class Copy:
    """One copy, for one run of tests at a time; `remove` deletes it."""

    def __init__(self, folder: Path, limits_s: dict[tuple[str, ...], float]) -> None:
        """`limits_s`, which copies share, holds how long each suite may take once it was measured."""
        self._folder = folder
        self._limits_s = limits_s
        listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
        for name in filter(lambda name: (ROOT / name).is_file(), listed.split("\0")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)

    def kills(self, module: str, mutant: Mutant) -> bool:
        """Whether a test of the module fails with the mutant in it; raises TestsFail.

        First the module's own test file, then those beside it and all that import the module.
        """
        suites = [suite for suite in self._suites(module) if self._selects(suite)]
        if not suites:
            raise TestsFail(f"There are no tests of {module}")
        path = self._folder / module
        source = path.read_bytes()
        path.write_bytes(mutant.applied_to(source))
        try:
            return any(
                self._run(suite, self._limits_s[suite]) not in (0, NOTHING_SELECTED) for suite in suites
            )
        finally:
            path.write_bytes(source)

    def _suites(self, module: str) -> list[tuple[str, ...]]:
        """The tests that should notice, from the nearest to the farthest: a mark each, and test files."""
        own = mirror_of(module)
        near = sorted({*beside(own), *importing(module, self._tests)})
        suites: list[tuple[str, ...]] = [(FAST, own)] if (ROOT / own).is_file() else []
        return [*suites, (FAST, *near)] if near else suites

    @cached_property
    def _tests(self) -> dict[str, str]:
        """The text of every test file that neither needs a browser nor attacks."""
        files = [path.relative_to(ROOT) for path in sorted(ROOT.glob("tests/**/test_*.py"))]
        left_out = {"browser", "hostile", "loadtest", "grafana", "training", "bench"}
        return {str(path): (ROOT / path).read_text() for path in files if path.parts[1] not in left_out}

    def _selects(self, suite: tuple[str, ...]) -> bool:
        """Whether the suite has tests, which pass without a mutant; measures how long they may take."""
        if suite not in self._limits_s:
            started = time.monotonic()
            code = self._run(suite, 900)
            if code not in (0, NOTHING_SELECTED):
                raise TestsFail(f"Without any mutant these tests fail: {' '.join(suite[1:])}")
            self._limits_s[suite] = 30 + 4 * (time.monotonic() - started) if code == 0 else 0
        return self._limits_s[suite] > 0

    def _run(self, suite: tuple[str, ...], limit_s: float) -> int | None:
        """The exit code of pytest; None where it did not end in time."""
        mark, *files = suite
        options = (
            "-x",
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            "--hypothesis-seed=0",
            "-m",
            mark,
        )
        process = subprocess.Popen(
            [*SHELL, sys.executable, "-m", "pytest", *options, *files],
            cwd=self._folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            # The servers that a test has started, too.
            end_group(process.pid)
            process.wait()


def end_group(number: int) -> None:
    """End every process of a group that still runs."""
    try:
        os.killpg(number, signal.SIGKILL)
    except ProcessLookupError:
        return


def mirror_of(module: str) -> str:
    """The test file of a module: `tests/streaming/test_mailbox.py` of `streaming/mailbox.py`."""
    path = Path(module)
    return str(Path("tests", path.parent, f"test_{path.name}"))


def beside(test_file: str) -> list[str]:
    """The test files of the same folder."""
    folder = (ROOT / test_file).parent
    return [str(path.relative_to(ROOT)) for path in folder.glob("test_*.py")]


def importing(module: str, tests: dict[str, str]) -> list[str]:
    """The test files that name a module in an import."""
    package, _, name = module.removesuffix(".py").replace("/", ".").rpartition(".")
    lines = (f"from {package}.{name} import", f"import {package}.{name}")
    return [
        path
        for path, text in tests.items()
        if any(line in text for line in lines)
        or any(line.startswith(f"from {package} import") and name in line for line in text.splitlines())
    ]
