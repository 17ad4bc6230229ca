"""Fuzz the readers of strangers' files with atheris for so many seconds each.

`python -m tests.hostile.fuzz --seconds 60`; the file at which a reader fails is kept.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).parents[3]
MEMORY_MB = 2048
# One file takes no longer than that.
STEP_S = 20
# What is kept where a reader fails, for whoever mends it.
FOUND = Path(tempfile.gettempdir()) / "forgesyte-fuzz"
# Their branches guide the search; libraries are as they are.
OURS = ["pipelines.media", "pipelines.engine.weights", "jobs.intake"]


def fuzz(name: str, seconds: int, seed: int) -> bool:
    """Fuzz one reader in a process of its own; True if nothing was wrong."""
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        options = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-timeout={STEP_S}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={FOUND}/{name}-",
            "-max_len=65536",
            "-print_final_stats=1",
            "-verbosity=1",
            folder,
        ]
        done = subprocess.run(
            [sys.executable, "-m", __package__, "--reader", name, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds + 300,
            check=False,
        )
    said = done.stdout.decode(errors="replace").splitlines()
    runs = next((line.split()[-1] for line in said if "number_of_executed_units" in line), "0")
    if done.returncode == 0 and int(runs):
        print(f"{name}: {runs} files in {seconds} s, each read or refused", flush=True)
        return True
    print(f"{name}: failed after {runs} files; the file is in {FOUND}", *said[-60:], sep="\n", flush=True)
    return False


def fuzz_here(name: str, options: list[str]) -> None:
    """The process that fuzzes: its last option is the folder of files to begin with."""
    atheris: Any = import_module("atheris")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    with atheris.instrument_imports(include=OURS):
        django.setup()
        from tests.hostile.fuzz.readers import READERS, try_one
    READERS[name].seeds(Path(options[-1]))
    with tempfile.TemporaryDirectory() as folder:
        atheris.Setup([sys.argv[0], *options], lambda data: try_one(name, data, Path(folder)))
        atheris.Fuzz()


def main() -> int:
    """Fuzz every reader, or be the process that does; the exit status is 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader")
    given, options = parser.parse_known_args()
    if find_spec("atheris") is None:
        print("atheris is not to be had for this Python and machine: the readers are not fuzzed")
        return 1 if os.environ.get("CI") else 0
    if options:
        fuzz_here(given.reader, options)
        return 0
    names = [given.reader] if given.reader else ["live", "picture", "several", "film", "weights"]
    fine = [fuzz(name, given.seconds, given.seed) for name in names]
    return 0 if all(fine) else 1


if __name__ == "__main__":
    sys.exit(main())
