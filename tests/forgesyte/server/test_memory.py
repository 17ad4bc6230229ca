"""What becomes of memory at rest."""

import gc
import weakref

import pytest

from forgesyte.server import memory


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_loaded_is_not_looked_at_again() -> None:
    try:
        memory.settle()
        assert gc.get_freeze_count() > 0
        assert len(gc.get_objects()) < gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_what_is_left_of_sessions_is_collected() -> None:
    ring = weakref.ref(Ring())

    memory.give_back()

    assert ring() is None


def test_a_system_without_trimming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    memory.trim()
