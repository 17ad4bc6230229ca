"""Remembers what was read on which track, so that a line is read once and not on every frame."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pipelines.engine.readers.text_reader import Reading
from pipelines.tools.base import Pressure

FORGET_AFTER_S = 10.0
FIRST_RETRY_S = 0.4


@dataclass(frozen=True)
class MemorySettings:
    """The limits on reading.

    Readings below `min_score` do not count; a line is read again soon until a reading reaches `sure_score`,
    and every `reread_interval_s` after that, because what stands there may change.
    """

    reads_per_frame: int
    min_score: float
    sure_score: float
    reread_interval_s: float


@dataclass
class TrackText:
    """The knowledge of one line: its readings as votes, and when it is to be read again."""

    first_seen: int
    last_seen_s: float = 0.0
    next_read_s: float = 0.0
    tries: int = 0
    known: bool = False
    votes: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)

    def add(self, reading: Reading) -> None:
        """Count a reading as a vote of the weight of its score."""
        self.votes[reading.text] = self.votes.get(reading.text, 0.0) + reading.score
        self.scores[reading.text] = max(self.scores.get(reading.text, 0.0), reading.score)

    def best(self) -> Reading | None:
        """The text with the most votes and its best score; None before the first reading that counts."""
        if not self.votes:
            return None
        text = max(self.votes, key=lambda candidate: self.votes[candidate])
        return Reading(text, self.scores[text])


class TextMemory:
    """The lines of one live session. `clock` gives seconds."""

    def __init__(self, settings: MemorySettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._tracks: dict[int, TrackText] = {}
        self._frames = 0

    def choose(self, keys: Sequence[int | None], areas: Sequence[float], pressure: Pressure) -> list[int]:
        """Choose the visible boxes to read now, by their place; those without a key are not followed yet.

        Lines that were never read come first, the oldest before the newest and large before small, then those
        that are due again. Fewer under pressure, and of the surely known lines one on a frame: they can wait.
        """
        self._see(keys)
        now = self._clock()
        visible = [(self._tracks[key], place) for place, key in enumerate(keys) if key is not None]
        due = [(track, place) for track, place in visible if track.next_read_s <= now]
        due.sort(key=lambda pair: (pair[0].tries > 0, pair[0].first_seen, -areas[pair[1]]))
        known = [pair for pair in due if pair[0].known]
        due = [pair for pair in due if not pair[0].known] + known[:1]
        return [place for _, place in due[: self._allowance(pressure, (track for track, _ in visible))]]

    def note(self, key: int, reading: Reading) -> None:
        """Keep a reading of a box that `choose` named, and set when the line is read again."""
        track, settings = self._tracks[key], self._settings
        if reading.text and reading.score >= settings.min_score:
            track.add(reading)
        best = track.best()
        track.known = best is not None and best.score >= settings.sure_score
        pause = settings.reread_interval_s
        track.next_read_s = self._clock() + (
            pause if track.known else min(pause, FIRST_RETRY_S * 2 ** min(track.tries, 10))
        )
        track.tries += 1

    def best(self, key: int | None) -> Reading | None:
        """The text of a line as far as it is known."""
        track = None if key is None else self._tracks.get(key)
        return track.best() if track else None

    def _see(self, keys: Iterable[int | None]) -> None:
        now = self._clock()
        self._frames += 1
        for key in keys:
            if key is not None:
                self._tracks.setdefault(key, TrackText(self._frames)).last_seen_s = now
        forgotten = [key for key, track in self._tracks.items() if now - track.last_seen_s > FORGET_AFTER_S]
        for key in forgotten:
            del self._tracks[key]

    def _allowance(self, pressure: Pressure, visible: Iterable[TrackText]) -> int:
        if pressure is Pressure.NORMAL:
            return self._settings.reads_per_frame
        if pressure is Pressure.WARNING:
            return min(1, self._settings.reads_per_frame)
        return 1 if any(track.tries == 0 for track in visible) else 0
