"""Runs of pytest that start from a process in which the libraries are imported already."""

import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# None of them starts a thread or reads Django's settings.
LIBRARIES = [
    *("pytest", "numpy", "cv2", "av", "PIL.Image", "jinja2", "pydantic", "prometheus_client"),
    *("django.test", "channels.layers", "twisted.internet", "autobahn.websocket", "cryptography.x509"),
]
# A mutant may fill the memory.
MOST_BYTES = 8 * 2**30
LOG = "pytest.log"
OPTIONS = ["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--hypothesis-seed=0"]

warm = multiprocessing.get_context("forkserver")
warm.set_forkserver_preload(LIBRARIES)


class Chosen:
    """A plugin of pytest that leaves only these tests."""

    def __init__(self, tests: frozenset[str]) -> None:
        self._tests = tests

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what was chosen, in its order."""
        items[:] = [item for item in items if item.nodeid in self._tests]


def exit_code_of(folder: Path, arguments: Sequence[str], *plugins: object, limit_s: float) -> int | None:
    """The exit code of pytest in the copy in `folder`; None where it did not end in time."""
    process = warm.Process(target=run_tests, args=(folder, [*OPTIONS, *arguments], plugins))
    process.start()
    try:
        process.join(limit_s)
        return process.exitcode
    finally:
        end_group(process)


def run_tests(folder: Path, arguments: list[str], plugins: Sequence[object]) -> None:
    """Run tests of a copy in this process, which then ends with pytest's exit code."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    enter(folder)
    sys.exit(pytest.main(arguments, plugins))


def enter(folder: Path) -> None:
    """Import modules from a copy of the repository, and write the output to a file in it."""
    os.chdir(folder)
    with open(LOG, "wb") as log:
        for output in (1, 2):
            os.dup2(log.fileno(), output)
    others = [path for path in sys.path if Path(path or ".").resolve() not in (ROOT, folder)]
    sys.path[:] = [str(folder), *others]
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]


def end_group(process: ForkServerProcess) -> None:
    """End a run and the servers that its tests have started."""
    process.kill()
    with suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
