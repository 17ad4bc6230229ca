"""Open sockets end once their user or key may not have them any more."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from accounts import access_watch
from accounts.access_watch import SIGNED_OUT, AccessWatch
from accounts.callers import NO_SCOPE, WRONG_KEY, NotAllowed, socket_caller
from accounts.keys import keys_of, revoke_key
from accounts.models import ApiKey, Scope
from accounts.roles import give_role
from accounts.sockets import KeysOfSockets
from jobs.realtime import consumer as realtime
from streaming import consumers
from tests.accounts.people import key_of, make_roles, person
from tests.streaming.fakes import FakeEngine

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("login_required")]

PATIENCE_S = 60.0
Headers = list[tuple[bytes, bytes]]
Change = Callable[[User], object]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often than a server does; sessions need no network."""
    watch, engine = AccessWatch(0.05), FakeEngine()
    monkeypatch.setattr("streaming.session_worker.get_engine", lambda: engine)
    monkeypatch.setattr("streaming.session_worker.aopen_live", engine.aopen_live)
    monkeypatch.setattr(consumers, "access_watch", watch)
    monkeypatch.setattr(realtime, "access_watch", watch)


def signed_in(ann: User) -> Headers:
    client = Client()
    client.force_login(ann)
    return [(b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode())]


def with_key(ann: User) -> Headers:
    return [(b"authorization", f"Bearer {key_of(ann, 'stream', 'jobs')}".encode())]


def make_ann() -> User:
    make_roles()
    return person("ann")


@asynccontextmanager
async def opened(path: str, headers: Headers) -> AsyncIterator[WebsocketCommunicator]:
    """A socket that was let in."""
    from forgesyte.asgi import routes

    socket = WebsocketCommunicator(AuthMiddlewareStack(KeysOfSockets(routes)), path, headers)
    accepted, _ = await socket.connect(PATIENCE_S)
    assert accepted
    yield socket
    await socket.disconnect(timeout=PATIENCE_S)


async def end_of(socket: WebsocketCommunicator) -> tuple[str, str, int]:
    """The code, the sentence and the close code with which a socket ends."""
    said = json.loads(await socket.receive_from(PATIENCE_S))
    failure = said.get("payload", said)
    closed = await socket.receive_output(PATIENCE_S)
    return failure.get("error") or failure["code"], failure["detail"], closed["code"]


def sign_out(ann: User) -> None:
    Session.objects.all().delete()


def change_password(ann: User) -> None:
    ann.set_password("byron-1815-x")
    ann.save()


def switch_off(ann: User) -> None:
    User.objects.filter(pk=ann.pk).update(is_active=False)


def revoke(ann: User) -> None:
    assert revoke_key(key_id=keys_of(ann)[0].pk)


def let_it_end(ann: User) -> None:
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def take_scopes(ann: User) -> None:
    ApiKey.objects.update(scopes=[Scope.RUN])


def promote(ann: User) -> None:
    give_role(ann, "operator")


OUT = ("login_required", SIGNED_OUT, 4401)
ENDED = ("login_required", WRONG_KEY, 4401)


@pytest.mark.parametrize("path", ["/ws/video/stream?pipeline_id=fake", "/realtime"])
@pytest.mark.parametrize(
    ("way", "change", "end"),
    [
        (signed_in, sign_out, OUT),
        (signed_in, change_password, OUT),
        (signed_in, switch_off, OUT),
        (signed_in, User.delete, OUT),
        (with_key, revoke, ENDED),
        (with_key, let_it_end, ENDED),
        (with_key, switch_off, ENDED),
        (with_key, take_scopes, ("forbidden", NO_SCOPE, 4403)),
    ],
)
async def test_the_end(path: str, way: Any, change: Change, end: tuple[str, str, int]) -> None:
    ann = await sync_to_async(make_ann)()
    async with opened(path, await sync_to_async(way)(ann)) as socket:
        assert await socket.receive_nothing(0.3), "who may stay stays"
        await sync_to_async(change)(ann)
        scope = "stream" if "stream" in path else "jobs"
        assert await end_of(socket) == (end[0], end[1].format(scope), end[2])


async def test_who_may_see_other_jobs_than_before_has_to_come_back() -> None:
    ann = await sync_to_async(make_ann)()
    async with opened("/realtime", await sync_to_async(signed_in)(ann)) as socket:
        await sync_to_async(promote)(ann)
        assert await end_of(socket) == ("forbidden", realtime.OTHER_RIGHTS, 4403)


async def test_whom_a_proxy_has_named_ends_with_the_account(settings: Any) -> None:
    settings.FORGESYTE_REMOTE_USER_HEADER = "X-Remote-User"
    ann = await sync_to_async(make_ann)()
    async with opened("/realtime", [(b"x-remote-user", b"ann")]) as socket:
        assert await socket.receive_nothing(0.3), "who may stay stays"
        await sync_to_async(switch_off)(ann)
        assert await end_of(socket) == OUT


async def test_while_the_database_is_away_nobody_is_sent_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await sync_to_async(make_ann)()
    watch, asked = AccessWatch(0.01), asyncio.Event()
    loop = asyncio.get_running_loop()
    real = access_watch.refusals_of

    def away(watched: Any) -> Any:
        loop.call_soon_threadsafe(asked.set)
        raise OperationalError("no database")

    monkeypatch.setattr(access_watch, "refusals_of", away)
    scope = {"user": ann}
    waiting = asyncio.create_task(watch.until_refused(scope, lambda new: socket_caller(new, Scope.JOBS)))
    await asyncio.wait_for(asked.wait(), PATIENCE_S)
    await sync_to_async(switch_off)(ann)
    assert not waiting.done()
    monkeypatch.setattr(access_watch, "refusals_of", real)
    error = await asyncio.wait_for(waiting, PATIENCE_S)
    assert (error.status, error.detail) == (401, SIGNED_OUT)
    assert "access_check_failed" in caplog.text


async def test_one_round_ends_some_and_leaves_others() -> None:
    ann = await sync_to_async(make_ann)()
    bert = await sync_to_async(person)("bert")
    watch = AccessWatch(0.01)

    def check(new: Any) -> None:
        socket_caller(new, Scope.JOBS)

    staying = asyncio.create_task(watch.until_refused({"user": ann}, check))
    for _ in range(2):
        await sync_to_async(User.objects.filter(pk=bert.pk).update)(is_active=True)
        going = asyncio.create_task(watch.until_refused({"user": bert}, check))
        await sync_to_async(switch_off)(bert)
        assert isinstance(await asyncio.wait_for(going, PATIENCE_S), NotAllowed)
        assert not staying.done()
    staying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await staying
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
