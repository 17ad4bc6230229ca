"""The server of `make run-lan` over HTTPS and HTTP."""

import asyncio
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from forgesyte.lan import lan, network
from forgesyte.lan.certificate import FILE_NAME, Certificate
from tests.streaming.fakes import jpeg
from tests.streaming.live import PATIENCE_S, LiveServer, prepare, read
from tests.streaming.live import serving as running_server


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lan")
    prepare(folder)
    return folder


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[LiveServer]:
    with running_server(
        data_dir, "--lan", ALLOWED_HOSTS="localhost,127.0.0.1", FORGESYTE_LAN_CODE="off"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def trust(server: LiveServer) -> ssl.SSLContext:
    """A device that has installed the server's certificate."""
    return Certificate((server.data_dir / FILE_NAME).read_bytes()).trusting()


def ask(connection: http.client.HTTPConnection, path: str, host: str = "") -> http.client.HTTPResponse:
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    answer.body = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def secure(
    server: LiveServer, trust: ssl.SSLContext, address: str = "127.0.0.1"
) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection(address, server.port, timeout=PATIENCE_S, context=trust)


def test_page_is_served_over_https_at_every_address(server: LiveServer, trust: ssl.SSLContext) -> None:
    for address in ("127.0.0.1", "localhost", *network.lan_addresses()):
        assert ask(secure(server, trust, address), "/").status == 200


def test_cookies_are_for_https_only(server: LiveServer, trust: ssl.SSLContext) -> None:
    cookie = ask(secure(server, trust), "/admin/login/").getheader("Set-Cookie")
    assert cookie
    assert "; Secure" in cookie


def test_certificate_is_checked_by_who_does_not_trust_it(server: LiveServer) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(secure(server, ssl.create_default_context()), "/health")


def test_a_phone_can_fetch_what_it_must_trust(server: LiveServer, trust: ssl.SSLContext) -> None:
    installed = ask(secure(server, trust), f"/{lan.AUTHORITY_PATH}").body.decode()  # type: ignore[attr-defined]
    assert ask(secure(server, ssl.create_default_context(cadata=installed)), "/health").status == 200


def test_other_hosts_are_not_let_in(server: LiveServer, trust: ssl.SSLContext) -> None:
    assert ask(secure(server, trust), "/", host="evil.example").status == 400


async def test_a_stream_over_tls_answers_frames(server: LiveServer, trust: ssl.SSLContext) -> None:
    url = f"wss://127.0.0.1:{server.port}/ws/video/stream?pipeline_id=quick"
    origin = f"https://127.0.0.1:{server.port}"
    async with connect(url, ssl=trust, origin=origin, open_timeout=PATIENCE_S) as stream:  # type: ignore[arg-type]
        for number in range(1, 4):
            await stream.send(jpeg())
            message = await read(stream)
            assert message["frame_index"] == number
            assert "result" in message


async def test_a_stream_is_refused_to_a_page_of_another_host(
    server: LiveServer, trust: ssl.SSLContext
) -> None:
    url = f"wss://127.0.0.1:{server.port}/ws/video/stream?pipeline_id=quick"
    with pytest.raises(InvalidStatus, match="403"):
        async with connect(url, ssl=trust, origin="https://evil.example"):  # type: ignore[arg-type]
            pass


def plain(server: LiveServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)


def test_plain_http_is_sent_to_https(server: LiveServer) -> None:
    answer = ask(plain(server), "/?pipeline=quick", host=f"localhost:{server.port}")
    assert answer.status == 307
    assert answer.getheader("Location") == f"https://localhost:{server.port}/?pipeline=quick"
    assert "HTTPS" in answer.body.decode()  # type: ignore[attr-defined]


def test_plain_http_is_sent_nowhere_else(server: LiveServer) -> None:
    answer = ask(plain(server), "/", host="evil.example")
    assert answer.status == 400
    assert answer.getheader("Location") is None


async def test_a_stop_says_goodbye_over_tls_too(data_dir: Path) -> None:
    with running_server(data_dir, "--lan", "--host", "127.0.0.1", FORGESYTE_LAN_CODE="off") as mortal:
        trust = Certificate((data_dir / FILE_NAME).read_bytes()).trusting()
        url = f"wss://127.0.0.1:{mortal.port}/ws/video/stream?pipeline_id=quick"
        async with connect(url, ssl=trust) as stream:
            await stream.send(jpeg())
            assert "result" in await read(stream)
            mortal.process.terminate()
            assert json.loads(await asyncio.wait_for(stream.recv(), PATIENCE_S))["error"] == "server_shutdown"
            await asyncio.wait_for(stream.wait_closed(), PATIENCE_S)
            assert stream.close_code == 1012
        assert await asyncio.to_thread(mortal.process.wait, PATIENCE_S) == 0


def test_an_idle_connection_and_a_broken_handshake_harm_nobody(
    server: LiveServer, trust: ssl.SSLContext
) -> None:
    with socket.create_connection(("127.0.0.1", server.port)), socket.socket() as broken:
        broken.connect(("127.0.0.1", server.port))
        broken.sendall(b"\x16 this is no handshake")
        broken.settimeout(PATIENCE_S)
        while broken.recv(1024):
            pass
        assert ask(secure(server, trust), "/health").status == 200
