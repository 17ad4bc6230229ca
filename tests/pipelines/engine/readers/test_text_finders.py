"""Copies of the detector of text: each for one call, few of them, and none lost."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.engine.readers.text_finders import MOST_COPIES, TextFinders
from pipelines.engine.scheduling.slots import MOST_PAUSED

LIMIT_S = 60


class Loads:
    """Loads numbered copies, or fails where told to."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = False

    def __call__(self) -> str:
        if self.fails:
            raise MemoryError
        self.count += 1
        return f"copy {self.count}"


@pytest.fixture
def loads() -> Loads:
    return Loads()


def test_one_call_after_the_other_has_the_same_copy(loads: Loads) -> None:
    finders = TextFinders(loads)
    for _ in range(3):
        with finders.borrow() as finder:
            assert finder == "copy 1"


def test_a_second_call_while_the_first_is_paused_has_a_copy_of_its_own(loads: Loads) -> None:
    finders = TextFinders(loads)
    with finders.borrow() as first, finders.borrow() as second:
        assert {first, second} == {"copy 1", "copy 2"}
    with finders.borrow(), finders.borrow():
        assert loads.count == 2


def test_there_is_one_more_than_may_be_paused_and_then_calls_wait(loads: Loads) -> None:
    assert MOST_COPIES == MOST_PAUSED + 1
    finders = TextFinders(loads, hung_after_s=LIMIT_S)
    with ThreadPoolExecutor(1) as threads:
        with finders.borrow(), finders.borrow(), finders.borrow() as last:
            began = threading.Event()

            def borrow() -> str:
                began.set()
                with finders.borrow() as finder:
                    return str(finder)

            waiting = threads.submit(borrow)
            assert began.wait(LIMIT_S)
            assert not waiting.done()
        assert waiting.result(LIMIT_S) in ("copy 1", "copy 2", last)
    assert loads.count == MOST_COPIES


def test_where_none_comes_back_one_more_is_loaded(loads: Loads) -> None:
    finders = TextFinders(loads, hung_after_s=0.01)
    with finders.borrow(), finders.borrow(), finders.borrow(), finders.borrow() as beyond:
        assert beyond == f"copy {MOST_COPIES + 1}"


def test_a_copy_that_cannot_be_loaded_is_tried_again(loads: Loads) -> None:
    finders = TextFinders(loads)
    with finders.borrow():
        loads.fails = True
        for _ in range(MOST_COPIES + 1):
            with pytest.raises(MemoryError), finders.borrow():
                pass
        loads.fails = False
        with finders.borrow() as finder:
            assert finder == "copy 2"
