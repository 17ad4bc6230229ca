"""Fixtures of the pipelines' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.runtime import Runtime, override_engine
from tests.pipelines.gate import GateTool
from tests.pipelines.toy import toy_engine


@pytest.fixture
def toys(tmp_path: Path) -> Iterator[Runtime]:
    """An engine whose only plugin is the toy one, for the whole process."""
    with override_engine(toy_engine(tmp_path)) as engine:
        yield engine
        engine.close()


@pytest.fixture
def gate() -> GateTool:
    return GateTool()
