"""Prometheus metrics of the stream. On `/metrics` counters end in `_total`, as its format demands."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

from forgesyte.units import MILLISECONDS
from streaming.monitoring.loop_monitor import LoopMonitor
from streaming.protocol import ErrorCode

# Finest where live vision is judged, from 5 to 40 ms, so that a quantile there is right to 2.5 ms.
SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.0175, 0.02),
    *(0.0225, 0.025, 0.0275, 0.03, 0.0325, 0.035, 0.0375, 0.04, 0.045, 0.05, 0.06, 0.075, 0.1, 0.15, 0.2),
    *(0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
# What should be short: a delay of the loop, a pause.
SHORT_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
BATCH_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)

SESSIONS_ACTIVE = Gauge("stream_sessions_active", "Sessions open now")
FRAMES_RECEIVED = Counter("stream_frames_received", "Frames that arrived, valid or not")
BYTES_RECEIVED = Counter("stream_bytes_received", "Bytes of the frames that arrived")
FRAMES_PROCESSED = Counter("stream_frames_processed", "Frames answered with a result")
FRAMES_DROPPED = Counter("stream_frames_dropped", "Frames answered with dropped")
ANSWERS = Counter("stream_answers", "Frames answered: result, dropped or error", ["kind"])
SLOWDOWN_SIGNALS = Counter("stream_slowdown_signals", "Times a client was asked to slow down")
ERRORS = Counter("stream_errors", "Sessions ended by an error", ["code"])
STAGE_SECONDS = Histogram(
    "stream_stage_seconds",
    "Time one frame spent in one stage: validate, wait, decode, a node of the pipeline, send",
    ["stage"],
    buckets=SECONDS,
)
FRAME_AGE_SECONDS = Histogram(
    "stream_frame_age_seconds", "Age of a frame when its result had been sent", buckets=SECONDS
)
SLOT_WAIT_SECONDS = Histogram(
    "stream_slot_wait_seconds", "Time a session waited for a slot, whichever frame ran then", buckets=SECONDS
)
SLOTS = Gauge("stream_slots", "How many frames may run at once")
SLOTS_BUSY = Gauge("stream_slots_busy", "Slots in use now")
SLOTS_LENT = Gauge("stream_slots_lent", "Frames that take too long, in whose place others run")
SLOT_QUEUE_DEPTH = Gauge("stream_slot_queue_depth", "Sessions that wait for a slot")
BATCH_SIZE = Histogram("stream_batch_size", "Frames that one run of a network took", buckets=BATCH_SIZES)
OCR_READS = Counter("stream_ocr_reads", "Crops of text that were read")
OCR_READS_SAVED = Counter("stream_ocr_reads_saved", "Crops of text that needed no reading")
OCR_READS_PUT_OFF = Counter("stream_ocr_reads_put_off", "Crops of text for which a frame had no time")
LOOP_DELAY_SECONDS = Histogram(
    "stream_loop_delay_seconds",
    "How late a timer of the server's event loop fired, while sessions were open",
    buckets=SHORT_SECONDS,
)
GC_PAUSE_SECONDS = Histogram(
    "stream_gc_pause_seconds",
    "How long the garbage collector stopped the process, while sessions were open",
    buckets=SHORT_SECONDS,
)

_loop_monitor = LoopMonitor(LOOP_DELAY_SECONDS.observe, GC_PAUSE_SECONDS.observe)
# A look-up of labels costs more than all else here.
_stage = cache(STAGE_SECONDS.labels)
_result, _dropped, _error = (ANSWERS.labels(kind) for kind in ("result", "dropped", "error"))
# Prometheus cannot see the first of a kind happen unless it has seen the 0 before.
_errors = {error.code: ERRORS.labels(error.code) for error in ErrorCode}
for _every_frames_stage in ("validate", "wait", "decode", "send"):
    _stage(_every_frames_stage)


class Networks(Protocol):
    """Loaded networks, as far as their batches are watched."""

    when_batched: Callable[[int], None]


class Engine(Protocol):
    """The engine, as far as the gauges of its slots need it."""

    @property
    def networks(self) -> Networks:
        """The loaded networks."""
        ...

    @property
    def slots(self) -> int:
        """The number of frames that may run at once."""
        ...

    @property
    def busy(self) -> int:
        """The number of frames that run now."""
        ...

    @property
    def lent(self) -> int:
        """The number of frames that run beside the slots because they take too long."""
        ...

    @property
    def waiting(self) -> int:
        """The number of sessions that wait for a slot."""
        ...


def watch_engine(engine: Engine) -> None:
    """Read the engine's gauges from this engine, and observe the sizes of its batches."""
    SLOTS.set_function(lambda: engine.slots)
    SLOTS_BUSY.set_function(lambda: engine.busy)
    SLOTS_LENT.set_function(lambda: engine.lent)
    SLOT_QUEUE_DEPTH.set_function(lambda: engine.waiting)
    engine.networks.when_batched = BATCH_SIZE.observe


def sessions_open(count: int) -> None:
    """Set the number of open sessions; the event loop's delay is measured only while there are any."""
    SESSIONS_ACTIVE.set(count)
    if count:
        _loop_monitor.start()
    else:
        _loop_monitor.stop()


def count_received(size_bytes: int) -> None:
    """Count one frame that arrived."""
    FRAMES_RECEIVED.inc()
    BYTES_RECEIVED.inc(size_bytes)


def count_drop() -> None:
    """Count one frame that was answered `dropped`."""
    FRAMES_DROPPED.inc()
    _dropped.inc()


def count_error(code: str, *, answers_frame: bool) -> None:
    """Count one session that an error of ErrorCode ended, and the frame that the error answers, if any."""
    _errors[code].inc()
    if answers_frame:
        _error.inc()


def observe_result(timings_ms: Mapping[str, float], counters: Mapping[str, int], send_s: float) -> None:
    """Count one processed frame, with the times and the counters of its run.

    `total` is its age when its result was ready; sending took `send_s` more.
    """
    FRAMES_PROCESSED.inc()
    _result.inc()
    for stage, milliseconds in timings_ms.items():
        if stage == "total":
            FRAME_AGE_SECONDS.observe(milliseconds / MILLISECONDS + send_s)
        else:
            observe_stage(stage, milliseconds / MILLISECONDS)
    observe_stage("send", send_s)
    OCR_READS.inc(counters.get("ocr_reads", 0))
    OCR_READS_SAVED.inc(counters.get("ocr_reads_saved", 0))
    OCR_READS_PUT_OFF.inc(counters.get("ocr_reads_put_off", 0))


def observe_stage(stage: str, seconds: float) -> None:
    """Add one frame's time in one stage."""
    _stage(stage).observe(seconds)
