"""A line is read once and then remembered; what is unsure or old is read again."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.engine.readers.text_reader import Reading
from pipelines.tools.base import Pressure
from pipelines.tools.ocr.text_memory import FORGET_AFTER_S, MemorySettings, TextMemory
from pipelines.tools.ocr.track_text import CHANGED, DOUBTFUL, DOUBTFUL_PAUSE_S, STALE_AFTER_S, VOTERS

FRAME_S = 1 / 15
SURE = Reading("text", 0.9)
SETTINGS = MemorySettings(reads_per_frame=4, min_score=0.5, sure_score=0.8, reread_interval_s=5.0)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


class Session:
    """A memory with a clock, and a reader that reads what the test says."""

    def __init__(self, settings: MemorySettings = SETTINGS) -> None:
        self.clock = Clock()
        self.memory = TextMemory(settings, self.clock)
        self.pictures: dict[str, Any] = {}

    def picture_of(self, text: str) -> Any:
        """Stands for how a line with this text looks."""
        return self.pictures.setdefault(text, object())

    def frame(
        self,
        keys: list[int | None],
        reading: Reading = SURE,
        pressure: Pressure = Pressure.NORMAL,
        areas: list[float] | None = None,
        difference: float | None = 0.0,
    ) -> list[int | None]:
        """The keys of the lines that were read on this frame, a fifteenth of a second after the last.

        All differ so much from their pictures.
        """
        self.clock.now += FRAME_S
        differences = [difference] * len(keys)
        places = self.memory.choose(keys, areas or [0.1] * len(keys), differences, pressure)
        for place in places:
            key = keys[place]
            assert key is not None
            self.memory.note(key, reading, self.picture_of(reading.text))
        return [keys[place] for place in places]


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


A, B = Reading("METER 1185", 0.99), Reading("METER 1333", 0.99)
SMEARED, BLANK = Reading("METFR I333", 0.6), Reading("", 0.0)


class Board(Session):
    """One line, which is read as what it shows, or as the camera makes of it."""

    def __init__(self, settings: MemorySettings = SETTINGS) -> None:
        super().__init__(settings)
        self.reads = 0

    def show(self, reading: Reading, seconds: float, difference: float = CHANGED) -> None:
        """Show this for so long; what was read before differs so much from it."""
        end = self.clock.now + seconds
        while self.clock.now < end - FRAME_S / 2:
            is_kept = self.memory.picture(1) is self.picture_of(reading.text)
            self.reads += len(self.frame([1], reading, difference=0.0 if is_kept else difference))

    @property
    def text(self) -> str | None:
        best = self.memory.best(1)
        return best.text if best else None

    def shown_for_s(self, reading: Reading, difference: float, at_most: float = 400) -> float:
        """Seconds until what is shown is this text, from when the line shows it."""
        start = self.clock.now
        while self.text != reading.text and self.clock.now - start < at_most:
            self.show(reading, FRAME_S, difference)
        return self.clock.now - start


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
