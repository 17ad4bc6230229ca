"""Pairs the answers of a session with its frames and counts the outcomes."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """The outcome of a frame."""

    RESULT = "result"
    DROPPED = "dropped"
    ERROR = "error"
    UNANSWERED = "unanswered"


@dataclass(slots=True)
class SentFrame:
    """One frame, in seconds of the client's clock.

    `taken_at` is when its picture was taken, `sent_at` when the socket was asked to take it, `late_s` how
    long that was after the plan. A frame of the warm-up must be answered too, but counts for no other figure.
    """

    taken_at: float
    sent_at: float
    late_s: float = 0.0
    answered_at: float | None = None
    outcome: Outcome = Outcome.UNANSWERED
    warm_up: bool = False

    @property
    def age_s(self) -> float | None:
        """The age of the picture when its answer came."""
        return None if self.answered_at is None else self.answered_at - self.taken_at

    @property
    def round_trip_s(self) -> float | None:
        """From the moment when the socket was asked to take it until its answer was read."""
        return None if self.answered_at is None else self.answered_at - self.sent_at


class AnswerLog:
    """Pairs answers with frames: by `frame_index` where the server gives it, else in the order of the frames.

    `open` counts frames without an answer, `extra` answers to no open frame, `slow_downs` pleas to send less;
    `error` is what the server said before it closed. `counts` and `fresh_s`, the round trips since somebody
    took them away, leave the warm-up out, which lasts until somebody sets `warming_up` to false.
    """

    def __init__(self) -> None:
        self.frames: list[SentFrame] = []
        self.counts = dict.fromkeys(Outcome, 0)
        self.fresh_s: list[float] = []
        self.warming_up = True
        self.open = 0
        self.extra = 0
        self.slow_downs = 0
        self.error = ""
        self._oldest = 0

    def sent(self, now: float, *, taken_at: float | None = None, due: float | None = None) -> int:
        """Note a frame that is sent now, and when it was taken and due, if not now; returns its index.

        The index counts from 1.
        """
        taken_at, late_s = (now if taken_at is None else taken_at), (0.0 if due is None else now - due)
        self.frames.append(SentFrame(taken_at, now, late_s, warm_up=self.warming_up))
        self.open += 1
        self.counts[Outcome.UNANSWERED] += not self.warming_up
        return len(self.frames)

    def read(self, message: str | bytes, now: float) -> int | None:
        """Note a message; returns the index of the frame that it answers, or None."""
        content = meaning_of(message)
        if "warning" in content:
            self.slow_downs += content["warning"] == "slow_down"
            return None
        outcome = outcome_of(content)
        index = content.get("frame_index")
        if outcome is Outcome.ERROR:
            self.error = f"{content['error']}: {content.get('detail', '')}".rstrip(": ")
            if index is None:
                return None
        return self._answer(index if isinstance(index, int) else self._oldest_index(), outcome, now)

    def _answer(self, index: int, outcome: Outcome, now: float) -> int | None:
        if not 1 <= index <= len(self.frames):
            self.extra += 1
            return None
        frame = self.frames[index - 1]
        if frame.outcome is not Outcome.UNANSWERED:
            self.extra += 1
            return None
        frame.answered_at, frame.outcome = now, outcome
        self.open -= 1
        if not frame.warm_up:
            self._count(frame, outcome)
        return index

    def _count(self, frame: SentFrame, outcome: Outcome) -> None:
        self.counts[Outcome.UNANSWERED] -= 1
        self.counts[outcome] += 1
        if outcome is Outcome.RESULT and frame.round_trip_s is not None:
            self.fresh_s.append(frame.round_trip_s)

    def _oldest_index(self) -> int:
        """The oldest frame without an answer; one beyond the last where there is none."""
        while self._oldest < len(self.frames):
            if self.frames[self._oldest].outcome is Outcome.UNANSWERED:
                break
            self._oldest += 1
        return self._oldest + 1


def meaning_of(message: str | bytes) -> dict[str, Any]:
    """The message's fields; none where it is not a JSON object."""
    try:
        content = json.loads(message)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def outcome_of(content: dict[str, Any]) -> Outcome:
    """The outcome of its frame that a message tells."""
    if "error" in content:
        return Outcome.ERROR
    return Outcome.DROPPED if content.get("dropped") is True else Outcome.RESULT
