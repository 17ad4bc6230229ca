"""Texts that change in one place: what is shown follows what the line shows."""

import pytest

from pipelines.engine.readers.text_reader import Reading
from pipelines.tools.base import Pressure
from pipelines.tools.ocr.text_memory import MemorySettings
from pipelines.tools.ocr.track_text import CHANGED, DOUBTFUL, DOUBTFUL_PAUSE_S, STALE_AFTER_S, VOTERS
from tests.pipelines.tools.ocr.live.memory_sessions import FRAME_S, SETTINGS, SURE, Board, Session

A, B = Reading("METER 1185", 0.99), Reading("METER 1333", 0.99)
SMEARED, BLANK = Reading("METFR I333", 0.6), Reading("", 0.0)


@pytest.mark.parametrize("seconds", [10, 30, 60, 300])
@pytest.mark.parametrize(
    ("difference", "at_most_s"),
    [
        (CHANGED, FRAME_S),  # seen on the first frame that has it
        (DOUBTFUL, DOUBTFUL_PAUSE_S + FRAME_S),
        (0.0, SETTINGS.reread_interval_s + FRAME_S),  # not seen at all
    ],
)
def test_a_text_goes_with_its_appearance_however_long_it_was_shown(
    seconds: float, difference: float, at_most_s: float
) -> None:
    board = Board()
    board.show(A, seconds)
    assert board.text == A.text
    assert board.shown_for_s(B, difference) <= at_most_s + 1e-6


@pytest.mark.parametrize("difference", [CHANGED, 0.0])
def test_an_unsure_reading_changes_a_text_when_it_is_repeated(difference: float) -> None:
    board, unsure = Board(), Reading(B.text, 0.6)
    board.show(A, 60)
    assert board.shown_for_s(unsure, difference) <= 1 + SETTINGS.reread_interval_s * (difference == 0)
    assert board.memory.best(1) == unsure


def test_one_smeared_reading_changes_no_text() -> None:
    board = Board()
    board.show(A, 60)
    board.show(SMEARED, FRAME_S)
    assert (board.text, board.reads) == (A.text, 13)
    board.show(A, 1, 0.0)
    assert board.text == A.text


def test_a_text_is_gone_in_time_where_what_follows_cannot_be_read() -> None:
    board = Board()
    board.show(A, 60)
    board.show(BLANK, STALE_AFTER_S - FRAME_S)
    assert board.text == A.text
    assert board.memory.age_s(1) == pytest.approx(STALE_AFTER_S - FRAME_S)
    board.show(BLANK, 2 * FRAME_S)
    assert board.memory.best(1) is None
    assert board.memory.age_s(1) is None
    assert board.shown_for_s(B, CHANGED) <= 1


def test_a_text_is_gone_in_time_where_there_is_no_time_to_read() -> None:
    session = Session(MemorySettings(1, 0.5, 0.8, 5.0))
    keys: list[int | None] = [1, 2]
    for _ in range(3):
        session.frame(keys)
    for _ in range(int(STALE_AFTER_S / FRAME_S) + 1):
        assert session.memory.best(2) == SURE
        # The reader is taken up by other lines.
        session.clock.now += FRAME_S
        session.memory.choose(keys, [0.1, 0.1], [0.0, CHANGED], Pressure.CRITICAL)
    assert session.memory.best(1) == SURE
    assert session.memory.best(2) is None


def test_the_age_of_a_text_is_the_time_since_it_was_seen_to_hold() -> None:
    session = Session()
    session.frame([1, 2])
    for _ in range(3):
        assert session.memory.age_s(1) is None
        session.frame([1, 2])
    for frames in (1, 2, 3):
        session.clock.now += FRAME_S
        session.memory.choose([1, 2], [0.1, 0.1], [CHANGED, 0.0], Pressure.NORMAL)
        assert session.memory.age_s(1) == pytest.approx(frames * FRAME_S)
        assert session.memory.age_s(2) is None
    session.frame([1], difference=0.0)  # a hand that went by
    assert session.memory.age_s(1) is None
    assert session.memory.best(1) == SURE
    assert session.memory.age_s(None) is None
    assert session.memory.age_s(99) is None


def test_changed_lines_and_new_ones_come_before_those_that_are_due() -> None:
    session, keys = Session(MemorySettings(2, 0.5, 0.8, 5.0)), list[int | None](range(4))
    for _ in range(2):
        session.frame(keys)
    session.clock.now += 5
    differences = [0.0, 0.0, CHANGED, CHANGED, None]
    session.memory.choose([*keys, 4], [0.1] * 5, differences, Pressure.NORMAL)
    session.clock.now += FRAME_S
    order = session.memory.choose([*keys, 4, 5], [0.1] * 6, [*differences, None], Pressure.NORMAL)
    assert order == [2, 3]
    assert session.memory.choose(keys, [0.1] * 4, differences[:4], Pressure.CRITICAL) == [2]


def test_a_clock_of_eight_lines_is_never_a_second_late() -> None:
    """Each line changes each second, and four can be read on a frame."""
    session, keys = Session(), list[int | None](range(8))
    for frame in range(15 * 60):
        text, session.clock.now = f"{frame // 15}", session.clock.now + FRAME_S
        known = [session.memory.best(key) for key in keys]
        differences = [CHANGED if reading and reading.text != text else 0.0 for reading in known]
        for place in session.memory.choose(keys, [0.1] * 8, differences, Pressure.NORMAL):
            session.memory.note(place, Reading(text, 0.99))
        stale = [reading for key in keys if (reading := session.memory.best(key)) and reading.text != text]
        assert len(stale) == (4 if frame % 15 == 0 and frame else 0)


def test_a_picture_that_changes_on_and_on_is_not_read_on_and_on() -> None:
    board = Board()
    board.show(A, 10)
    board.reads = 0
    for _ in range(15 * 60):
        board.reads += len(board.frame([1], A, difference=CHANGED))
        assert board.text == A.text
    assert board.reads <= 60 / (DOUBTFUL_PAUSE_S - FRAME_S) + 4
    # It is over, and the next change counts at once.
    board.show(A, 3)
    assert board.shown_for_s(B, CHANGED) <= FRAME_S + 1e-6


def test_what_cannot_be_read_and_never_stands_still_costs_little() -> None:
    board = Board()
    reads = sum(len(board.frame([1], BLANK, difference=CHANGED)) for _ in range(15 * 60))
    assert reads <= 60


def test_a_line_in_doubt_does_not_wait_for_others() -> None:
    session, keys = Session(), list[int | None](range(8))
    for _ in range(2):
        session.frame(keys)
    session.clock.now += DOUBTFUL_PAUSE_S
    assert len(session.frame(keys, difference=DOUBTFUL)) == 4


def test_a_few_readings_vote() -> None:
    session = Session(MemorySettings(1, 0.5, 1.0, 0.01))
    for text in ["ENTRV"] * 9 + ["ENTRY"] * (VOTERS // 2 + 1):
        session.clock.now += 10
        session.frame([1], Reading(text, 0.9))
    assert session.memory.best(1) == Reading("ENTRY", 0.9)


def test_blanks_make_no_other_text() -> None:
    board = Board()
    board.show(Reading("NO ENTRY", 0.97), 12)
    board.show(Reading("NOENTRY", 0.95), 4, 0.0)
    assert board.text == "NO ENTRY"
