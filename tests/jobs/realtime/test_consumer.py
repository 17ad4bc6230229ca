"""The realtime socket: who is told what, and how every connection ends."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User
from django.db import OperationalError
from django.db.models import F

from jobs.models import Job, ResultChunk
from jobs.realtime import consumer
from jobs.realtime.consumer import RealtimeConsumer
from jobs.realtime.db_reader import job_broadcaster
from jobs.realtime.messages import MESSAGE, encode
from jobs.storage import result_dir

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 60.0


@pytest_asyncio.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    yield
    assert len(job_broadcaster) == 0
    assert len(consumer.watchers) == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


class Client:
    """One end of a connection."""

    def __init__(self, *job_ids: object, **scope: Any) -> None:
        query = "&".join(f"job_id={job_id}" for job_id in job_ids)
        self.socket = WebsocketCommunicator(RealtimeConsumer.as_asgi(), f"/v1/realtime?{query}")
        self.socket.scope.update(scope)

    async def __aenter__(self) -> "Client":
        accepted, _ = await self.socket.connect(PATIENCE_S)
        assert accepted
        return self

    async def __aexit__(self, *exception: object) -> None:
        if not self.socket.future.done():
            await self.socket.disconnect(timeout=PATIENCE_S)

    async def read(self) -> dict[str, Any]:
        text = await self.socket.receive_from(PATIENCE_S)
        MESSAGE.validate_json(text)
        message: dict[str, Any] = json.loads(text)
        return message

    async def ended(self) -> tuple[str, int]:
        """The error that ends the connection, and the code with which it is closed."""
        while (message := await self.read())["type"] == "ping":
            pass
        assert message["type"] == "error"
        close = await self.socket.receive_output(PATIENCE_S)
        assert close["type"] == "websocket.close"
        await self.socket.wait(PATIENCE_S)
        return message["payload"]["code"], close["code"]


async def new_job(**fields: Any) -> Job:
    return await Job.objects.acreate(
        pipeline_id="ocr_only",
        pipeline_name="Read",
        definition={},
        source_name="clip.mp4",
        source_file="uploads/x/source.mp4",
        frames_total=100,
        **fields,
    )


async def change(job: Job, **fields: Any) -> None:
    await Job.objects.filter(pk=job.pk).aupdate(**fields, version=F("version") + 1)


async def test_a_job_is_told_as_a_whole_and_then_followed_to_its_end() -> None:
    job = await new_job(summary={"labels": [{"label": "car", "count": 3}]})
    async with Client(job.pk) as client:
        whole = await client.read()
        assert whole["type"] == "snapshot"
        assert whole["payload"]["job"]["job_id"] == str(job.pk)
        assert whole["payload"]["job"]["summary"]["labels"][0]["label"] == "car"
        await change(job, status="running", lease_owner="w")
        assert (await client.read())["payload"]["job"]["status"] == "running"
        await change(job, frames_done=40, progress=40.0)
        progress = await client.read()
        assert (progress["type"], progress["payload"]["progress"]) == ("progress", 40.0)
        await change(job, status="completed", lease_owner="", frames_done=100, progress=100.0)
        assert (await client.read())["payload"]["job"]["status"] == "completed"


async def test_who_comes_late_gets_the_whole_truth() -> None:
    job = await new_job(status="failed", error_code="disk_full", error_message="The disk is full")
    async with Client(str(job.pk).upper()) as client:
        told = (await client.read())["payload"]["job"]
        assert (told["status"], told["error_message"]) == ("failed", "The disk is full")


async def test_the_newest_result_is_told_to_those_who_watch_the_job() -> None:
    job = await new_job(status="running", lease_owner="w")
    folder = result_dir(job.pk)
    folder.mkdir(parents=True)
    line = {"frame_index": 2, "time_s": 0.04, "result": {"detections": [{"label": "car"}]}, "timings_ms": {}}
    (folder / "000001.1.jsonl").write_text('{"frame_index": 1}\n' + json.dumps(line) + "\n")
    async with Client(job.pk) as client, Client() as everything:
        assert (await client.read())["type"] == (await everything.read())["type"] == "snapshot"
        await ResultChunk.objects.acreate(
            job=job, number=1, first_frame=1, last_frame=2, lines=2, file="000001.1.jsonl"
        )
        await change(job, next_frame=3, frames_done=2)
        told = {message["type"]: message["payload"] for message in [await client.read() for _ in range(3)]}
        assert told["partial_result"] == {"job_id": str(job.pk), "first_frame": 1, "last_frame": 2}
        assert told["frame"]["result"] == line["result"]
        assert told["progress"]["frames_done"] == 2
        assert {(await everything.read())["type"] for _ in range(2)} == {"partial_result", "progress"}


async def test_a_list_is_told_of_all_jobs_and_of_those_that_come_and_go() -> None:
    first = await new_job()
    async with Client() as client:
        told = await client.read()
        assert told["payload"]["job_id"] == str(first.pk)
        assert "summary" not in told["payload"]["job"]
        second = await new_job()
        assert (await client.read())["payload"]["job_id"] == str(second.pk)
        await Job.objects.filter(pk=first.pk).adelete()
        gone = await client.read()
        assert (gone["type"], gone["payload"]["job_id"]) == ("deleted", str(first.pk))


async def test_two_jobs_can_be_watched_by_name_and_others_are_not_told() -> None:
    jobs = [await new_job() for _ in range(3)]
    async with Client(*(job.pk for job in jobs[:2])) as client:
        told = {(await client.read())["payload"]["job_id"] for _ in range(2)}
        assert told == {str(job.pk) for job in jobs[:2]}
        await change(jobs[2], frames_done=5)
        await change(jobs[0], frames_done=5)
        assert (await client.read())["payload"]["job_id"] == str(jobs[0].pk)


@pytest.mark.parametrize(
    ("job_id", "code", "close_code"),
    [("nonsense", "invalid_job_id", 4400), ("", "invalid_job_id", 4400), (uuid4(), "unknown_job", 4404)],
)
async def test_a_bad_job_id_is_told_before_the_end(job_id: str | UUID, code: str, close_code: int) -> None:
    async with Client(job_id) as client:
        assert await client.ended() == (code, close_code)


async def test_too_many_jobs_on_one_connection() -> None:
    async with Client(*(uuid4() for _ in range(consumer.MOST_JOBS + 1))) as client:
        assert await client.ended() == ("too_many_jobs", 4400)


@pytest.mark.parametrize("limit", ["max_watchers", "max_watchers_per_address"])
async def test_too_many_connections(settings: Any, limit: str) -> None:
    settings.JOBS = replace(settings.JOBS, **{limit: 1})
    job, scope = await new_job(), {"client": ("10.0.0.7", 1)}
    async with Client(**scope) as first:
        assert (await first.read())["payload"]["job_id"] == str(job.pk)
        async with Client(**scope) as second:
            assert await second.ended() == ("too_many_watchers", 4429)
    async with Client(**scope) as next_one:
        assert (await next_one.read())["payload"]["job_id"] == str(job.pk)


async def test_a_login_is_needed_where_the_operator_says_so(settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    for scope in ({}, {"user": AnonymousUser()}):
        async with Client(**scope) as client:
            assert await client.ended() == ("login_required", 4401)
    anna, bert = [await User.objects.acreate(username=name) for name in ("anna", "bert")]
    await new_job(owner=bert)
    hers = await new_job(owner=anna)
    async with Client(user=anna) as client:
        assert (await client.read())["payload"]["job_id"] == str(hers.pk)
        await Job.objects.all().aupdate(progress=50.0, version=F("version") + 1)
        assert (await client.read())["payload"]["job_id"] == str(hers.pk)
        await new_job(owner=bert)
        newer = await new_job(owner=anna)
        assert (await client.read())["payload"]["job_id"] == str(newer.pk)
    async with Client(newer.pk, user=bert) as client:
        assert await client.ended() == ("unknown_job", 4404)


async def test_a_client_that_answers_pings_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "PING_EVERY_S", 0.01)
    async with Client() as client:
        for _ in range(3):
            assert (await client.socket.receive_json_from(PATIENCE_S))["type"] == "ping"
            await client.socket.send_json_to({"type": "pong"})


async def test_a_client_that_answers_no_ping_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "PING_EVERY_S", 0.01)
    monkeypatch.setattr(consumer, "PONG_WITHIN_S", 0.01)
    async with Client() as client:
        assert await client.ended() == ("no_pong", 4408)


@pytest.mark.parametrize("said", ["hello", "[]", '{"type": "ping"}', "[" * 4_000])
async def test_nothing_but_pongs_is_understood(said: str) -> None:
    async with Client() as client:
        await client.socket.send_to(text_data=said)
        assert await client.ended() == ("invalid_message", 4400)


async def test_a_message_that_is_too_large_is_not_read() -> None:
    async with Client() as client:
        await client.socket.send_to(text_data='{"type": "pong"}' + " " * 4096)
        assert await client.ended() == ("message_too_large", 4413)


async def test_nor_one_of_which_only_word_has_come() -> None:
    limits: list[dict[str, int]] = []
    async with Client(take_at_most=lambda **most: limits.append(most)) as client:
        await client.socket.send_input({"type": "websocket.receive", "text": "", "too_large": True})
        assert await client.ended() == ("message_too_large", 4413)
    assert limits == [{"text": 4096, "binary": 0}]


async def test_more_pongs_than_pings() -> None:
    async with Client() as client:
        for _ in range(21):
            await client.socket.send_to(text_data='{"type": "pong"}')
        assert await client.ended() == ("too_many_messages", 4429)


async def test_bytes_are_not_understood() -> None:
    async with Client() as client:
        await client.socket.send_to(bytes_data=b"pong")
        assert await client.ended() == ("invalid_message", 4400)


# However a connection ends, nothing of it is left: the fixture above looks after each test.


async def test_normal_close() -> None:
    job = await new_job()
    async with Client(job.pk) as client:
        await client.read()
        assert len(job_broadcaster) == 1
        await client.socket.disconnect(timeout=PATIENCE_S)
    assert len(job_broadcaster) == 0


async def test_a_handler_raises(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    async with Client() as client:

        async def broken(*args: object, **options: object) -> None:
            raise LookupError("a fault of our own")

        monkeypatch.setattr(RealtimeConsumer, "receive", broken)
        await client.socket.send_to(text_data="{}")
        assert await client.ended() == ("internal_error", 1011)
    assert "realtime_failed" in caplog.messages


async def test_a_database_that_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with Client() as client:

        async def away(*args: object, **options: object) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr(RealtimeConsumer, "receive", away)
        await client.socket.send_to(text_data="{}")
        assert await client.ended() == ("internal_error", 1011)
    assert caplog.messages == ["database_unreachable"]


async def test_the_task_is_cancelled() -> None:
    async with Client() as client:
        client.socket.future.cancel()
        with pytest.raises(asyncio.CancelledError):
            await client.socket.future
    queue = client.socket.output_queue
    *_, error, close = [queue.get_nowait() for _ in range(queue.qsize())]
    assert json.loads(error["text"])["payload"]["code"] == "server_shutdown"
    assert (close["type"], close["code"]) == ("websocket.close", 1012)


async def test_the_worker_raises(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(message: object) -> str:
        raise ValueError("cannot be said")

    job = await new_job()
    async with Client(job.pk) as client:
        await client.read()
        said: Iterator[Callable[[Any], str]] = iter([broken])
        monkeypatch.setattr(consumer, "encode", lambda message: next(said, encode)(message))
        await change(job, frames_done=1)
        assert await client.ended() == ("internal_error", 1011)
    assert "realtime_failed" in caplog.messages


async def test_cancelled_before_the_handshake() -> None:
    scope = Client().socket.scope
    task = asyncio.ensure_future(RealtimeConsumer.as_asgi()(scope, asyncio.Event().wait, None))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_cannot_be_sent_to_reads_the_newest_and_the_end() -> None:
    job = await new_job(status="running", lease_owner="w")
    sendable, asked = asyncio.Event(), asyncio.Event()

    async def drained() -> None:
        asked.set()
        await sendable.wait()

    async with Client(job.pk, drained=drained) as slow, Client(job.pk) as quick:
        await asked.wait()
        await quick.read()
        for done in (1, 2, 3):
            await change(job, frames_done=done)
            assert (await quick.read())["payload"]["frames_done"] == done
        await change(job, status="completed", lease_owner="")
        await quick.read()
        sendable.set()
        told = await slow.read()
        assert (told["type"], told["payload"]["job"]["status"]) == ("snapshot", "completed")


def test_the_page_connects_again_only_where_that_may_help() -> None:
    """The final close codes of the page are those of the ends that a new connection would meet again."""
    script = Path(__file__).parents[3] / "static" / "js" / "jobs" / "job-events-socket.js"
    found = re.search(r"FINAL_CLOSE_CODES = Object.freeze\(\[([\d, ]+)\]\)", script.read_text())
    assert found
    End = consumer.End
    passing = {End.TOO_MANY_WATCHERS, End.NO_PONG, End.SERVER_SHUTDOWN, End.INTERNAL_ERROR}
    own_fault = {End.MESSAGE_TOO_LARGE, End.TOO_MANY_MESSAGES}
    final = {end.close_code for end in End if end not in passing | own_fault}
    assert {int(code) for code in found[1].split(",")} == final
