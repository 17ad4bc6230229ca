"""Selects the part of a run's records that belongs to a stretch of time, in seconds of the run."""

from collections.abc import Iterable, Sequence

from loadtest.clients.answer_log import Outcome, SentFrame
from loadtest.clients.records import LoadResult, SessionRecord
from loadtest.patterns import Window
from loadtest.report.statistics import newest_only


def taken_within(result: LoadResult, record: SessionRecord, window: Window) -> list[SentFrame]:
    """The frames of a session whose pictures were taken then; the warm-up is left out, here as below."""
    begins, ends = on_the_clock(result, window)
    return [frame for frame in record.frames if not frame.warm_up and begins <= frame.taken_at < ends]


def answered_within(result: LoadResult, record: SessionRecord, window: Window) -> list[SentFrame]:
    """The frames of a session whose answers came then."""
    begins, ends = on_the_clock(result, window)
    return [
        frame
        for frame in record.frames
        if not frame.warm_up and frame.answered_at is not None and begins <= frame.answered_at < ends
    ]


def ages_at_answer(result: LoadResult, record: SessionRecord, window: Window) -> list[float]:
    """The ages in seconds of pictures when their results came, of results newer than all before."""
    begins, ends = on_the_clock(result, window)
    newest = newest_only(results(record.frames))
    return [answered - taken for taken, answered in newest if begins <= answered < ends]


def shown_spans(result: LoadResult, record: SessionRecord, window: Window) -> list[tuple[float, float]]:
    """The ages in seconds of the newest result's picture, from and to, while it was the newest."""
    begins, ends = on_the_clock(result, (window[0], min(window[1], record.visit.leaves_s)))
    newest = newest_only(results(record.frames))
    nexts = [*(answered for _, answered in newest[1:]), ends]
    return [
        (max(answered, begins) - taken, min(until, ends) - taken)
        for (taken, answered), until in zip(newest, nexts, strict=False)
        if max(answered, begins) < min(until, ends)
    ]


def rates_of(result: LoadResult, records: Sequence[SessionRecord], window: Window) -> list[float]:
    """Results a second of each session that was there, while it was."""
    return [
        count(answered_within(result, record, window), Outcome.RESULT) / there
        for record in records
        if (there := overlap(record, window))
    ]


def overlap(record: SessionRecord, window: Window) -> float:
    """For how long of the window the session was there, in seconds."""
    return max(min(window[1], record.visit.leaves_s) - max(window[0], record.visit.joins_s), 0.0)


def results(frames: Iterable[SentFrame]) -> list[tuple[float, float]]:
    """The times at which the pictures of results were taken and answered."""
    return [
        (frame.taken_at, frame.answered_at)
        for frame in frames
        if not frame.warm_up and frame.outcome is Outcome.RESULT and frame.answered_at is not None
    ]


def round_trips(frames: Iterable[SentFrame], outcome: Outcome) -> list[float]:
    """From sending frames until they were answered in this way, in seconds."""
    return [
        frame.round_trip_s for frame in frames if frame.outcome is outcome and frame.round_trip_s is not None
    ]


def count(frames: Iterable[SentFrame], outcome: Outcome) -> int:
    """The number of frames with this outcome."""
    return sum(frame.outcome is outcome for frame in frames)


def on_the_clock(result: LoadResult, window: Window) -> Window:
    """The window's ends as times of the clock."""
    return result.start + window[0], result.start + window[1]
