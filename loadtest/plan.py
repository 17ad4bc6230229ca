"""The plan of a load test."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Any, Self
from urllib.parse import urlencode, urlsplit, urlunsplit

STREAM_PATH = "/ws/video/stream"
SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
SESSIONS_OF_A_PROCESS = 64
PROCESSES = 2


class Pattern(StrEnum):
    """The course of the load over time."""

    STEADY = "steady"
    RAMP = "ramp"
    BURST = "burst"
    CHURN = "churn"
    SOAK = "soak"


class BadPlan(Exception):
    """A plan that cannot be carried out; `detail` says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class LoadPlan:
    """The sessions of a load test and what they send; times in seconds unless the name says otherwise.

    `fps` 0 is a closed loop: `in_flight` frames are unanswered, and `think_ms` lie between an answer and the
    next frame. Above 0 the loop is open: frames go out on time, whatever comes back. `source` is a video, a
    picture or a folder of pictures; None for a generated page. `answer_within_s` is how long a client waits
    for what is unanswered when it is done, `ready_within_s` for its first answer, while networks load.
    """

    sessions: int = 1
    fps: float = 15.0
    duration_s: float = 20.0
    pattern: Pattern = Pattern.STEADY
    pipeline_id: str = "yolo_ocr"
    source: str | None = None
    size_wh: tuple[int, int] = (640, 480)
    quality: int = 80
    max_frames: int = 300
    think_ms: float = 0.0
    in_flight: int = 2
    steps: int = 0
    warm_up_s: float = 2.0
    answer_within_s: float = 30.0
    ready_within_s: float = 300.0
    connect_within_s: float = 30.0
    processes: int = 0
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        rates_and_times = (self.fps, self.think_ms, self.warm_up_s, self.answer_within_s)
        counts = (self.steps, self.processes)
        wrong = {
            "At least one session with one frame under way is needed": min(self.sessions, self.in_flight) < 1,
            "The duration must be more than 0 seconds": not self.duration_s > 0,
            "Rates, times and counts cannot be negative": not min(*rates_and_times, *counts) >= 0,
            "A frame's size must be at least 1x1": min(self.size_wh) < 1,
            "The quality of a JPEG is 1 to 100": not 1 <= self.quality <= 100,
            "Only a closed loop (0 frames a second) has time to think": self.think_ms and self.fps,
        }
        for detail, is_wrong in wrong.items():
            if is_wrong:
                raise BadPlan(detail)

    @property
    def closed_loop(self) -> bool:
        """True if a frame waits for the answer of one before."""
        return self.fps == 0

    @property
    def process_count(self) -> int:
        """The number of processes that the clients share."""
        wanted = self.processes or (1 if self.sessions <= SESSIONS_OF_A_PROCESS else PROCESSES)
        return min(wanted, self.sessions)

    @property
    def step_count(self) -> int:
        """In how many steps the sessions of a ramp join."""
        return min(self.steps or 8, self.sessions)

    def step_sessions(self, step: int) -> int:
        """The number of sessions at this step, which counts from 1."""
        return ceil(self.sessions * step / self.step_count)

    def with_(self, **changes: Any) -> Self:
        """The same plan with some things changed."""
        return replace(self, **changes)

    def as_dict(self) -> Mapping[str, Any]:
        """The plan, JSON-safe; headers are left out, for they may hold what is secret."""
        return {name: value for name, value in asdict(self).items() if name != "headers"}


def stream_url(url: str, pipeline_id: str) -> str:
    """The WebSocket's address: an address with a path of its own is taken as it is; raises BadPlan."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise BadPlan(f"Not an address of a server: {url}")
    path, query = parts.path, parts.query
    if path.rstrip("/") in ("", STREAM_PATH) and "pipeline_id=" not in query:
        path, query = STREAM_PATH, urlencode({"pipeline_id": pipeline_id})
    return urlunsplit((SCHEMES[parts.scheme], parts.netloc, path, query, ""))
