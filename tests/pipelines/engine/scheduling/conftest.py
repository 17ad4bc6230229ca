"""One slot for each test."""

from collections.abc import Iterator

import pytest

from pipelines.engine.scheduling.slots import Slots


@pytest.fixture
def slots() -> Iterator[Slots]:
    made = Slots(1)
    yield made
    made.close()


@pytest.fixture
def order() -> list[str]:
    return []
