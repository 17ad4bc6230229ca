"""A body that is read while it arrives, and one that is not."""

import asyncio
import errno
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.exceptions import RequestAborted

from forgesyte.server import handler
from forgesyte.server.handler import BodyRefused, Handler, bounded, declared_length, fill
from forgesyte.server.live_body import BodyTooLong, LiveBody

GONE = {"type": "http.disconnect"}


def piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """Sends messages one after the other, and then nothing until it is told to."""

    def __init__(self, *messages: Mapping[str, Any]) -> None:
        self.queue: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self.is_asked = asyncio.Event()
        for message in messages:
            self.queue.put_nowait(message)

    async def receive(self) -> Mapping[str, Any]:
        self.is_asked.set()
        return await self.queue.get()


@pytest.fixture
def client() -> Client:
    return Client()


def body_of(*messages: Mapping[str, Any]) -> LiveBody:
    return LiveBody(Client(*messages).receive)


class TestRead:
    async def test_more_than_it_may_be_is_not_read(self) -> None:
        body = LiveBody(Client(piece(b"abc"), piece(b"def"), piece(b"g")).receive, max_bytes=6)

        assert await asyncio.to_thread(body.read, 6) == b"abcdef"
        with pytest.raises(BodyTooLong):
            await asyncio.to_thread(body.read, 1)

    async def test_pieces_are_cut_as_they_are_asked_for(self) -> None:
        body = body_of(piece(b"abc"), piece(b"defg"), piece(b"h", more=False))

        read = [await asyncio.to_thread(body.read, size) for size in (2, 4, 100, 100)]

        assert read == [b"ab", b"cdef", b"gh", b""]

    async def test_all_of_it(self) -> None:
        body = body_of(piece(b"abc"), piece(b"def", more=False))

        assert await asyncio.to_thread(body.read) == b"abcdef"

    async def test_what_has_not_come_yet_is_waited_for(self, client: Client) -> None:
        body = LiveBody(client.receive)
        reading = asyncio.ensure_future(asyncio.to_thread(body.read, 3))
        client.queue.put_nowait(piece(b"ab"))
        client.queue.put_nowait(piece(b"c"))

        assert await reading == b"abc"

    async def test_a_line_is_any_piece(self) -> None:
        body = body_of(piece(b"a\nb"), piece(b"c", more=False))

        assert await asyncio.to_thread(body.readline) == b"a\nbc"
        assert await asyncio.to_thread(body.readline) == b""

    async def test_a_client_that_goes_away(self) -> None:
        body = body_of(piece(b"abc"), GONE)

        for _ in range(2):
            with pytest.raises(ConnectionError, match="gone"):
                await asyncio.to_thread(body.read, 10)

    async def test_a_reader_that_waits_is_told_of_the_end(self, client: Client) -> None:
        body = LiveBody(client.receive)
        reading = asyncio.ensure_future(asyncio.to_thread(body.read, 10))
        await client.is_asked.wait()

        body.close()

        with pytest.raises(ConnectionError, match="over"):
            await reading
        with pytest.raises(ConnectionError, match="over"):
            await asyncio.to_thread(body.read, 10)

    async def test_nothing_is_read_of_a_request_that_is_over(self, client: Client) -> None:
        body = LiveBody(client.receive)
        body.close()
        await asyncio.sleep(0)

        with pytest.raises(ConnectionError, match="over"):
            await asyncio.to_thread(body.read, 10)

    async def test_the_event_loop_never_waits_for_itself(self) -> None:
        with pytest.raises(RuntimeError, match="wait for itself"):
            body_of(piece(b"abc")).read()


class TestReceive:
    """The request as Django sees it."""

    async def test_an_empty_body_first(self) -> None:
        assert await body_of(piece(b"abc")).receive() == piece(b"", more=False)

    async def test_then_the_disconnect(self) -> None:
        body = body_of(piece(b"abc"), GONE)
        await body.receive()
        listening = asyncio.ensure_future(body.receive())
        with pytest.raises(ConnectionError):
            await asyncio.to_thread(body.read)

        assert await listening == GONE

    async def test_also_one_after_the_body(self) -> None:
        body = body_of(piece(b"abc", more=False), GONE)
        await body.receive()
        await asyncio.to_thread(body.read)

        assert await body.receive() == GONE


class TestWholeBody:
    async def test_a_long_one_is_a_file(self) -> None:
        file = await Handler().read_body(Client(piece(b"a" * 3_000_000), piece(b"b", more=False)).receive)

        with file:
            assert file.read() == b"a" * 3_000_000 + b"b"

    async def test_a_client_that_goes_away(self) -> None:
        with pytest.raises(RequestAborted):
            await Handler().read_body(Client(piece(b"abc"), GONE).receive)

    async def test_a_full_disk(self) -> None:
        class Full:
            def write(self, data: bytes) -> None:
                raise OSError(errno.ENOSPC, "full")

        with pytest.raises(OSError, match="full"):
            await fill(Full(), Client(piece(b"abc")).receive)  # type: ignore[arg-type]

    async def test_a_full_disk_is_told_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def fail(*arguments: Any) -> None:
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(handler, "fill", fail)

        with pytest.raises(BodyRefused) as refused:
            await Handler().read_body(Client().receive)
        assert refused.value.status == 507

    async def test_one_that_is_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        receive = bounded(Client(piece(b"abc"), piece(b"def"), piece(b"")).receive, 5)

        with pytest.raises(BodyRefused) as refused:
            await Handler().read_body(receive)
        assert refused.value.status == 413


class TestRefusal:
    def scope(self, length: int) -> dict[str, Any]:
        return {
            "type": "http",
            "method": "POST",
            "path": "/pipelines/validate",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-length", str(length).encode())],
        }

    async def answer(self, client: Client, length: int) -> list[Mapping[str, Any]]:
        sent: list[Mapping[str, Any]] = []

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        async with asyncio.timeout(60):
            await Handler()(self.scope(length), client.receive, send)
        return sent

    async def test_a_length_that_is_too_large_is_refused_unread(self, client: Client) -> None:
        start, body = await self.answer(client, handler.MAX_TEXT_BYTES + 1)

        assert start["status"] == 413
        assert (b"Content-Length", str(len(body["body"])).encode()) in start["headers"]
        assert not client.is_asked.is_set()

    async def test_a_body_that_is_longer_than_it_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handler, "MAX_TEXT_BYTES", 5)

        start, _ = await self.answer(Client(piece(b"abcdef"), piece(b"")), 3)

        assert start["status"] == 413


@pytest.mark.parametrize(("said", "length"), [(b"12", 12), (b"0", 0), (b"9" * 18, 10**18 - 1)])
def test_what_a_client_says_of_the_length(said: bytes, length: int) -> None:
    assert declared_length({"headers": [(b"host", b"a"), (b"content-length", said)]}) == length


@pytest.mark.parametrize(
    "said", [b"-1", b"many", b"", b"5, 6", b"1_0", b"+5", b"9" * 19, b"9" * 5000, "٢".encode()]
)
def test_a_length_that_is_none(said: bytes) -> None:
    with pytest.raises(BodyRefused) as refused:
        declared_length({"headers": [(b"content-length", said)]})
    assert refused.value.status == 400


def test_a_client_that_says_nothing() -> None:
    assert declared_length({"headers": []}) == 0
