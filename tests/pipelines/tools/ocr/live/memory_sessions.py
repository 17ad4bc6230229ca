"""Sessions of a text memory whose clock and readings a test decides."""

from typing import Any

from pipelines.engine.readers.text_reader import Reading
from pipelines.tools.base import Pressure
from pipelines.tools.ocr.text_memory import MemorySettings, TextMemory
from pipelines.tools.ocr.track_text import CHANGED
from tests.clock import Clock

FRAME_S = 1 / 15
SURE = Reading("text", 0.9)
SETTINGS = MemorySettings(reads_per_frame=4, min_score=0.5, sure_score=0.8, reread_interval_s=5.0)


class Session:
    """A memory with a clock, and a reader that reads what the test says."""

    def __init__(self, settings: MemorySettings = SETTINGS) -> None:
        self.clock = Clock(100.0)
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
