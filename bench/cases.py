"""The cases that every contestant is measured in."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Case:
    """One way to put load on a server; `fps` 0 is the closed loop, with two frames on their way.

    A camera cannot wait for answers: where there is one, the closed loop becomes a camera of `camera_fps`.
    """

    key: str
    about: str
    sessions: int
    fps: float
    seconds: float
    rounds: int
    camera_fps: float = 60.0

    @property
    def closed(self) -> bool:
        """True if the next frame waits for an answer."""
        return self.fps == 0

    def within(self, seconds: float | None) -> Self:
        """The same with turns of another length."""
        return replace(self, seconds=seconds) if seconds else self


CASES = {
    case.key: case
    for case in (
        Case("closed", "as fast as it goes: one session, two frames on their way", 1, 0, 2.5, 3),
        Case("fps15", "one session that sends 15 frames a second", 1, 15, 4, 2),
        Case("fps30", "one session that sends 30 frames a second", 1, 30, 4, 2),
        Case("four", "four sessions that send 15 frames a second each", 4, 15, 5, 1),
        Case("crowd", "16 sessions that send 15 frames a second each", 16, 15, 8, 1),
    )
}
# What a whole run asks with each network; more would take longer than anybody waits.
CASES_OF = {
    "yolo11n": ("closed", "fps15", "fps30", "crowd"),
    "text": ("closed", "crowd"),
    "yolo_ocr": ("closed", "fps15", "fps30", "crowd"),
}
