"""Measure the memory that a call takes, in a process of its own."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import django

ROOT = Path(__file__).parents[3]
# A test that goes wrong must not take the machine along.
AT_MOST_BYTES = 6 * 1024**3


def growth_mb(function: Callable[[str], object], argument: str) -> tuple[float, str]:
    """By how many MB the peak memory grows while a function of a module runs in a new process, and what it
    returns, as text."""
    done = subprocess.run(
        [sys.executable, "-m", __name__, function.__module__, function.__qualname__, argument],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    growth, _, returned = done.stdout.rstrip("\n").partition(" ")
    return float(growth), returned


def peak_mb() -> float:
    """The most memory that this process has had at once.

    `getrusage` would count what the process had that started this one.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """Run one function and tell."""
    module, name, argument = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (AT_MOST_BYTES, AT_MOST_BYTES))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    function = getattr(import_module(module), name)
    before = peak_mb()
    returned = function(argument)
    print(f"{peak_mb() - before:.1f} {returned}")


if __name__ == "__main__":
    main()
