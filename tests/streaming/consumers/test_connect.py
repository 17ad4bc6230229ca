"""The start of a session: who is let in, and the answers to those who are not."""

import asyncio
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, User

from forgesyte.asgi import application
from streaming.consumers import session_places
from tests.streaming.conftest import Client, Limit, ready
from tests.streaming.fakes import FakeEngine


async def refusal(client: Client) -> tuple[dict[str, Any], int]:
    """The message that the client reads, and the code that the socket closes with."""
    async with client:
        return await client.read(), await client.close_code()


async def test_nothing_is_sent_before_the_first_frame(engine: FakeEngine) -> None:
    async with Client() as client:
        await engine.opening.wait()
        assert await client.socket.receive_nothing()


async def test_the_pipeline_is_opened_once_for_a_session(engine: FakeEngine) -> None:
    async with Client() as client:
        for _ in range(3):
            await ready(client, engine)
    assert len(engine.opened) == 1


async def test_two_sessions_never_share_a_pipeline(engine: FakeEngine) -> None:
    async with Client() as first, Client() as second:
        assert await ready(first, engine) is not await ready(second, engine)


async def test_a_missing_pipeline_id_is_told(engine: FakeEngine) -> None:
    message, code = await refusal(Client(query=""))
    assert message == {"error": "invalid_pipeline", "detail": "Missing pipeline_id"}
    assert code == 4404
    assert not engine.opening.is_set()


async def test_an_unknown_pipeline_is_told_without_a_frame(engine: FakeEngine) -> None:
    message, code = await refusal(Client(query="pipeline_id=yolo_foo"))
    assert message == {"error": "invalid_pipeline", "detail": "Unknown pipeline_id: yolo_foo"}
    assert code == 4404


async def test_one_session_too_many(engine: FakeEngine, limit: Limit) -> None:
    limit(max_sessions=1)
    async with Client() as first:
        message, code = await refusal(Client())
        assert message == {
            "error": "too_many_sessions",
            "detail": "Sessions at once are limited to 1 (STREAM_MAX_SESSIONS): try again later",
        }
        assert code == 4429
        await ready(first, engine)
    async with Client() as next_one:
        await ready(next_one, engine)


async def test_one_session_too_many_from_an_address(engine: FakeEngine, limit: Limit) -> None:
    limit(max_sessions_per_address=2)
    near, also_near, far = (("10.0.0.7", 1), ("::ffff:10.0.0.7", 2), ("10.0.0.8", 3))
    async with Client(client=near) as first, Client(client=also_near) as second:
        message, code = await refusal(Client(client=near))
        assert message["error"] == "too_many_sessions"
        assert "from one address are limited to 2 (STREAM_MAX_SESSIONS_PER_ADDRESS)" in message["detail"]
        assert code == 4429
        async with Client(client=far) as other:
            for client in (first, second, other):
                await ready(client, engine)
    async with Client(client=near) as next_one:
        await ready(next_one, engine)


async def test_this_machine_itself_has_no_limit_of_an_address(engine: FakeEngine, limit: Limit) -> None:
    limit(max_sessions_per_address=1)
    async with Client(client=("127.0.0.1", 1)) as first, Client(client=("127.0.0.1", 2)) as second:
        await ready(first, engine)
        await ready(second, engine)


async def test_of_many_at_the_same_moment_as_many_get_in_as_there_are_places(
    engine: FakeEngine, limit: Limit
) -> None:
    limit(max_sessions=3)
    clients = [Client() for _ in range(8)]
    await asyncio.gather(*(client.__aenter__() for client in clients))
    assert len(session_places) == 3
    await asyncio.gather(*(client.leave() for client in clients))


async def test_a_refused_session_is_not_counted(engine: FakeEngine, limit: Limit) -> None:
    limit(max_sessions=0)
    await refusal(Client())
    assert not session_places
    assert engine.opened == []


@pytest.mark.parametrize("scope", [{}, {"user": AnonymousUser()}], ids=["no user", "anonymous"])
async def test_login_where_it_is_required(engine: FakeEngine, settings: Any, scope: dict[str, Any]) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    message, code = await refusal(Client(**scope))
    assert message == {"error": "login_required", "detail": "Log in to open a session"}
    assert code == 4401


async def test_whoever_is_logged_in_may_enter(engine: FakeEngine, settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    async with Client(user=User(username="ann")) as client:
        await ready(client, engine)


async def test_a_browser_may_connect_from_our_own_pages(engine: FakeEngine) -> None:
    headers = [(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]
    async with Client(application=application, headers=headers) as client:
        await ready(client, engine)


# Channels looks after the database connections when it denies a socket.
@pytest.mark.django_db
async def test_a_page_of_another_site_may_not(engine: FakeEngine) -> None:
    headers = [(b"host", b"localhost:8000"), (b"origin", b"http://evil.example")]
    socket = WebsocketCommunicator(application, "/ws/video/stream?pipeline_id=fake", headers)
    accepted, _ = await socket.connect()
    assert not accepted
    await socket.disconnect()
    assert not engine.opening.is_set()


# Channels looks after the database connections when it denies a socket.
@pytest.mark.django_db
async def test_a_path_that_is_none_is_denied() -> None:
    socket = WebsocketCommunicator(application, "/ws/nothing", [(b"host", b"localhost")])
    accepted, _ = await socket.connect()
    assert not accepted
    await socket.disconnect()
