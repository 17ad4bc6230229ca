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
# None of them starts a thread, reads Django's settings or installs Twisted's reactor. To import them is most
# of what a run of a few tests costs.
LIBRARIES = [
    *("pytest", "pytest_asyncio.plugin", "pytest_django.plugin", "xdist.newhooks", "hypothesis"),
    *("numpy", "cv2", "av", "PIL.Image", "pillow_heif", "jinja2", "prometheus_client", "cryptography.x509"),
    *("pydantic", "pydantic.dataclasses", "pydantic.type_adapter"),
    *("anyio._core._streams", "anyio._core._sockets", "autobahn.websocket", "channels.layers"),
    *("daphne.http_protocol", "daphne.ws_protocol", "twisted.internet.asyncioreactor"),
    *("django.contrib.auth.checks", "django.db.backends.sqlite3.schema", "django.test"),
    *("django_tasks.checks", "servestatic.apps"),
]
# A mutant may fill the memory.
MOST_BYTES = 8 * 2**30
LOG = "pytest.log"
# The plugins among the libraries hold no assertions that pytest should explain.
NO_WARNING = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
OPTIONS = ["-q", *("-p", "no:randomly"), *("-p", "no:cacheprovider"), "--hypothesis-seed=0", "-W", NO_WARNING]

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
