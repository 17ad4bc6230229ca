"""One session of a load test, on a real socket."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from loadtest.clients.answer_log import AnswerLog
from loadtest.clients.records import SessionRecord
from loadtest.patterns import Visit, due_times, own_windows
from loadtest.plan import LoadPlan

CLOSE_WITHIN_S = 2.0
LARGEST_ANSWER = 64 * 1024 * 1024
# Every process of a machine reads the same clock.
clock = time.perf_counter


class Session:
    """One visitor: `arrive`, `stay`, `leave`, and then its `record`; nothing that a server does raises."""

    def __init__(self, plan: LoadPlan, visit: Visit, url: str, frames: Sequence[bytes]) -> None:
        self.visit = visit
        self.answer_log = AnswerLog()
        self.ended = ""
        self._plan = plan
        self._url = url
        self._frames = frames
        # Sessions see different parts of the same film.
        self._first = visit.place * len(frames) // plan.sessions + visit.number
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._heard = asyncio.Event()
        self._connected_after_s: float | None = None
        self._answered_after_s: float | None = None
        self._leaving = False
        self._unsent = 0
        self._abandoned = 0

    @property
    def over(self) -> bool:
        """True if nothing more is sent or heard."""
        return bool(self.ended) or self._reader is None or self._reader.done()

    async def arrive(self) -> None:
        """Connect, send one frame and wait for its answer."""
        began = clock()
        try:
            self._socket = await self._connect()
        except (OSError, TimeoutError, InvalidHandshake) as error:
            self.ended = f"cannot connect: {error or type(error).__name__}"
            return
        self._connected_after_s = clock() - began
        self._reader = asyncio.create_task(self._read(self._socket))
        await self._send_for(0)
        if not self.over:
            self._answered_after_s = clock() - began

    async def warm_up(self, seconds: float) -> None:
        """Send one frame after the other for so long; no time is no frame."""
        if seconds:
            await self._send_for(seconds)

    async def stay(self, start: float) -> None:
        """Send as the plan says, from `start` on the client's clock; then wait for what is unanswered."""
        if self.over:
            return
        self.answer_log.warming_up = False
        until = start + self.visit.leaves_s + (0 if self.visit.abrupt else self._plan.answer_within_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(until - clock()):
                await (self._send_at_once(start) if self._plan.closed_loop else self._send_on_time(start))
                while self.answer_log.open and not self.over:
                    self._heard.clear()
                    await self._heard.wait()

    async def leave(self) -> None:
        """Close the socket."""
        self._leaving = True
        waits_not = self.visit.abrupt and not self.over
        if self._socket is not None and self._reader is not None:
            try:
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await self._socket.close()
            except TimeoutError:
                # A server that reads nothing does not hear the goodbye either.
                self._socket.transport.abort()
            await self._reader
        if waits_not:
            # Counted last: answers come in until the socket is closed.
            self._abandoned = self.answer_log.open

    def record(self) -> SessionRecord:
        """The record of this session."""
        return SessionRecord(
            visit=self.visit,
            frames=tuple(self.answer_log.frames),
            connected_after_s=self._connected_after_s,
            answered_after_s=self._answered_after_s,
            extra=self.answer_log.extra,
            slow_downs=self.answer_log.slow_downs,
            unsent=self._unsent,
            abandoned=self._abandoned,
            ended=self.ended,
            close_code=self._socket.close_code if self._socket else None,
        )

    async def _connect(self) -> ClientConnection:
        return await connect(
            self._url,
            compression=None,
            proxy=None,
            additional_headers=self._plan.headers,
            open_timeout=self._plan.connect_within_s,
            close_timeout=CLOSE_WITHIN_S,
            # A ping would wait behind the frames, and its answer behind the server's work.
            ping_interval=None,
            max_size=LARGEST_ANSWER,
        )

    async def _send_for(self, seconds: float) -> None:
        until = clock() + seconds
        try:
            async with asyncio.timeout(self._plan.ready_within_s):
                while not self.over:
                    index = self.answer_log.sent(clock())
                    await self._send(index)
                    await self._answer_to(index)
                    if clock() >= until:
                        return
        except TimeoutError:
            self.ended = f"no answer within {self._plan.ready_within_s:g} s"

    async def _send_on_time(self, start: float) -> None:
        """Open loop. A frame that the socket could not take in time keeps the time when it was due.

        Who came in late has missed the frames before.
        """
        came_in = clock() - start
        dues = (due for due in due_times(self._plan, self.visit) if due >= came_in)
        try:
            for due in dues:
                wait_s = start + due - clock()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                now = clock()
                if self.over or now >= start + self.visit.leaves_s:
                    self._unsent += 1
                    return
                taken_at = now if wait_s > 0 else start + due
                await self._send(self.answer_log.sent(now, taken_at=taken_at, due=start + due))
        finally:
            self._unsent += sum(1 for _ in dues)

    async def _send_at_once(self, start: float) -> None:
        """Closed loop: so many senders, each of which waits for its own frame's answer."""
        for begins, ends in own_windows(self._plan, self.visit):
            await asyncio.sleep(max(start + begins - clock(), 0))
            await asyncio.gather(*(self._send_in_turn(start + ends) for _ in range(self._plan.in_flight)))

    async def _send_in_turn(self, until: float) -> None:
        while not self.over and (now := clock()) < until:
            index = self.answer_log.sent(now)
            await self._send(index)
            await self._answer_to(index)
            if self._plan.think_ms:
                await asyncio.sleep(self._plan.think_ms / 1000)

    async def _send(self, index: int) -> None:
        assert self._socket
        try:
            await self._socket.send(self._frames[(self._first + index) % len(self._frames)])
        except ConnectionClosed:
            # The reader says why.
            assert self._reader
            await asyncio.wait({self._reader})

    async def _answer_to(self, index: int) -> None:
        """Wait until this frame is answered, or the session has ended."""
        if self.over or self.answer_log.frames[index - 1].answered_at is not None:
            return
        self._waiting[index] = asyncio.get_running_loop().create_future()
        await self._waiting[index]

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                message = await socket.recv()
                index = self.answer_log.read(message, clock())
                if index is not None and (waiting := self._waiting.pop(index, None)) and not waiting.done():
                    waiting.set_result(None)
                self._heard.set()
        except ConnectionClosed as closed:
            if not self._leaving:
                self.ended = self.ended or self.answer_log.error or why(closed)
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(None)
            self._heard.set()


def why(closed: ConnectionClosed) -> str:
    """The reason for which the server closed the connection."""
    if closed.rcvd is None:
        return "the connection broke off"
    return f"closed with {closed.rcvd.code} {closed.rcvd.reason}".rstrip()
