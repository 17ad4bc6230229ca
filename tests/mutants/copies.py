"""Copies of the repository in which the tests meet mutants; the work tree itself is never touched."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from tests.mutants.mutations import Mutant
from tests.mutants.suites import NETWORKS, Suite
from tests.mutants.warm_runs import ROOT, Chosen, exit_code_of

NOTHING_SELECTED = 5
seconds = count()


def copy_of_repository(folder: Path) -> Path:
    """Copy all files that git knows to a folder."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(lambda name: (ROOT / name).is_file(), listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def fails_with(mutant: Mutant, module: str, folder: Path, suites: Iterable[Suite]) -> bool:
    """Run tests with a mutant in the copy in `folder` until one fails."""
    path = folder / module
    source, times = path.read_bytes(), path.stat()
    path.write_bytes(mutant.applied_to(source))
    # Python takes a compiled module of the same size and time for that of this source.
    os.utime(path, (0, next(seconds)))
    try:
        failed = next((suite for suite in suites if fails(suite, folder)), None)
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    # Nobody has seen the tests with networks pass yet.
    return failed is not None and (failed.tests is not None or not fails(failed, folder))


def fails(suite: Suite, folder: Path) -> bool:
    """Run tests until one fails, hangs or cannot be imported."""
    chosen = ["-m", NETWORKS] if suite.tests is None else []
    plugins = [] if suite.tests is None else [Chosen(suite.tests)]
    code = exit_code_of(folder, ["-x", *chosen, *suite.files], *plugins, limit_s=suite.limit_s)
    return code not in (0, NOTHING_SELECTED)
