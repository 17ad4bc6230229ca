"""Reads from their `RECORD` files which files the installed distributions own."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple


class InstalledFile(NamedTuple):
    """One line of a distribution's `RECORD`; `size` is in bytes, None where the line has none."""

    distribution: str
    path: PurePosixPath
    size: int | None


def installed_files(site: Path) -> Iterator[InstalledFile]:
    """Read what the distributions in a `site-packages` folder own, their bytecode and metadata aside.

    A distribution without a `RECORD`, which is one that was cut short, owns that missing file.
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    for info in sorted(site.glob("*.dist-info")):
        distribution = info.name.split("-")[0].replace("_", "-")
        record = PurePosixPath(info.name, "RECORD")
        if not (site / record).is_file():
            yield InstalledFile(distribution, record, None)
            continue
        with (site / record).open(encoding="utf-8", newline="") as lines:
            for name, _, size in csv.reader(lines):
                path = PurePosixPath(name)
                if path.suffix != ".pyc" and path.parts[0] != info.name:
                    yield InstalledFile(distribution, path, int(size) if size else None)


def owners_of_files(files: Iterable[InstalledFile]) -> dict[PurePosixPath, list[str]]:
    """Name the distributions that own each file."""
    owners: dict[PurePosixPath, list[str]] = defaultdict(list)
    for file in files:
        if file.distribution not in owners[file.path]:
            owners[file.path].append(file.distribution)
    return owners


def damaged_files(site: Path, files: Iterable[InstalledFile]) -> Iterator[InstalledFile]:
    """Find the files that are missing, or that do not have the size their distribution gave them."""
    for file in files:
        path = site / file.path
        if not path.is_file() or (file.size is not None and path.stat().st_size != file.size):
            yield file


def file_faults(site: Path) -> list[str]:
    """Say in one sentence each which files have two owners, or else which are damaged."""
    files = list(installed_files(site))
    shared = [
        f"{path} belongs to {' and to '.join(owners)}: one has overwritten the other"
        for path, owners in owners_of_files(files).items()
        if len(owners) > 1
    ]
    damaged = [
        f"{name} is not whole: {path} is missing or cut short" for name, path, _ in damaged_files(site, files)
    ]
    return shared or damaged
