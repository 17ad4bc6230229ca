"""One session's frames: opens its pipeline, then answers the newest frame again and again."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

from forgesyte.units import MILLISECONDS
from pipelines.errors import PipelineError
from pipelines.media.images import decode_image
from pipelines.media.jpeg_header import read_header
from pipelines.services import Pressure, Usage, aopen_live, get_engine
from streaming import metrics, protocol
from streaming.arrival_rate import ArrivalRate
from streaming.backpressure import BackpressureState
from streaming.conf import StreamSettings
from streaming.frame_validator import FrameValidationError, frame_too_large, validate_jpeg
from streaming.mailbox import Frame, Mailbox
from streaming.monitoring import session_log
from streaming.monitoring.session_log import SessionLog
from streaming.pipeline_handle import PipelineHandle, Report
from streaming.protocol import ErrorCode, StreamError
from streaming.session_manager import SessionLimits, SessionManager

Send = Callable[[protocol.Message], Awaitable[None]]

# Larger than the pictures of cameras in a page; twenty million pixels take 0.1 s.
LARGE_PIXELS = 3_000_000
# The frames of all sessions of this process; only its event loop touches it.
arrival_rate = ArrivalRate()


class SessionWorker:
    """Answers every frame of one session exactly once, through `send`.

    `receive` takes frames in and never waits for a network; `run` works on them until it is cancelled or
    raises StreamError. Both live on one event loop.
    """

    def __init__(
        self, session: SessionManager, settings: StreamSettings, log: SessionLog, send: Send
    ) -> None:
        self._session = session
        self._settings = settings
        self._log = log
        self._send = send
        self._mailbox = Mailbox()
        self._limits = SessionLimits(settings, time.monotonic())
        self._arrived = asyncio.Event()
        self._loading = True
        self._used, self._used_to_decode = Usage(), Usage()

    async def receive(self, data: bytes) -> None:
        """Check a frame and hold it; the frame that gives way is answered at once. Raises StreamError."""
        now = time.monotonic()
        metrics.count_received(len(data))
        arrival_rate.arrived(now)
        frame = Frame(self._session.increment_frame(), data, now)
        self._validate(frame)
        gives_way = self._session.should_drop_frame(self._mailbox.busy_ms(now))
        loser = self._mailbox.offer(frame, held_gives_way=gives_way)
        self._arrived.set()
        if loser is not None:
            await self._drop(loser)
            await self._ask_for_less()

    def refuse_too_large(self) -> NoReturn:
        """Answer a frame that the web server has not kept, for it is above the limit; raises StreamError."""
        metrics.count_received(0)
        error = frame_too_large(self._settings.max_frame_bytes)
        raise StreamError(ErrorCode.of(error.code), error.detail, self._session.increment_frame())

    async def run(self) -> None:
        """Open the pipeline, then answer the newest frame, for ever; the pipeline is closed at the end."""
        handle = await self._open()
        try:
            while True:
                await self._arrived.wait()
                await self._answer_newest(handle)
        finally:
            # In another thread, for a tool may be slow to let go; closes even where this wait is cancelled.
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, handle.close))

    async def watch(self) -> None:
        """Wait until the session has been idle for too long or is too old; raises StreamError."""
        while True:
            now = time.monotonic()
            seconds, error = self._limits.left(now, waiting=self._mailbox.busy_ms(now) > 0)
            if seconds <= 0:
                raise StreamError(error)
            await asyncio.sleep(seconds)

    async def drop_unanswered(self, error: StreamError) -> None:
        """Before an error ends the session: answer every open frame but the one that the error answers."""
        for frame in self._mailbox.empty():
            if frame.index != error.frame_index:
                await self._drop(frame)

    def _validate(self, frame: Frame) -> None:
        started = time.perf_counter()
        try:
            validate_jpeg(
                frame.data,
                max_bytes=self._settings.max_frame_bytes,
                max_pixels=self._settings.max_frame_pixels,
            )
        except FrameValidationError as error:
            raise StreamError(ErrorCode.of(error.code), error.detail, frame.index) from error
        metrics.observe_stage("validate", time.perf_counter() - started)

    async def _open(self) -> PipelineHandle:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.open_timeout_s):
                self._engine = await asyncio.to_thread(get_engine)
                pipeline = await aopen_live(self._session.pipeline_id)
        except TimeoutError as error:
            detail = f"The pipeline took longer than {self._settings.open_timeout_s:g} s to load"
            raise StreamError(ErrorCode.PIPELINE_FAILURE, detail) from error
        except PipelineError as error:
            raise StreamError(ErrorCode.of(error.code), error.detail) from error
        metrics.watch_engine(self._engine)
        # What was dropped while a network loaded says nothing about the speed to come.
        self._session.policy.restart()
        self._loading = False
        self._log.event(logging.INFO, session_log.READY, duration_ms=milliseconds_since(started))
        return PipelineHandle(pipeline)

    async def _answer_newest(self, handle: PipelineHandle) -> None:
        try:
            await self._send_result(*await self._run_newest(handle))
        except PipelineError as error:
            raise StreamError(ErrorCode.of(error.code), error.detail, self._mailbox.running_index) from error
        except TimeoutError as error:
            raise StreamError(
                ErrorCode.PIPELINE_FAILURE,
                f"No answer for a frame within {self._settings.frame_timeout_s:g} s",
                self._mailbox.unanswered_index,
            ) from error
        except Exception as error:
            raise StreamError(ErrorCode.INTERNAL_ERROR, None, self._mailbox.running_index) from error

    async def _run_newest(self, handle: PipelineHandle) -> tuple[Frame, Report, dict[str, float]]:
        """Win a slot and only then choose the frame, so that what runs is always the newest picture.

        A large picture is chosen and decoded before that, so that it takes no more time from others than its
        run. Returns the frame, its report, and the milliseconds that passed before its run. The wait for the
        slot and the run have a limit each; loading within the run does not count. A slot is taken until its
        thread has returned, and lent to others when that takes too long.
        """
        limit_s = self._settings.frame_timeout_s
        large = await self._decode_large(limit_s)
        asked = time.perf_counter()
        async with asyncio.timeout(limit_s) as deadline, self._engine.slot(self._used) as slot:
            metrics.SLOT_WAIT_SECONDS.observe(time.perf_counter() - asked)
            deadline.reschedule(None)
            frame, picture, decode_ms = large or self._choose()
            spent_ms = {"wait": milliseconds_since(frame.received_at) - sum(decode_ms.values()), **decode_ms}
            payload = {"frame_index": frame.index, **picture}
            pressure = Pressure(self._session.backpressure_state.value)
            run = slot.run_within(limit_s, handle.run, payload, pressure, self._deadline())
            return frame, await run, spent_ms

    def _choose(self) -> tuple[Frame, dict[str, Any], dict[str, float]]:
        """The newest frame, its picture for the pipeline, and no time spent on decoding it."""
        self._arrived.clear()
        frame = self._mailbox.take()
        return frame, {"image_bytes": frame.data}, {}

    async def _decode_large(self, limit_s: float) -> tuple[Frame, dict[str, Any], dict[str, float]] | None:
        """The newest frame with its picture decoded, and in how many milliseconds, if it is a large one.

        Raises InvalidImage.
        """
        held = self._mailbox.held
        if held is None or not is_large(held.data):
            return None
        async with asyncio.timeout(limit_s) as deadline, self._engine.decoder(self._used_to_decode) as slot:
            deadline.reschedule(None)
            frame, _, _ = self._choose()
            started = time.monotonic()
            image_bgr = await slot.run_within(limit_s, decode_image, frame.data)
        return frame, {"image": image_bgr}, {"decode": milliseconds_since(started)}

    def _deadline(self) -> float | None:
        """The time until which the frame that has just won a slot makes no other one wait."""
        return time.monotonic() if self._engine.waiting else arrival_rate.next_due()

    async def _send_result(self, frame: Frame, report: Report, spent_ms: Mapping[str, float]) -> None:
        age_ms = milliseconds_since(frame.received_at)
        # In the order of the stages, and what was measured before the run is right.
        timings_ms = {**spent_ms, **report.timings_ms, **spent_ms, "total": age_ms}
        started = time.perf_counter()
        pressure, said = self._pressure.value, report.warnings
        await self._send(protocol.result_message(frame.index, report.result, timings_ms, pressure, said))
        metrics.observe_result(timings_ms, report.counters, time.perf_counter() - started)
        self._mailbox.finish()
        self._limits.active(time.monotonic())
        self._session.mark_processed(age_ms)
        self._log.event(
            logging.DEBUG, session_log.FRAME_PROCESSED, frame_index=frame.index, duration_ms=age_ms
        )
        await self._ask_for_less()

    async def _drop(self, frame: Frame) -> None:
        self._session.mark_drop()
        metrics.count_drop()
        self._log.drop(frame.index)
        await self._send(protocol.dropped_message(frame.index, self._pressure.value))

    @property
    def _pressure(self) -> BackpressureState:
        """The state that the client is told; `normal` while a network loads, whatever is dropped."""
        return BackpressureState.NORMAL if self._loading else self._session.backpressure_state

    async def _ask_for_less(self) -> None:
        """Ask the client to slow down where that is due, but not while a network loads."""
        if self._loading or not self._session.should_slow_down():
            return
        policy = self._session.policy
        policy.slow_down_sent()
        metrics.SLOWDOWN_SIGNALS.inc()
        self._log.event(
            logging.INFO,
            session_log.SLOW_DOWN,
            suggested_fps=policy.suggested_fps,
            drop_rate=policy.drop_rate,
        )
        await self._send(protocol.slow_down_message(policy.suggested_fps))


def is_large(jpeg: bytes) -> bool:
    """True if decoding a valid frame takes long beside what a network takes."""
    header = read_header(jpeg)
    return header.width * header.height * header.scans > LARGE_PIXELS


def milliseconds_since(moment: float) -> float:
    """Milliseconds from `moment` of the monotonic clock until now."""
    return (time.monotonic() - moment) * MILLISECONDS
