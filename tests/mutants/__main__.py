"""`make test-mutants`: breaks the core in one place at a time and counts how often its tests notice.

mutmut finds the tests of a function by one run of the whole suite, and cosmic-ray has one command for all
modules and edits the work tree; here each module meets its own tests, in a copy.
"""

import argparse
import os
import queue
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from unittest.mock import patch

from tests.mutants.copies import copy_of_repository, fails_with
from tests.mutants.covering import measured, together
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.mutations import Mutant, mutants_of
from tests.mutants.suites import Suites, files_near
from tests.mutants.warm_runs import ROOT

CORE = ("streaming", "pipelines/graph", "pipelines/tools", "pipelines/engine/scheduling", "jobs/worker")


@dataclass(frozen=True)
class Outcome:
    """A mutant that met its tests; `reason` says why its survival was expected."""

    module: str
    mutant: Mutant
    killed: bool
    reason: str = ""

    def __str__(self) -> str:
        mutant = self.mutant
        said = "killed" if self.killed else f"equivalent ({self.reason})" if self.reason else "SURVIVED"
        edit = f"{shortened(mutant.before)}  ->  {shortened(mutant.after)}"
        return f"{said}: {self.module}:{mutant.line}: {mutant.kind}: {edit}"


def main() -> int:
    """Run the sample; 1 where a mutant survives that nobody has explained."""
    options = arguments()
    every = [(module, mutant) for module in modules(options.only) for mutant in mutants_of(read(module))]
    chosen = random.Random(options.seed).sample(every, min(options.count, len(every)))
    started = time.monotonic()
    outcomes = []
    for outcome in judged(chosen, options.processes, started + options.minutes * 60):
        outcomes.append(outcome)
        print(f"{len(outcomes)}/{len(chosen)} {outcome}", flush=True)
    if len(outcomes) < len(chosen):
        print(f"The time was over before {len(chosen) - len(outcomes)} of the mutants")
    return summed_up(outcomes, len(every), time.monotonic() - started)


def arguments() -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Test the tests")
    parser.add_argument("--count", type=int, default=200, help="how many mutants are drawn (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="how many run at once (default: 2)")
    parser.add_argument("--minutes", type=float, default=28, help="none is begun later (default: 28)")
    parser.add_argument("--only", nargs="+", default=CORE, metavar="PATH", help="these folders or modules")
    return parser.parse_args()


def modules(paths: list[str]) -> list[str]:
    """The modules at or below these paths."""
    files = [file for path in paths for file in [ROOT / path, *sorted((ROOT / path).rglob("*.py"))]]
    return [str(file.relative_to(ROOT)) for file in files if file.suffix == ".py"]


def read(module: str) -> bytes:
    """The source of a module."""
    return (ROOT / module).read_bytes()


def judged(chosen: list[tuple[str, Mutant]], processes: int, until: float) -> Iterator[Outcome]:
    """Each outcome in the order of the draw, until the time is over; raises TestsFail."""
    files = files_near({module for module, _ in chosen})
    free: queue.Queue[Path] = queue.Queue()

    def judge(drawn: tuple[str, Mutant]) -> Outcome | None:
        module, mutant = drawn
        if time.monotonic() > until:
            return None
        if reason := reason_for(module, mutant):
            return Outcome(module, mutant, False, reason)
        folder = free.get()
        try:
            return Outcome(module, mutant, fails_with(mutant, module, folder, suites.of(module, mutant)))
        finally:
            free.put(folder)

    with temporary_folder() as folder, ThreadPoolExecutor(processes) as pool:
        copies = [copy_of_repository(folder / str(number)) for number in range(processes)]
        tests = sorted(frozenset().union(*files.values()))
        shares = [tests[number::processes] for number in range(processes)]
        suites = Suites(together(list(pool.map(measured, copies, repeat(files.keys()), shares))), files)
        for copy in copies:
            free.put(copy)
        yield from filter(None, pool.map(judge, chosen))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that ends with everything that tests have left behind in it."""
    with tempfile.TemporaryDirectory() as folder, patch.dict(os.environ, TMPDIR=folder):
        yield Path(folder)


def reason_for(module: str, mutant: Mutant) -> str:
    """The reason for which a mutant may survive; empty where it may not."""
    edit = (module, one_line(mutant.before), one_line(mutant.after))
    line = read(module).decode().splitlines()[mutant.line - 1]
    known = (one for one in EQUIVALENT if (one.module, one.before, one.after) == edit and one.within in line)
    return next((one.reason for one in known), "")


def summed_up(outcomes: list[Outcome], every: int, seconds: float) -> int:
    """Say how it went; the exit code."""
    judged_ones = [outcome for outcome in outcomes if not outcome.reason]
    survivors = [outcome for outcome in judged_ones if not outcome.killed]
    killed = len(judged_ones) - len(survivors)
    share = killed / max(len(judged_ones), 1)
    equivalent = len(outcomes) - len(judged_ones)
    print(
        f"\n{killed} of {len(judged_ones)} killed ({share:.1%}), {equivalent} equivalent; drawn from {every}"
    )
    print(f"{seconds / 60:.1f} minutes")
    for survivor in survivors:
        print(survivor)
    return int(bool(survivors))


def shortened(code: str) -> str:
    """Code as it fits into a line of the report."""
    line = one_line(code)
    return line if len(line) <= 80 else f"{line[:38]} ... {line[-37:]}"


def one_line(code: str) -> str:
    """Code without its line breaks."""
    return " ".join(code.split())


if __name__ == "__main__":
    sys.exit(main())
