"""Sign-in by a proxy's header: from trusted proxies, and from nobody else."""

from pathlib import Path
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.conf import settings as project_settings
from django.contrib.auth.models import AnonymousUser, User
from django.test import AsyncClient, Client

from accounts.sockets import KeysOfSockets
from forgesyte.conf import ProjectSettings, networks
from forgesyte.env import BadSetting
from forgesyte.proxy.trusted_proxies import TrustedProxies
from tests.accounts.people import person

HEADER = "X-Remote-User"
NAMED = {"FORGESYTE_REMOTE_USER_HEADER": HEADER}
TRUSTED = {"FORGESYTE_TRUSTED_PROXIES": "10.0.0.1", "FORGESYTE_REQUIRE_LOGIN": "1"}


@pytest.fixture
def by_header(settings: Any, login_required: None) -> None:
    settings.FORGESYTE_REMOTE_USER_HEADER = HEADER
    after = "django.contrib.auth.middleware.AuthenticationMiddleware"
    found = list(project_settings.MIDDLEWARE)
    found.insert(found.index(after) + 1, "accounts.remote_user.ProxyUserMiddleware")
    settings.MIDDLEWARE = found
    settings.AUTHENTICATION_BACKENDS = [
        *project_settings.AUTHENTICATION_BACKENDS,
        "accounts.remote_user.ProxyUserBackend",
    ]


@pytest.mark.usefixtures("roles", "by_header")
class TestSignIn:
    def test_a_user_who_is_not_known_yet_becomes_a_viewer(self) -> None:
        assert Client().get("/videos/", headers={HEADER: "nora"}).status_code == 200
        nora = User.objects.get(username="nora")
        assert [group.name for group in nora.groups.all()] == ["viewer"]
        assert not nora.has_usable_password()

    def test_a_user_who_is_known_keeps_the_role(self) -> None:
        person("olga", "operator")
        assert Client().get("/operations/", headers={HEADER: "olga"}).status_code == 200

    def test_a_user_without_the_header_is_signed_out(self) -> None:
        client = Client()
        assert client.get("/jobs", headers={HEADER: "nora"}).status_code == 200
        assert client.get("/jobs").status_code == 401

    @pytest.mark.parametrize("name", ["", "nora,olga", "x" * 151, "a\tb"])
    def test_what_is_no_name_signs_nobody_in(self, name: str) -> None:
        assert Client().get("/jobs", headers={HEADER: name}).status_code == 401
        assert not User.objects.exists()

    def test_many_requests_lock_nobody_out(self) -> None:
        statuses = {Client().get("/jobs", headers={HEADER: "nora"}).status_code for _ in range(60)}
        assert statuses == {200}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_header")
async def test_on_an_event_loop_as_in_the_server(async_client: AsyncClient) -> None:
    assert (await async_client.get("/jobs", headers={HEADER: "nora"})).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_header")
@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ([], None),
        ([(b"x-remote-user", b"nora")], "nora"),
        ([(b"x-remote-user", b"nobody")], ""),
        ([(b"x-remote-user", b"nora"), (b"x-remote-user", b"olga")], ""),
    ],
)
async def test_on_a_socket(headers: list[tuple[bytes, bytes]], name: str | None) -> None:
    await User.objects.acreate(username="nora")
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope.get("user"))
        await send({"type": "websocket.close"})

    socket = WebsocketCommunicator(KeysOfSockets(application), "/realtime", headers)
    await socket.connect(30)
    if name:
        assert seen[0].username == name
    else:
        assert seen == [None] if name is None else isinstance(seen[0], AnonymousUser)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_header")
@pytest.mark.parametrize(
    ("backend", "stays"),
    [("accounts.remote_user.ProxyUserBackend", False), ("django.contrib.auth.backends.ModelBackend", True)],
)
async def test_a_socket_without_the_header(backend: str, stays: bool) -> None:
    nora = await User.objects.acreate(username="nora")
    client = AsyncClient()
    await client.aforce_login(nora, backend)
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["user"])
        await send({"type": "websocket.close"})

    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
    sockets = AuthMiddlewareStack(KeysOfSockets(application))
    socket = WebsocketCommunicator(sockets, "/realtime", [(b"cookie", cookie)])
    await socket.connect(30)
    assert seen[0].is_authenticated == stays


@pytest.mark.parametrize("spelling", [b"x-remote-user", b"X-Remote-User", b"x_remote_user"])
@pytest.mark.parametrize(("peer", "arrives"), [("10.0.0.1", True), ("10.0.0.2", False)])
async def test_the_header_arrives_from_trusted_proxies_only(
    spelling: bytes, peer: str, arrives: bool
) -> None:
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])

    proxies = TrustedProxies(application, networks(("10.0.0.1",)), "", HEADER)
    headers = [(spelling, b"olga"), (b"accept", b"*/*")]
    scope = {"type": "http", "path": "/", "client": (peer, 1), "headers": headers}
    await proxies(scope, None, None)
    assert ((spelling, b"olga") in seen) == arrives
    assert (b"accept", b"*/*") in seen


def settings_of(folder: Path, **env: str) -> ProjectSettings:
    return ProjectSettings.from_env({"FORGESYTE_DATA_DIR": str(folder), **env}, folder)


def test_the_setting(tmp_path: Path) -> None:
    found = settings_of(tmp_path, FORGESYTE_REMOTE_USER_HEADER=HEADER, **TRUSTED)
    assert found.remote_user_header == HEADER
    assert settings_of(tmp_path).remote_user_header == ""


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({**TRUSTED, "FORGESYTE_REMOTE_USER_HEADER": "X_Remote_User"}, "not the name of a header"),
        ({**TRUSTED, "FORGESYTE_REMOTE_USER_HEADER": "Cookie"}, "not the name of a header"),
        (
            {**NAMED, "FORGESYTE_REQUIRE_LOGIN": "1"},
            "FORGESYTE_TRUSTED_PROXIES",
        ),
        (
            {**NAMED, "FORGESYTE_TRUSTED_PROXIES": "::1"},
            "FORGESYTE_REQUIRE_LOGIN",
        ),
    ],
)
def test_a_setting_that_would_trust_strangers(tmp_path: Path, env: dict[str, str], said: str) -> None:
    with pytest.raises(BadSetting, match=said):
        settings_of(tmp_path, **env)
