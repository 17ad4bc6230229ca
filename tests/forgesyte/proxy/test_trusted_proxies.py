"""Headers of trusted reverse proxies only are believed, and place a request under their path."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest

from forgesyte.proxy.trusted_proxies import TrustedProxies

PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("::1")]
SAID = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "vision.example"}


def passed_on(
    headers: dict[str, str] | None = None,
    *,
    peer: str = "127.0.0.1",
    kind: str = "http",
    path: str = "/videos/",
    prefix: str = "",
) -> dict[str, Any]:
    """The scope that the application gets of such a request."""
    got: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        got.append(scope)

    named = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    scope = {
        "type": kind,
        "client": (peer, 4711),
        "scheme": "http" if kind == "http" else "ws",
        "path": path,
        # Daphne takes it from a header that anybody may send.
        "root_path": "/strange",
        "headers": [(b"host", b"upstream:8000"), *named],
    }
    asyncio.run(TrustedProxies(application, PROXIES, prefix)(scope, None, None))
    return dict(got[0])


def host_of(scope: dict[str, Any]) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"host"]


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_a_trusted_proxy_is_believed(kind: str, scheme: str) -> None:
    scope = passed_on(SAID, kind=kind)

    assert scope["client"] == ("192.0.2.7", 0)
    assert scope["scheme"] == scheme
    assert host_of(scope) == [b"vision.example"]
    assert (scope["root_path"], scope["path"]) == ("", "/videos/")


def test_anybody_else_is_not_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    got: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        got.append(scope)

    proxies = TrustedProxies(application, PROXIES, "")
    scope = {
        "type": "http",
        "client": ("192.0.2.99", 1),
        "scheme": "http",
        "path": "/",
        "headers": [(b"host", b"here"), *((name.lower().encode(), b"1.2.3.4") for name in SAID)],
    }
    for _ in range(2):
        asyncio.run(proxies(scope, None, None))

    assert (got[0]["client"], got[0]["scheme"]) == (("192.0.2.99", 1), "http")
    assert host_of(got[0]) == [b"here"]
    assert [record.message for record in caplog.records] == ["proxy_not_trusted"]
    assert "FORGESYTE_TRUSTED_PROXIES" in str(vars(caplog.records[0]))


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("192.0.2.7, 10.1.1.1", "192.0.2.7"),
        ("6.6.6.6, 192.0.2.7, 10.1.1.1, 127.0.0.1", "192.0.2.7"),
        ("192.0.2.7:5123", "192.0.2.7"),
        ("[2001:db8::7]:5123", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"),
        ("6.6.6.6, nonsense, 10.1.1.1", "10.1.1.1"),
        ("unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
        (", ".join(["6.6.6.6"] + ["10.0.0.1"] * 20), "10.0.0.1"),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(said: str, client: str) -> None:
    assert passed_on({"X-Forwarded-For": said})["client"][0] == client


def test_without_headers_the_client_is_the_proxy_itself() -> None:
    scope = passed_on(peer="::ffff:10.2.2.2")

    assert (scope["client"][0], scope["scheme"], host_of(scope)) == (
        "::ffff:10.2.2.2", "http", [b"upstream:8000"],
    )  # fmt: skip


@pytest.mark.parametrize("name", ["X-Forwarded-Prefix", "X-Script-Name"])
@pytest.mark.parametrize("given", ["/vision", "/vision/"])
def test_a_prefix_that_was_cut_off_is_put_back(name: str, given: str) -> None:
    scope = passed_on({name: given})

    assert (scope["root_path"], scope["path"]) == ("/vision", "/vision/videos/")


@pytest.mark.parametrize(
    "given", ["//evil.example", "vision", "/a/../b", "/ä", '/"><script>', "/" + "x" * 65, "/a" * 9, "/."]
)
def test_a_prefix_that_could_mean_something_else_is_none(given: str) -> None:
    scope = passed_on({"X-Forwarded-Prefix": given})

    assert (scope["root_path"], scope["path"]) == ("", "/videos/")


def test_a_prefix_of_a_stranger_is_none() -> None:
    assert passed_on({"X-Forwarded-Prefix": "/vision"}, peer="192.0.2.99")["root_path"] == ""


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/videos/", "/vision/videos/"),
        ("/vision/videos/", "/vision/videos/"),
        ("/vision", "/vision/"),
        ("/visions", "/vision/visions"),
        ("/", "/vision/"),
    ],
)
def test_a_prefix_by_setting_holds_whether_the_proxy_cuts_it_off_or_not(path: str, seen: str) -> None:
    scope = passed_on({"X-Forwarded-Prefix": "/other"}, path=path, prefix="/vision")

    assert (scope["root_path"], scope["path"]) == ("/vision", seen)


def test_what_is_no_request_passes_as_it_is() -> None:
    got: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        got.append(scope)

    scope = {"type": "lifespan"}
    asyncio.run(TrustedProxies(application, PROXIES, "/vision")(scope, None, None))
    assert got == [scope]
