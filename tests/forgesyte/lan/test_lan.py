"""`serve --lan`: HTTPS for phones in the same network, with a certificate made on the spot."""

import re
import socket
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

from forgesyte.lan import lan, network
from forgesyte.lan.certificate import Certificate, kept_certificate
from forgesyte.lan.qr import terminal_code

NAMES = ("localhost", "127.0.0.1", "192.168.1.20", "studio.local")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "https://192.168.178.123:8443/"


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


# The addresses


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
