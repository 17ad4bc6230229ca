"""Folders for weights, and a server that has some."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.engine.weights.place import FileServer, Place, serving_files


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving_files() as served:
        yield served


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
