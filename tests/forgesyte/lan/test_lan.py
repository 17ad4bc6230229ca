"""`serve --lan`: HTTPS for phones in the same network, with a certificate made on the spot."""

import asyncio
import http.client
import json
import re
import socket
import ssl
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.test import Client
from pytest_django import Settings
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from forgesyte.lan import lan, network
from forgesyte.lan.certificate import FILE_NAME, Certificate, kept_certificate
from forgesyte.lan.qr import terminal_code
from tests.streaming.fakes import jpeg
from tests.streaming.live import PATIENCE_S, LiveServer, prepare, read
from tests.streaming.live import serving as running_server

NAMES = ("localhost", "127.0.0.1", "192.168.1.20", "studio.local")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "https://192.168.178.123:8443/"


# The certificate


def test_a_phone_accepts_the_certificate() -> None:
    server, authority = Certificate.make(NAMES, NOW).chain
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "studio.local"]
    assert names.get_values_for_type(x509.IPAddress) == [
        IPv4Address("127.0.0.1"),
        IPv4Address("192.168.1.20"),
    ]
    assert (
        ExtendedKeyUsageOID.SERVER_AUTH
        in server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    )
    assert server.not_valid_after_utc - server.not_valid_before_utc <= timedelta(days=825)
    assert server.not_valid_before_utc < NOW < server.not_valid_after_utc
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    server.verify_directly_issued_by(authority)


def test_only_one_key_is_kept_and_it_is_the_servers() -> None:
    certificate = Certificate.make(NAMES, NOW)
    assert certificate.pem.count(b"PRIVATE KEY-----") == 2, "one that begins and one that ends"
    assert b"PRIVATE KEY" not in certificate.authority_pem


def test_certificate_is_kept_and_used_again(tmp_path: Path) -> None:
    made = kept_certificate(tmp_path, NAMES, NOW)
    file = tmp_path / FILE_NAME
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept_certificate(tmp_path, NAMES, NOW + timedelta(days=700)) == made
    assert kept_certificate(tmp_path, ["192.168.1.20", "LOCALHOST"], NOW) == made
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


@pytest.mark.parametrize(
    ("names", "now"),
    [
        ([*NAMES, "10.0.0.7"], NOW),
        (NAMES, NOW + timedelta(days=815)),
        (NAMES, NOW - timedelta(days=400)),
    ],
    ids=["another address", "runs out", "the clock was wrong"],
)
def test_certificate_is_made_anew_where_it_does_not_fit(
    tmp_path: Path, names: list[str], now: datetime
) -> None:
    first = kept_certificate(tmp_path, NAMES, NOW)
    second = kept_certificate(tmp_path, names, now)
    assert second != first
    assert second.fits(names, now)
    assert kept_certificate(tmp_path, names, now) == second


@pytest.mark.parametrize("content", [b"", b"no certificate", Certificate.make(NAMES, NOW).authority_pem])
def test_a_broken_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert kept_certificate(tmp_path, NAMES, NOW).fits(NAMES, NOW)


def test_a_data_folder_that_cannot_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(OSError, match=FILE_NAME):
        kept_certificate(tmp_path, NAMES, NOW)
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


# The addresses


def test_addresses_of_real_networks_the_likeliest_first() -> None:
    interfaces = {
        "lo": ["127.0.0.1"],
        "docker0": ["172.17.0.1"],
        "br-3f2a": ["172.18.0.1"],
        "eth0": ["10.0.0.9"],
        "wlan0": ["192.168.1.20", "169.254.7.7"],
    }
    assert network.ordered(interfaces, "192.168.1.20") == ("192.168.1.20", "10.0.0.9")
    assert network.ordered(interfaces, None) == ("10.0.0.9", "192.168.1.20")
    assert network.ordered({"lo": ["127.0.0.1"]}, None) == ()


def test_addresses_of_this_machine_can_be_listened_on() -> None:
    for address in network.lan_addresses():
        with socket.socket() as probe:
            probe.bind((address, 0))
    assert "127.0.0.1" not in network.lan_addresses()


@pytest.mark.parametrize(
    ("host_name", "names"),
    [
        ("Studio", ("studio", "studio.local")),
        ("box.fritz.box", ("box.fritz.box",)),
        ("localhost", ()),
        ("my_machine", ()),
        ("", ()),
    ],
)
def test_names_of_this_machine(host_name: str, names: tuple[str, ...]) -> None:
    assert network.own_names(host_name) == names


# What is let in and what is said


@pytest.fixture
def own_network(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A machine with one address, and a data folder of its own."""
    monkeypatch.setattr(lan, "lan_addresses", lambda: ("192.168.1.20", "10.0.0.9"))
    monkeypatch.setattr(socket, "gethostname", lambda: "studio")
    monkeypatch.setattr(lan, "kept_certificate", lambda folder, names: kept_certificate(tmp_path, names))
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    settings.LAN_AUTHORITY_PEM = b""
    settings.LAN_CODE = ""
    settings.PROJECT = replace(settings.PROJECT, lan_code="off")
    return settings


def test_only_the_hosts_of_this_machine_are_let_in(own_network: Settings) -> None:
    opened = lan.open_to_network("0.0.0.0")
    ours = ["192.168.1.20", "10.0.0.9", "studio", "studio.local"]
    assert own_network.ALLOWED_HOSTS[3:] == ours
    assert own_network.SESSION_COOKIE_SECURE
    assert own_network.CSRF_COOKIE_SECURE
    assert opened.url(8443) == "https://192.168.1.20:8443/"
    assert opened.certificate.fits(["localhost", "127.0.0.1", "::1", *ours], datetime.now(UTC))


def test_what_the_owner_named_comes_first(own_network: Settings) -> None:
    own_network.ALLOWED_HOSTS = ["localhost", ".wild.example", "*", "10.1.1.1"]
    opened = lan.open_to_network("0.0.0.0")
    assert opened.addresses == ("10.1.1.1", "192.168.1.20", "10.0.0.9")
    assert own_network.ALLOWED_HOSTS[:4] == ["localhost", ".wild.example", "*", "10.1.1.1"]


@pytest.mark.parametrize(("host", "addresses"), [("127.0.0.1", ()), ("192.168.1.20", ("192.168.1.20",))])
def test_one_address_only(host: str, addresses: tuple[str, ...]) -> None:
    assert lan.addresses_of(host, ["localhost", "127.0.0.1", "[::1]"]) == addresses


def test_introduction_says_what_to_do(own_network: Settings) -> None:
    opened = lan.open_to_network("0.0.0.0")
    words = lan.introduction(opened, 8443, draws=False)
    assert "https://10.0.0.9:8443/" in words
    assert "https://192.168.1.20:8443/lan/forgesyte.crt" in words
    assert opened.certificate.fingerprint in words
    assert "warns once" in words
    assert "FORGESYTE_REQUIRE_LOGIN=1" in words
    assert "\N{ESCAPE}" not in words
    assert read_code(lan.introduction(opened, 8443, draws=True)) == "https://192.168.1.20:8443/"
    own_network.FORGESYTE_REQUIRE_LOGIN = True
    assert "FORGESYTE_REQUIRE_LOGIN" not in lan.introduction(opened, 8443, draws=False)


def test_without_a_network_it_says_so() -> None:
    alone = lan.Lan((), Certificate.make(["localhost"], NOW))
    assert alone.url(8443) == "https://localhost:8443/"
    assert "in no network now" in lan.introduction(alone, 8443, draws=True)


def test_certificate_to_install_is_only_there_for_phones(client: Client, settings: Settings) -> None:
    path = f"/{lan.AUTHORITY_PATH}"
    assert client.get(path, headers={"host": "localhost"}).status_code == 404
    certificate = Certificate.make(NAMES, NOW)
    settings.LAN_AUTHORITY_PEM = certificate.authority_pem
    answer = client.get(path, headers={"host": "localhost"})
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert x509.load_pem_x509_certificate(answer.content) == certificate.chain[1]


@pytest.mark.django_db
@pytest.mark.parametrize(("authority_pem", "is_told"), [(b"", False), (b"a certificate", True)])
def test_the_page_leads_to_the_certificate_where_there_is_one(
    client: Client, settings: Settings, authority_pem: bytes, is_told: bool
) -> None:
    settings.LAN_AUTHORITY_PEM = authority_pem
    page = client.get("/", headers={"host": "localhost"}).content.decode()
    assert (f'href="/{lan.AUTHORITY_PATH}"' in page) is is_told


# The code

CELL = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
COLOURED = re.compile(r"\x1b\[38;5;(\d+);48;5;(\d+)m(.*)\x1b\[0m")


def picture_of(text: str) -> np.ndarray:
    """A grey picture of coloured half blocks, as a camera sees them."""
    rows: list[list[int]] = []
    for ink, paper, blocks in COLOURED.findall(text):
        shades = {1: shade(int(ink)), 0: shade(int(paper))}
        for half in (0, 1):
            rows.append([shades[CELL[block][half]] for block in blocks])
    return np.kron(np.array(rows, np.uint8), np.ones((8, 8), np.uint8))


def shade(colour: int) -> int:
    """The two of a terminal's 256 colours that are used."""
    return {231: 255, 16: 0}[colour]


def read_code(text: str) -> str:
    return str(cv2.QRCodeDetector().detectAndDecode(picture_of(text))[0])


@pytest.mark.parametrize("around", [0, 255], ids=["dark terminal", "light terminal"])
def test_code_can_be_scanned_in_any_terminal(around: int) -> None:
    seen = np.pad(picture_of(terminal_code(URL)), 60, constant_values=around)
    assert cv2.QRCodeDetector().detectAndDecode(seen)[0] == URL


def test_code_fits_a_small_terminal() -> None:
    widths = {len(blocks) for _, _, blocks in COLOURED.findall(terminal_code(URL))}
    assert len(widths) == 1
    assert max(widths) <= 40
    assert len(terminal_code(URL).splitlines()) <= 22


# A real server


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
