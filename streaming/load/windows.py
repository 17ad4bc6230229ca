"""What of a run's records belongs to a stretch of time, given in seconds of the run."""

from collections.abc import Iterable

from streaming.load.ledger import Outcome, SentFrame
from streaming.load.patterns import Window
from streaming.load.records import LoadResult, SessionRecord
from streaming.load.statistics import newest_only


def frames_within(result: LoadResult, record: SessionRecord, window: Window) -> list[SentFrame]:
    """The frames of a session whose pictures were taken within the window."""
    begins, ends = result.start + window[0], result.start + window[1]
    return [frame for frame in record.frames if not frame.warm_up and begins <= frame.taken_at < ends]


def arrivals(result: LoadResult, record: SessionRecord, window: Window) -> int:
    """How many results came within the window, whenever their pictures were taken."""
    begins, ends = result.start + window[0], result.start + window[1]
    return sum(begins <= answered < ends for _, answered in results(record.frames))


def rate_of(result: LoadResult, record: SessionRecord, window: Window) -> float:
    """Results a second while the session was there."""
    return arrivals(result, record, window) / overlap(record, window)


def overlap(record: SessionRecord, window: Window) -> float:
    """For how long of the window the session was there, in seconds."""
    return max(min(window[1], record.visit.leaves_s) - max(window[0], record.visit.joins_s), 0.0)


def shown_spans(result: LoadResult, record: SessionRecord, window: Window) -> list[tuple[float, float]]:
    """How old the newest result's picture was while it was the newest, from and to, in seconds."""
    ends = result.start + min(window[1], record.visit.leaves_s)
    begins = result.start + window[0]
    newest = newest_only(results(record.frames))
    nexts = [*(answered for _, answered in newest[1:]), ends]
    return [
        (max(answered, begins) - taken, min(until, ends) - taken)
        for (taken, answered), until in zip(newest, nexts, strict=False)
        if max(answered, begins) < min(until, ends)
    ]


def results(frames: Iterable[SentFrame]) -> list[tuple[float, float]]:
    """When the pictures of results were taken and when they were answered; the warm-up is left out."""
    return [
        (frame.taken_at, frame.answered_at)
        for frame in frames
        if not frame.warm_up and frame.outcome is Outcome.RESULT and frame.answered_at is not None
    ]


def trips(frames: Iterable[SentFrame]) -> list[float]:
    """The round trips of results in seconds."""
    return [
        frame.answered_at - frame.sent_at
        for frame in frames
        if frame.outcome is Outcome.RESULT and frame.answered_at is not None
    ]


def count(frames: Iterable[SentFrame], outcome: Outcome) -> int:
    """How many frames came to this."""
    return sum(frame.outcome is outcome for frame in frames)
