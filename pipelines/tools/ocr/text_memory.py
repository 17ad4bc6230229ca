"""Remembers what was read on which track, so that a line is read when it is new or looks different."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipelines.engine.readers.text_reader import NOTHING, Reading
from pipelines.tools.base import Pressure
from pipelines.tools.ocr.line_picture import LinePicture
from pipelines.tools.ocr.reading_budget import MANY_UNREAD
from pipelines.tools.ocr.track_text import TrackText

FORGET_AFTER_S = 10.0
FIRST_RETRY_S = 0.4


@dataclass(frozen=True)
class MemorySettings:
    """The limits on reading.

    Readings below `min_score` do not count; a line is read again soon until a reading reaches `sure_score`,
    and every `reread_interval_s` after that, in case it has changed in a way that its picture does not show.
    """

    reads_per_frame: int
    min_score: float
    sure_score: float
    reread_interval_s: float


class TextMemory:
    """The lines of one live session. `clock` gives seconds."""

    def __init__(self, settings: MemorySettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._tracks: dict[int, TrackText] = {}

    def picture(self, key: int | None) -> LinePicture | None:
        """The picture of a line when it was read; None where it was not."""
        track = self._track(key)
        return track.picture if track else None

    def choose(
        self,
        keys: Sequence[int | None],
        areas: Sequence[float],
        differences: Sequence[float | None],
        pressure: Pressure,
    ) -> list[int]:
        """Choose the visible boxes to read now, by their place; those without a key are not followed yet.

        `differences` are those of each line from its `picture`. Lines that have changed or were never read
        come first, the longest waiting before others and large before small; then those that are due again.
        Fewer under pressure, but for long pages that are new; and of the surely known lines one on a frame:
        they can wait.
        """
        now = self._clock()
        self._see(keys, differences, now)
        visible = [(self._tracks[key], place) for place, key in enumerate(keys) if key is not None]
        due = [(track, place) for track, place in visible if track.next_read_s <= now]
        due.sort(key=lambda pair: (*rank(pair[0]), -areas[pair[1]]))
        places = [place for track, place in due if not track.can_wait]
        places += [place for track, place in due if track.can_wait][:1]
        return places[: self._allowance(pressure, [track for track, _ in visible])]

    def note(self, key: int, reading: Reading, picture: LinePicture | None = None) -> None:
        """Keep a reading of a box that `choose` named, and how the box looked; set when it is read again."""
        track, settings, now = self._tracks[key], self._settings, self._clock()
        if reading.score < settings.min_score:
            reading = NOTHING
        waited = track.waits
        settled = track.take(reading, reading.score >= settings.sure_score)
        if waited and track.tries:
            track.hurry(now)
        if settled:
            track.settle(picture, now)
        best = track.best
        track.known = best is not None and best.score >= settings.sure_score
        track.read_s, track.next_read_s = now, now + self._pause_s(track)
        track.tries += 1

    def best(self, key: int | None) -> Reading | None:
        """The text of a line as far as it is known."""
        track = self._track(key)
        return track.best if track else None

    def unread(self, keys: Iterable[int | None]) -> int:
        """Count the lines that have not been read even once."""
        return sum(track.tries == 0 for track in map(self._track, keys) if track)

    def age_s(self, key: int | None) -> float | None:
        """Seconds since the text of a line was last seen to hold, while it waits to be read; else None."""
        track = self._track(key)
        return self._clock() - track.true_s if track and track.waits and track.best else None

    def _pause_s(self, track: TrackText) -> float:
        """The time until a line that has just been read is read again, where it goes on looking the same."""
        longest_s = self._settings.reread_interval_s
        if track.known and not track.doubted:
            return longest_s
        return min(longest_s, FIRST_RETRY_S * (1 if track.doubted else 2 ** min(track.tries, 10)))

    def _track(self, key: int | None) -> TrackText | None:
        return None if key is None else self._tracks.get(key)

    def _see(self, keys: Iterable[int | None], differences: Iterable[float | None], now: float) -> None:
        for key, difference in zip(keys, differences, strict=True):
            if key is not None:
                self._tracks.setdefault(key, TrackText(now)).see(difference, now)
        forgotten = [key for key, track in self._tracks.items() if now - track.last_seen_s > FORGET_AFTER_S]
        for key in forgotten:
            del self._tracks[key]

    def _allowance(self, pressure: Pressure, visible: Sequence[TrackText]) -> int:
        if pressure is Pressure.NORMAL:
            return self._settings.reads_per_frame
        if pressure is Pressure.WARNING and sum(track.tries == 0 for track in visible) > MANY_UNREAD:
            return self._settings.reads_per_frame
        if pressure is Pressure.WARNING:
            return min(1, self._settings.reads_per_frame)
        return 1 if any(track.is_urgent for track in visible) else 0


def rank(track: TrackText) -> tuple[bool, float]:
    """The place of a line among those that are to be read, the lowest first."""
    return not track.is_urgent, track.waiting_since_s if track.is_urgent else track.next_read_s
