"""One line of text: its votes, and the exact moments at which it is to be read again or shown no longer."""

from dataclasses import asdict

import pytest

from pipelines.engine.readers.text_reader import Reading
from pipelines.tools.ocr.track_text import (
    BLANK_PAUSE_S,
    CALM_AFTER_S,
    CHANGED,
    DOUBTFUL,
    DOUBTFUL_PAUSE_S,
    FIRST_PAUSE_S,
    STALE_AFTER_S,
    VOTERS,
    TrackText,
    Votes,
    is_same,
)

A, B = Reading("METER 1185", 0.9), Reading("METER 1333", 0.9)
NOTHING = Reading("", 0.0)


def read_at(now: float, reading: Reading = A) -> TrackText:
    """A line that was surely read at this time, and is due again in a long while."""
    track = TrackText(now)
    assert track.take(reading, sure=True) is True
    track.settle(None, now)
    track.known, track.tries, track.read_s, track.next_read_s = True, 1, now, now + 60.0
    return track


def test_a_new_line_is_due_at_once_and_nothing_is_known_of_it() -> None:
    track = TrackText(7.0)
    state = asdict(track)
    del state["votes"]
    assert state.pop("waiting_since_s") == 7.0
    assert set(state.values()) == {0.0, None}
    assert track.best is None
    assert (track.is_urgent, track.can_wait) == (True, False)


class TestVotes:
    def test_the_text_with_most_weight_wins_with_its_best_score(self) -> None:
        votes = Votes(Reading("Z", 0.5), Reading("A", 0.9), Reading("Z", 0.6))
        assert votes.best() == Reading("Z", 0.6)
        votes.add(Reading("A", 0.3))
        assert votes.best() == Reading("A", 0.9)

    def test_five_readings_vote(self) -> None:
        votes = Votes(Reading("old", 0.9), *[Reading(text, 0.5) for text in "abcd"])
        assert votes.best() == Reading("old", 0.9)
        votes.add(Reading("a", 0.3))
        assert votes.best() == Reading("a", 0.5)

    def test_only_the_last_readings_vote(self) -> None:
        votes = Votes(*[Reading("old", 1.0)] * VOTERS)
        for _ in range(VOTERS - 1):
            votes.add(Reading("new", 0.9))
        assert votes.best() == Reading("new", 0.9)
        votes.add(Reading("new", 0.8))
        assert votes.best() == Reading("new", 0.9)


class TestReadings:
    def test_the_first_settles_a_line_even_where_nothing_can_be_read(self) -> None:
        assert TrackText(0.0).take(NOTHING, sure=False) is True
        assert TrackText(0.0).take(A, sure=False) is True

    def test_nothing_after_a_text_settles_nothing(self) -> None:
        track = read_at(0.0)
        assert track.take(NOTHING, sure=False) is False
        assert track.best == A

    def test_a_sure_one_of_another_text_begins_anew(self) -> None:
        track = read_at(0.0)
        track.hurry(0.0)
        assert track.take(B, sure=True) is True
        assert (track.best, track.tries, track.hurries) == (B, 0, 0)

    def test_an_unsure_one_changes_a_known_text_when_it_comes_again(self) -> None:
        track = read_at(0.0)
        assert track.take(B, sure=False) is False
        assert (track.best, track.doubted, track.can_wait) == (A, B.text, False)
        assert track.take(Reading("OTHER", 0.6), sure=False) is False
        assert track.take(B, sure=False) is False
        assert track.take(B, sure=False) is True
        assert (track.best, track.doubted) == (B, None)

    def test_the_same_text_takes_a_doubt_away(self) -> None:
        track = read_at(0.0)
        track.take(B, sure=False)
        assert track.take(A, sure=False) is True
        assert track.doubted is None

    @pytest.mark.parametrize(("known", "waits"), [(True, False), (False, True), (False, False)])
    def test_an_unsure_one_votes_only_where_nothing_was_sure_and_nothing_has_changed(
        self, known: bool, waits: bool
    ) -> None:
        track = TrackText(0.0)
        track.take(Reading("first", 0.6), sure=False)
        track.known, track.waits = known, waits
        votes = track.take(Reading("second", 0.7), sure=False)
        assert votes is not (known or waits)
        assert track.best == (Reading("second", 0.7) if votes else Reading("first", 0.6))

    def test_blanks_make_no_other_text(self) -> None:
        assert is_same("NO  ENTRY ", "NOENTRY")
        assert not is_same("NO ENTRY", "N0 ENTRY")


@pytest.mark.parametrize(
    ("known", "tries", "waits", "in_doubt", "doubted", "can_wait"),
    [
        (True, 1, False, False, None, True),
        (False, 1, False, False, None, False),
        (True, 0, False, False, None, False),
        (True, 1, True, False, None, False),
        (True, 1, False, True, None, False),
        (True, 1, False, False, "B", False),
    ],
)
def test_only_what_nothing_speaks_against_can_wait(
    known: bool, tries: int, waits: bool, in_doubt: bool, doubted: str | None, can_wait: bool
) -> None:
    track = TrackText(0.0, known=known, tries=tries, waits=waits, in_doubt=in_doubt, doubted=doubted)
    assert track.can_wait is can_wait


class TestPictures:
    def test_a_line_that_looks_the_same_is_true_now(self) -> None:
        track = read_at(10.0)
        track.see(DOUBTFUL - 0.001, 10.5)
        assert (track.true_s, track.last_seen_s, track.waits, track.in_doubt) == (10.5, 10.5, False, False)
        assert track.next_read_s == 70.0

    def test_one_without_a_picture_is_only_seen(self) -> None:
        track = read_at(10.0)
        track.see(None, 10.5)
        assert (track.true_s, track.last_seen_s, track.waits) == (10.0, 10.5, False)

    def test_one_that_differs_a_little_is_read_again_soon(self) -> None:
        track = read_at(10.0)
        track.see(DOUBTFUL, 10.1)
        assert (track.true_s, track.waits, track.in_doubt) == (10.1, False, True)
        assert track.next_read_s == 10.0 + DOUBTFUL_PAUSE_S

    def test_one_of_which_nothing_is_known_is_in_no_doubt(self) -> None:
        track = TrackText(0.0, tries=1, read_s=10.0, next_read_s=70.0)
        track.see(DOUBTFUL, 10.1)
        assert (track.in_doubt, track.next_read_s) == (False, 70.0)

    def test_one_that_has_changed_waits_from_then_on(self) -> None:
        track = read_at(10.0)
        track.see(CHANGED, 10.1)
        assert (track.true_s, track.waits, track.waiting_since_s, track.is_urgent) == (10.0, True, 10.1, True)
        assert track.next_read_s == 10.0, "at once"
        track.see(CHANGED, 10.2)
        assert track.waiting_since_s == 10.1

    @pytest.mark.parametrize(("late_s", "is_shown"), [(STALE_AFTER_S - 0.001, True), (STALE_AFTER_S, False)])
    def test_its_text_is_shown_no_longer_than_allowed(self, late_s: float, is_shown: bool) -> None:
        track = read_at(0.0)
        track.see(CHANGED, 0.1)
        track.see(CHANGED, late_s)
        assert track.best == (A if is_shown else None)
        assert track.tries == int(is_shown)

    def test_one_that_looks_as_before_again_waits_no_longer(self) -> None:
        track = read_at(0.0)
        track.see(CHANGED, 0.1)
        track.see(0.0, 0.2)
        assert (track.waits, track.true_s) == (False, 0.2)

    @pytest.mark.parametrize(
        ("hurries", "pause_s"),
        [(0, 0.0), (1, FIRST_PAUSE_S), (2, 2 * FIRST_PAUSE_S), (3, 4 * FIRST_PAUSE_S), (4, DOUBTFUL_PAUSE_S)],
    )
    def test_readings_for_nothing_make_the_pauses_longer(self, hurries: int, pause_s: float) -> None:
        track = read_at(10.0)
        for _ in range(hurries):
            track.hurry(10.0)
        track.see(CHANGED, 10.1)
        assert track.next_read_s == 10.0 + pause_s

    def test_pauses_are_longest_where_nothing_can_be_read(self) -> None:
        track = TrackText(10.0, tries=1, read_s=10.0, next_read_s=70.0, hurries=9, hurried_s=10.0)
        track.see(CHANGED, 10.1)
        assert track.next_read_s == 10.0 + BLANK_PAUSE_S

    @pytest.mark.parametrize(
        ("calm_s", "pause_s"), [(CALM_AFTER_S - 0.001, DOUBTFUL_PAUSE_S), (CALM_AFTER_S, 0.0)]
    )
    def test_after_a_while_of_calm_the_pauses_are_short_again(self, calm_s: float, pause_s: float) -> None:
        track = TrackText(0.0, tries=1, read_s=0.0, next_read_s=60.0, hurries=9, hurried_s=0.0)
        track.take(A, sure=False)
        track.see(CHANGED, calm_s)
        assert track.next_read_s == pause_s
