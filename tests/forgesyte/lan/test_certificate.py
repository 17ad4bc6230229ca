"""The certificate that phones accept."""

import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from forgesyte.lan import network
from forgesyte.lan.certificate import FILE_NAME, Certificate, kept_certificate
from tests.forgesyte.lan.test_lan import NAMES, NOW


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
