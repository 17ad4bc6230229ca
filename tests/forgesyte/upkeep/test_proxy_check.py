"""The doctor asks a real server through a real nginx, and sees what that gets wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.demo_runner import ROOT
from tests.forgesyte.proxy.nginx import in_front_of
from tests.streaming.live import COMMAND_WITHIN_S, LiveServer, environment, prepare, serving

TRUSTING = {"FORGESYTE_TRUSTED_PROXIES": "127.0.0.1", "FORGESYTE_REQUIRE_LOGIN": "1"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proxy")
    prepare(folder)
    return folder


@pytest.fixture(scope="module")
def trusting(data_dir: Path) -> Iterator[LiveServer]:
    with serving(data_dir, **TRUSTING) as server:
        yield server


def examined(data_dir: Path, url: str, **settings: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code of the doctor, and the findings by their names."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json", "--url", url],
        cwd=ROOT, env=environment(data_dir, **settings), capture_output=True, text=True,
        timeout=COMMAND_WITHIN_S,
    )  # fmt: skip
    told = json.loads(done.stdout)
    found = {finding["name"]: finding for finding in told["findings"]}
    assert told["ok"] == (done.returncode == 0)
    return done.returncode, found


@pytest.mark.parametrize("prefix", ["", "/vision"])
def test_a_proxy_that_says_all_is_well(
    prefix: str, data_dir: Path, trusting: LiveServer, tmp_path: Path
) -> None:
    settings = {**TRUSTING, "PORT": str(trusting.port)}
    with in_front_of(trusting.port, tmp_path, below_a_path=bool(prefix)) as port:
        code, found = examined(data_dir, f"https://localhost:{port}{prefix}/", **settings)
    assert (code, {name for name, finding in found.items() if finding["state"] == "wrong"}) == (0, set())
    assert f"X-Forwarded-Host: localhost:{port}" in found["headers"]["said"]
    assert found["sockets"]["state"] == "ok"
    assert found["certificate"]["state"] == "doubtful"
    assert "FORGESYTE_HSTS_SECONDS" in found["hsts"]["advice"]
    assert found["port"]["state"] == "ok"
    assert not list((data_dir / "tmp").glob("doctor-*"))


def test_a_proxy_that_is_not_trusted_is_wrong(data_dir: Path, tmp_path: Path) -> None:
    with (
        serving(data_dir) as server,
        in_front_of(server.port, tmp_path, below_a_path=True) as port,
    ):
        code, found = examined(data_dir, f"https://localhost:{port}/vision")
    assert code == 1
    assert found["scheme"]["said"] == "https arrives as http"
    assert "FORGESYTE_TRUSTED_PROXIES" in found["scheme"]["advice"]
    assert found["prefix"]["said"] == "/vision arrives as /"


def test_a_name_that_is_refused_is_wrong(data_dir: Path) -> None:
    settings = {**TRUSTING, "ALLOWED_HOSTS": "vision.example.com"}
    with serving(data_dir, **settings) as server:
        code, found = examined(data_dir, f"http://127.0.0.1:{server.port}", **settings)
    assert (code, found["names"]["advice"]) == (1, "Add the name to ALLOWED_HOSTS.")


@pytest.mark.parametrize(("trusted", "passes"), [("127.0.0.1", True), ("192.0.2.1", False)])
def test_a_proxy_that_lets_strangers_say_who_they_are_is_wrong(
    trusted: str, passes: bool, data_dir: Path
) -> None:
    settings = {
        **TRUSTING,
        "FORGESYTE_TRUSTED_PROXIES": trusted,
        "FORGESYTE_REMOTE_USER_HEADER": "X-Remote-User",
    }
    with serving(data_dir, **settings) as server:
        code, found = examined(data_dir, f"http://127.0.0.1:{server.port}", **settings)
    assert bool(code) == ("sign-in" in found) == passes


def test_what_is_not_there_is_wrong(data_dir: Path, trusting: LiveServer) -> None:
    code, found = examined(data_dir, "http://127.0.0.1:1/")
    assert (code, found["address"]["state"]) == (1, "wrong")
    assert "does not answer" in found["address"]["said"]
    code, found = examined(data_dir, f"http://127.0.0.1:{trusting.port}/elsewhere")
    assert "answers 404" in found["address"]["said"]


def test_nobody_else_hears_how_requests_arrive(data_dir: Path, trusting: LiveServer, tmp_path: Path) -> None:
    health = f"http://127.0.0.1:{trusting.port}/health"
    (tmp_path / "doctor-x").touch()
    for name in ("0" * 32, "", "../secret_key", "../../secret_key"):
        assert set(requests.get(health, headers={"X-ForgeSyte-Doctor": name}).json()) == {"status", "version"}
    _, found = examined(tmp_path / "other", f"http://127.0.0.1:{trusting.port}")
    assert "does not say" in found["headers"]["said"]
