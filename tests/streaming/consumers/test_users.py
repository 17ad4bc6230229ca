"""Sessions of users: how many each may have, what operators see of them, and how they end them."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from accounts.models import ApiKey
from streaming.consumers import session_places, sessions_of, users_sessions
from streaming.monitoring import live_session
from streaming.session_manager import SessionManager
from tests.streaming.conftest import Client, Limit, end, ready
from tests.streaming.fakes import FakeEngine

ANN, BERT = User(pk=1, username="ann"), User(pk=2, username="bert")


@pytest.fixture(autouse=True)
def login_required(settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True


async def test_one_user_has_so_many_sessions(engine: FakeEngine, limit: Limit) -> None:
    limit(max_sessions_per_user=1)
    async with Client(user=ANN) as first:
        await ready(first, engine)
        assert sessions_of(ANN).used == 1
        async with Client(user=ANN) as second:
            message, code = await end(second)
            assert (message["error"], code) == ("too_many_sessions", 4429)
            assert "STREAM_MAX_SESSIONS_PER_USER" in message["detail"]
        async with Client(user=BERT) as another:
            await ready(another, engine)
    assert not session_places
    assert not users_sessions
    async with Client(user=ANN) as again:
        await ready(again, engine)


async def test_without_a_login_nobody_is_counted(engine: FakeEngine, limit: Limit, settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = False
    limit(max_sessions_per_user=1)
    async with Client() as first, Client() as second:
        await ready(first, engine)
        await ready(second, engine)


async def test_operators_see_a_session_and_end_it(engine: FakeEngine) -> None:
    async with Client(user=ANN, client=("10.0.0.7", 1)) as client:
        await ready(client, engine)
        (shown,) = live_session.live_sessions()
        assert (shown.user, shown.address, shown.session.pipeline_id) == (ANN, "10.0.0.7", "fake")
        assert shown.age_p50 is not None
        assert shown.session.fps() > 0
        assert live_session.end_session(shown.id, "maintenance")
        message, code = await end(client)
        assert message == {
            "error": "session_ended",
            "detail": "An operator ended this session: maintenance",
        }
        assert code == 4411
    assert live_session.live_sessions() == []


async def test_no_reason_needs_to_be_given(engine: FakeEngine) -> None:
    async with Client(user=ANN) as client:
        await ready(client, engine)
        assert live_session.end_session(live_session.live_sessions()[0].id, " ")
        assert (await end(client))[0]["detail"] == "An operator ended this session"


@pytest.mark.parametrize(
    ("key", "error", "code", "said"),
    [
        (None, "login_required", 4401, "This API key is not known, has ended or was revoked"),
        (
            ApiKey(owner=ANN, scopes=["jobs"]),
            *("forbidden", 4403, "This API key may not do this: it lacks the scope “stream”"),
        ),
    ],
)
async def test_keys_that_open_no_session(
    engine: FakeEngine, key: ApiKey | None, error: str, code: int, said: str
) -> None:
    async with Client(api_key=key) as client:
        assert await end(client) == ({"error": error, "detail": said}, code)
    assert engine.opened == []


async def test_a_key_counts_as_its_owner(engine: FakeEngine) -> None:
    async with Client(api_key=ApiKey(owner=ANN, scopes=["stream"])) as client:
        await ready(client, engine)
        assert sessions_of(ANN).used == 1


async def test_a_session_before_its_first_result_has_no_age() -> None:
    session = SessionManager("fake")
    assert (session.age_ms(0.5), session.fps()) == (None, 0.0)
