"""Every route and every socket against everybody who may knock, with a login required."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.keys import keys_of
from accounts.sockets import KeysOfSockets
from jobs.intake import submission
from jobs.models import Job
from tests.accounts.doors_for import (
    CALLERS,
    FORBIDDEN,
    IN,
    LOGIN,
    NOTHING,
    ROUTES,
    SOCKETS,
    UNKNOWN,
)  # fmt: skip
from tests.accounts.people import bearer, key_of, make_roles, person
from tests.hostile.doors.doors import Door, every_door, every_socket

DOORS = sorted(every_door() - {Door("GET", "/admin/")}, key=str)
HTML = {"accept": "text/html"}
PATIENCE_S = 60.0


class World:
    """One job of `owner`, and everybody who may ask for it."""

    def __init__(self, folder: Path) -> None:
        make_roles()
        self.owner, self.other = person("owner"), person("other")
        self.users = {
            "other user": self.other,
            "owner": self.owner,
            "operator": person("operator", "operator"),
            "admin": person("admin", "admin"),
        }
        self.folder = folder

    def job(self) -> Job:
        """A new job that is done, with its file."""
        job_id = uuid4()
        (self.folder / f"{job_id}.mp4").write_bytes(b"a video")
        return Job.objects.create(
            id=job_id,
            owner=self.owner,
            status="completed",
            pipeline_id="toy",
            definition={},
            source_name="a.mp4",
            source_file=f"{job_id}.mp4",
        )

    def token(self, caller: str, scope: str) -> str:
        """The text of a key of the owner's, as the caller's name says."""
        without = "stream" if scope != "stream" else "jobs"
        given = {"key without scope": without}.get(caller, scope or "jobs")
        days = -1 if caller == "expired key" else 1
        return key_of(self.owner, given, days=days, revoked=caller == "revoked key")

    def browser(self, caller: str, scope: str) -> Client:
        """A client of this caller."""
        client = Client(raise_request_exception=False, headers=HTML)
        if caller in self.users:
            client.force_login(self.users[caller])
        elif caller != "anonymous":
            client.defaults["HTTP_AUTHORIZATION"] = bearer(self.token(caller, scope))["authorization"]
        return client

    def address(self, door: Door) -> str:
        """An address of this door; a new job and a new key each time."""
        key_of(self.owner, "jobs")
        examples = {
            "job_id": self.job().pk,
            "pipeline_id": "toy",
            "session_id": uuid4(),
            "key_id": keys_of(self.owner)[0].pk,
        }
        return door.path.format(**examples)


@pytest.fixture
def world(
    db: None, settings: Any, tmp_path: Path, login_required: None, monkeypatch: pytest.MonkeyPatch
) -> World:
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path)
    monkeypatch.setattr(submission, "close_old_connections", lambda: None)
    return World(tmp_path)


def outcome(response: Any) -> str:
    """The outcome for somebody at a door."""
    if response.status_code == 302 and "/login/?next=" in response["Location"]:
        return LOGIN
    said = {401: UNKNOWN, 403: FORBIDDEN, 404: NOTHING}.get(response.status_code, IN)
    if said == NOTHING and (b"not_made" in response.content or b"invalid_pipeline" in response.content):
        return IN
    return said


def test_every_route_and_socket_has_a_row() -> None:
    assert set(ROUTES) == {str(door) for door in DOORS}
    assert set(SOCKETS) == every_socket()


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("door", DOORS, ids=str)
def test_who_gets_in_over_http(world: World, door: Door, prefix: str) -> None:
    expected = ROUTES[str(door)]
    if prefix and not is_aliased(door):
        assert Client().generic(door.method, f"/v1{world.address(door)}").status_code == 404
        return
    met = []
    for caller in CALLERS:
        response: Any = world.browser(caller, expected.scope).generic(
            door.method, prefix + world.address(door)
        )
        met.append(outcome(response))
        if response.streaming:
            # Read to its end, so that its file is closed.
            content = async_to_sync(drained)(response) if response.is_async else response.getvalue()
            assert content
    assert dict(zip(CALLERS, met, strict=True)) == dict(zip(CALLERS, expected.met, strict=True))


async def drained(response: Any) -> bytes:
    """The content of a response that is sent in parts."""
    return b"".join([part async for part in response])


def is_aliased(door: Door) -> bool:
    """True if the door has an alias under the old prefix."""
    old = ("/health", "/ready", "/metrics", "/plugins", "/pipelines", "/jobs", "/video/")
    return door.path.startswith(old)


# The admin: what is open there, and what is nowhere.
ADMIN_OPEN = {"/admin/login/", "/admin/logout/"}
NOWHERE = {"/admin/r/1", "/admin/r/1/1/"}


def admin_pages(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """An address of every page of the admin."""
    for found in (resolver or get_resolver()).url_patterns:
        pattern = str(found.pattern)
        path = prefix + pattern
        if not path.startswith("/admin/"):
            continue
        if isinstance(found, URLPattern):
            yield re.sub(r"<[^>]+>|\(\?P.*", "1", path).rstrip("$")
        else:
            yield from admin_pages(found, path)


def test_who_gets_into_the_admin(world: World) -> None:
    pages = set(admin_pages())
    assert len(pages) > 40
    assert pages >= ADMIN_OPEN | NOWHERE
    for caller in CALLERS:
        client = world.browser(caller, "jobs")
        staff = caller in ("operator", "admin")
        for path in sorted(pages - ADMIN_OPEN):
            found = outcome(client.get(path))
            if path in NOWHERE:
                assert found == NOTHING, (caller, path)
            elif staff:
                assert found in (IN, FORBIDDEN, NOTHING), (caller, path)
            else:
                assert found == LOGIN, (caller, path)


def test_operators_manage_no_users_and_admins_do(world: World) -> None:
    found = {
        (caller, path): world.browser(caller, "").get(path).status_code
        for caller in ("operator", "admin")
        for path in (
            *("/admin/auth/user/", "/admin/pipelines/pipeline/"),
            *("/admin/jobs/job/", "/admin/accounts/apikey/"),
        )
    }
    assert [status for (caller, _), status in found.items() if caller == "admin"] == [200] * 4
    assert [status for (caller, _), status in found.items() if caller == "operator"] == [403, 200, 200, 403]


def test_an_operators_key_reads_metrics(world: World) -> None:
    token = key_of(world.users["operator"], "metrics")
    assert Client().get("/metrics", headers=bearer(token)).status_code == 200


def test_a_key_needs_no_csrf_token(world: World) -> None:
    client, address = Client(enforce_csrf_checks=True), f"/jobs/{world.job().pk}"
    assert client.delete(address, headers=bearer(key_of(world.owner, "jobs"))).status_code == 204


# Sockets


async def met_at(path: str, job_id: object, headers: list[tuple[bytes, bytes]]) -> str:
    """The outcome for a client that asks for this job."""
    from forgesyte.asgi import routes

    application = AuthMiddlewareStack(KeysOfSockets(routes))
    socket = WebsocketCommunicator(application, f"{path}?job_id={job_id}", headers)
    accepted, _ = await socket.connect(PATIENCE_S)
    assert accepted
    said = json.loads(await socket.receive_from(PATIENCE_S))
    await socket.disconnect(timeout=PATIENCE_S)
    code = said.get("error") or said["payload"].get("code", "")
    # Without a pipeline nobody streams, but whoever reads that was let in.
    known = {
        "login_required": UNKNOWN,
        "forbidden": FORBIDDEN,
        "unknown_job": NOTHING,
        "invalid_pipeline": IN,
    }
    return known[code] if code else IN


def knocking(world: World, caller: str, scope: str) -> list[tuple[bytes, bytes]]:
    """The headers of a caller's handshake."""
    client = world.browser(caller, scope)
    if session := client.cookies.get("sessionid"):
        return [(b"cookie", f"sessionid={session.value}".encode())]
    authorization = client.defaults.get("HTTP_AUTHORIZATION")
    return [(b"authorization", str(authorization).encode())] if authorization else []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", sorted(SOCKETS))
async def test_who_gets_in_over_sockets(
    transactional_db: None, settings: Any, tmp_path: Path, login_required: None, path: str
) -> None:
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path)
    world, expected = await sync_to_async(World)(tmp_path), SOCKETS[path]
    met = []
    for caller in CALLERS:
        job = await sync_to_async(world.job)()
        headers = await sync_to_async(knocking)(world, caller, expected.scope)
        met.append(await met_at(path, job.pk, headers))
    assert dict(zip(CALLERS, met, strict=True)) == dict(zip(CALLERS, expected.met, strict=True))
