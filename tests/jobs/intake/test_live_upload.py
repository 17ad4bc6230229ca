"""An upload through the whole of Django while its body has not arrived yet."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from forgesyte.server.handler import Handler
from jobs import storage
from jobs.models import Job
from tests.jobs.workshop import Workshop

BOUNDARY = "the-end-of-a-part"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="plugin_id"\r\n\r\nbench\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="tool"\r\n\r\nlook\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


class Visit:
    """One request whose body comes when the test says so."""

    def __init__(self, length: int, **headers: str) -> None:
        said = {
            "host": "localhost",
            "content-type": f"multipart/form-data; boundary={BOUNDARY}",
            "content-length": str(length),
            **headers,
        }
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/video/submit",
            "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in said.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "scheme": "http",
        }
        self.messages: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self.sent: list[Mapping[str, Any]] = []

    def send(self, body: bytes, *, more: bool = True) -> None:
        self.messages.put_nowait({"type": "http.request", "body": body, "more_body": more})

    async def take(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    async def run(self) -> tuple[int, Any]:
        """Until the answer is complete."""
        async with asyncio.timeout(60):
            await Handler()(self.scope, self.messages.get, self.take)
        if not self.sent:
            return 0, None
        start, *bodies = self.sent
        return start["status"], json.loads(b"".join(body["body"] for body in bodies))


def left_behind() -> list[Path]:
    folder = storage.data_dir() / storage.UPLOADS
    return list(folder.iterdir()) if folder.exists() else []


async def test_a_file_in_pieces(workshop: Workshop) -> None:
    clip = workshop.clip().read_bytes()
    visit = Visit(len(HEAD) + len(clip) + len(TAIL))
    answering = asyncio.ensure_future(visit.run())
    for piece in (HEAD[:50], HEAD[50:], clip[:100], clip[100:]):
        visit.send(piece)
    visit.send(TAIL, more=False)

    status, body = await answering

    assert status == 202
    job = await Job.objects.aget(pk=uuid.UUID(body["job_id"]))
    assert job.source_path.read_bytes() == clip


async def test_a_client_that_goes_away_leaves_nothing(workshop: Workshop) -> None:
    visit = Visit(10**6)
    visit.send(HEAD + b"\x00" * 1000)
    visit.messages.put_nowait({"type": "http.disconnect"})

    await visit.run()

    assert left_behind() == []


class TestLogin:
    """The token must not be looked for in a form that has not arrived."""

    @pytest.fixture
    def cookies(self, workshop: Workshop, settings: Any) -> dict[str, str]:
        settings.FORGESYTE_REQUIRE_LOGIN = True
        client = Client()
        client.force_login(User.objects.create_user("ann"))
        request = RequestFactory().get("/")
        token = get_token(request)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        secret = request.META["CSRF_COOKIE"]
        return {"cookie": f"sessionid={session}; csrftoken={secret}", "token": token}

    async def test_without_it_nothing_is_taken_in(self, cookies: dict[str, str]) -> None:
        visit = Visit(10**6, cookie=cookies["cookie"])

        assert (await visit.run())[0] == 403

    async def test_with_it(self, workshop: Workshop, cookies: dict[str, str]) -> None:
        clip = await sync_to_async(workshop.clip().read_bytes)()
        visit = Visit(
            len(HEAD) + len(clip) + len(TAIL), cookie=cookies["cookie"], x_csrftoken=cookies["token"]
        )
        visit.send(HEAD + clip + TAIL, more=False)

        status, body = await visit.run()

        assert status == 202
        job = await Job.objects.select_related("owner").aget(pk=uuid.UUID(body["job_id"]))
        assert job.owner is not None
        assert job.owner.username == "ann"

    async def test_nobody_who_is_not_logged_in_sends_anything(
        self, workshop: Workshop, settings: Any
    ) -> None:
        settings.FORGESYTE_REQUIRE_LOGIN = True

        assert (await Visit(10**6).run())[0] == 401
