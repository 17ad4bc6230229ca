"""Fixtures that every test may use."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, settings

settings.register_profile("a busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("a busy machine")

MEDIA = "FORGESYTE_TEST_MEDIA"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say how many tests need the media, which not everybody has."""
    reports = terminalreporter.stats.get("skipped", [])
    if needing := sum(MEDIA in str(report.longrepr) for report in reports):
        terminalreporter.line(f"{needing} tests need real media and models: {MEDIA} names their folder")


def do_without(reason: str) -> NoReturn:
    """Skip a test that needs what is not here; in CI, where everything has to be, it fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def require_tool(name: str, package: str | None = None) -> str:
    """The path of a program, which Debian's `package` has; without it the test skips, and in CI it fails."""
    found = shutil.which(name)
    return found or do_without(f"{name} is not installed: `apt-get install {package or name}` brings it")


@pytest.fixture(scope="session")
def test_media() -> Path:
    """The folder that holds `media` and `models`: real pictures, videos and a real network."""
    folder = os.environ.get(MEDIA) or do_without(f"{MEDIA} is not set: it names a folder of media and models")
    return Path(folder)


@pytest.fixture
def redis_socket(tmp_path: Path) -> Iterator[Path]:
    """The socket of a Redis that keeps nothing."""
    path = tmp_path / "redis.sock"
    command = [require_tool("redis-server"), "--port", "0", "--unixsocket", str(path), "--save", ""]
    server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        assert any("ready to accept connections" in line for line in server.stdout)
        yield path
    finally:
        server.terminate()
        server.wait(timeout=10)
        server.stdout.close()
