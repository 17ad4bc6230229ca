"""Counting guesses at a secret."""

import threading

import pytest

from forgesyte.api import guesses
from forgesyte.api.guesses import Guesses, in_words
from tests.clock import Clock


def test_so_many_guesses_within_a_while_and_then_again() -> None:
    clock = Clock()
    made = Guesses(2, 60, clock)
    assert [made.take("ann"), made.take("ann"), made.take("ann"), made.take("bob")] == [0, 0, 60, 0]
    clock.now += 59
    assert made.take("ann") == 1
    clock.now += 1
    assert [made.take("ann"), made.take("ann"), made.take("ann")] == [0, 0, 60]


def test_a_right_guess_begins_anew() -> None:
    made = Guesses(1, 60)
    assert made.take("ann") == 0
    made.forget("ann")
    assert made.take("ann") == 0
    made.forget("nobody")


def test_nobody_in_particular_is_not_limited() -> None:
    made = Guesses(1, 60)
    assert not any(made.take("") for _ in range(10))


def test_very_many_guessers_cost_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guesses, "MAX_GUESSERS", 3)
    made = Guesses(1, 60)
    for number in range(10):
        made.take(str(number))
    assert list(made._made) == ["7", "8", "9"]


def test_threads_make_no_guess_too_many() -> None:
    made, start = Guesses(50, 60), threading.Barrier(8)
    waits: list[float] = []

    def guess() -> None:
        start.wait(10)
        waits.extend(made.take("ann") for _ in range(20))

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert waits.count(0) == 50


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1, "1 second"),
        (59.1, "60 seconds"),
        (90, "90 seconds"),
        (91, "2 minutes"),
        (900, "15 minutes"),
    ],
)
def test_a_wait_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
