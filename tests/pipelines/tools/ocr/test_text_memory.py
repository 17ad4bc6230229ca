"""A line is read once and then remembered; what is unsure or old is read again."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.readers.text_reader import Reading
from pipelines.tools.base import Pressure
from pipelines.tools.ocr.reading_budget import MANY_UNREAD
from pipelines.tools.ocr.text_memory import FIRST_RETRY_S, FORGET_AFTER_S, MemorySettings, TextMemory
from pipelines.tools.ocr.track_text import CHANGED
from tests.clock import Clock
from tests.pipelines.tools.ocr.live.memory_sessions import FRAME_S, SETTINGS, SURE, Board, Session


def test_every_line_is_read_once_and_no_more_than_the_budget_on_a_frame() -> None:
    session, keys = Session(), list[int | None](range(10))
    reads = [session.frame(keys) for _ in range(10)]
    assert [len(read) for read in reads] == [4, 4, 2, 0, 0, 0, 0, 0, 0, 0]
    assert sorted(key for read in reads for key in read if key is not None) == list(range(10))


def test_thirty_lines_are_read_within_ten_frames() -> None:
    session, keys = Session(), list[int | None](range(30))
    for _ in range(10):
        session.frame(keys)
    assert all(session.memory.best(key) == SURE for key in keys)


def test_known_lines_are_read_again_one_after_the_other() -> None:
    session, keys = Session(), list[int | None](range(8))
    for _ in range(2):
        session.frame(keys)
    session.clock.now += SETTINGS.reread_interval_s
    reads = [session.frame([*keys, 8]) for _ in range(9)]
    assert reads[0] == [8, 0]
    assert [len(read) for read in reads[1:]] == [1] * 7 + [0]
    assert {key for read in reads for key in read} == set(range(9))


def test_large_lines_come_before_small_ones_and_old_ones_before_new_ones() -> None:
    session = Session(MemorySettings(1, 0.5, 0.8, 5.0))
    assert session.frame([1, 2, 3], areas=[0.1, 0.3, 0.2]) == [2]
    assert session.frame([1, 2, 3, 4], areas=[0.1, 0.3, 0.2, 0.9]) == [3]
    assert session.frame([1, 2, 3, 4], areas=[0.1, 0.3, 0.2, 0.9]) == [1]
    assert session.frame([1, 2, 3, 4], areas=[0.1, 0.3, 0.2, 0.9]) == [4]


def test_under_load_one_line_is_read_and_at_the_worst_only_what_was_never_read() -> None:
    session = Session()
    assert session.frame([1, 2], pressure=Pressure.WARNING) == [1]
    assert session.frame([1, 2], pressure=Pressure.CRITICAL) == [2]
    session.clock.now += 6
    assert session.frame([1, 2], pressure=Pressure.CRITICAL) == []
    assert len(session.frame([1, 2], pressure=Pressure.WARNING)) == 1


def test_a_new_long_page_is_read_under_load_as_without_it() -> None:
    session, keys = Session(), list[int | None](range(MANY_UNREAD + 6))
    unread, reads = [], []
    for _ in range(4):
        reads.append(len(session.frame(keys, pressure=Pressure.WARNING)))
        unread.append(session.memory.unread([*keys, None]))
    assert reads == [4, 4, 1, 1]
    assert unread == [10, 6, 5, 4]


def test_a_sure_reading_is_repeated_after_the_interval() -> None:
    session = Session()
    assert session.frame([1]) == [1]
    session.clock.now += 4.8
    assert session.frame([1]) == []
    session.clock.now += 0.2
    assert session.frame([1]) == [1]


def test_an_unsure_reading_is_repeated_soon_and_then_less_and_less() -> None:
    session, unsure = Session(), Reading("illegible", 0.6)
    frames_read = [number for number in range(150) if session.frame([1], unsure)]
    pauses = [later - earlier for earlier, later in pairwise(frames_read)]
    assert pauses == sorted(pauses)
    assert pauses[0] <= 8
    assert max(pauses) <= 75


def test_a_line_that_is_never_legible_does_no_harm_in_a_long_session() -> None:
    session = Session()
    for _ in range(1200):
        session.clock.now += 6
        assert session.frame([1], Reading("", 0.0)) == [1]


def test_readings_vote_by_their_score() -> None:
    session = Session(MemorySettings(1, 0.5, 1.0, 0.01))
    for text, score in (("N0 ENTRY", 0.9), ("NO ENTRY", 0.6), ("NO ENTRY", 0.7)):
        session.clock.now += 10
        session.frame([1], Reading(text, score))
    assert session.memory.best(1) == Reading("NO ENTRY", 0.7)


def test_readings_that_do_not_count_leave_no_text() -> None:
    session = Session()
    assert session.frame([1], Reading("|l|", 0.3)) == [1]
    assert session.frame([2], Reading("", 0.0)) == [2]
    assert session.memory.best(1) is None
    assert session.memory.best(2) is None
    assert session.memory.best(None) is None
    assert session.memory.best(99) is None


def test_boxes_that_are_not_followed_yet_are_not_read() -> None:
    assert Session().frame([None, 7, None]) == [7]


def test_a_line_out_of_sight_is_forgotten_after_a_while() -> None:
    session = Session()
    session.frame([1])
    session.clock.now += FORGET_AFTER_S / 2
    session.frame([])
    assert session.memory.best(1) is not None
    session.clock.now += FORGET_AFTER_S
    session.frame([])
    assert session.memory.best(1) is None


@given(
    frames=st.lists(st.lists(st.integers(0, 8), unique=True, max_size=6), max_size=30),
    pressures=st.lists(st.sampled_from(Pressure), min_size=30, max_size=30),
    scores=st.lists(st.floats(0, 1), min_size=30, max_size=30),
)
def test_never_more_than_allowed_and_only_what_is_visible(
    frames: list[list[int]], pressures: list[Pressure], scores: list[float]
) -> None:
    session = Session(MemorySettings(3, 0.5, 0.8, 1.0))
    for keys, pressure, score in zip(frames, pressures, scores, strict=False):
        read = session.frame(list(keys), Reading("x", score), pressure)
        assert len(read) <= (3 if pressure is Pressure.NORMAL else 1)
        assert set(read) <= set(keys)
        assert len(set(read)) == len(read)


@pytest.mark.parametrize("pressure", list(Pressure))
def test_one_line_in_sight_is_read_under_any_load(pressure: Pressure) -> None:
    assert Session().frame([1], pressure=pressure) == [1]


def test_a_line_is_due_from_the_first_moment_of_a_clock() -> None:
    session = Session()
    session.clock.now = -FRAME_S
    assert session.frame([1]) == [1]


def test_scores_at_the_limits_count() -> None:
    session = Session()
    session.frame([1], Reading("least", SETTINGS.min_score))
    assert session.memory.best(1) == Reading("least", SETTINGS.min_score)
    session.frame([2], Reading("sure", SETTINGS.sure_score))
    session.clock.now += SETTINGS.reread_interval_s - 3 * FRAME_S
    assert session.frame([2]) == [], "a sure line is due after the interval"


def test_each_try_of_an_unsure_line_doubles_the_pause_up_to_the_interval() -> None:
    clock = Clock(0.0)
    memory = TextMemory(MemorySettings(1, 0.5, 0.8, 1e6), clock)
    pauses: list[float] = []
    for _ in range(13):
        assert memory.choose([1], [0.1], [0.0], Pressure.NORMAL) == [0]
        memory.note(1, Reading("unsure", 0.6))
        before, due = clock.now, memory._tracks[1].next_read_s
        clock.now = due - 0.001
        assert memory.choose([1], [0.1], [0.0], Pressure.NORMAL) == []
        clock.now = due
        pauses.append(round(due - before, 6))
    assert pauses == [round(FIRST_RETRY_S * 2 ** min(tries, 10), 6) for tries in range(13)]


def test_a_contradiction_is_looked_at_again_after_the_first_pause() -> None:
    clock = Clock(0.0)
    memory = TextMemory(SETTINGS, clock)
    memory.choose([1], [0.1], [None], Pressure.NORMAL)
    memory.note(1, SURE)
    assert memory._tracks[1].next_read_s == SETTINGS.reread_interval_s
    clock.now = SETTINGS.reread_interval_s
    assert memory.choose([1], [0.1], [0.0], Pressure.NORMAL) == [0]
    memory.note(1, Reading("other", 0.6))
    assert memory._tracks[1].next_read_s == SETTINGS.reread_interval_s + FIRST_RETRY_S


def test_a_line_that_was_read_again_for_long_is_read_at_once_when_it_changes() -> None:
    board = Board()
    for reads in range(2, 9):
        while board.reads < reads:
            board.show(SURE, FRAME_S)
    assert board.shown_for_s(Reading("other", 0.9), CHANGED) <= FRAME_S + 1e-6


def test_only_readings_of_a_changed_picture_are_for_nothing() -> None:
    clock = Clock(0.0)
    memory = TextMemory(SETTINGS, clock)
    memory.choose([1], [0.1], [None], Pressure.NORMAL)
    memory.note(1, SURE)
    clock.now = SETTINGS.reread_interval_s
    memory.choose([1], [0.1], [0.0], Pressure.NORMAL)
    memory.note(1, SURE)
    assert memory._tracks[1].hurries == 0, "it looked the same"
    memory.choose([1], [0.1], [CHANGED], Pressure.NORMAL)
    assert memory.age_s(1) == 0.0
    memory.note(1, SURE)
    assert memory._tracks[1].hurries == 1
    assert memory.age_s(1) is None


@pytest.mark.parametrize(("unseen_s", "is_known"), [(FORGET_AFTER_S, True), (FORGET_AFTER_S + 0.001, False)])
def test_a_line_is_remembered_for_exactly_so_long(unseen_s: float, is_known: bool) -> None:
    clock = Clock(0.0)
    memory = TextMemory(SETTINGS, clock)
    memory.choose([1], [0.1], [None], Pressure.NORMAL)
    memory.note(1, SURE)
    clock.now = unseen_s
    memory.choose([], [], [], Pressure.NORMAL)
    assert (memory.best(1) == SURE) is is_known
