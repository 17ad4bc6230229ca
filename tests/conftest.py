"""Fixtures that every test may use."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def require_tool(name: str, package: str | None = None) -> str:
    """The path of a program, which Debian's `package` has; without it the test skips, and in CI it fails."""
    found = shutil.which(name)
    if found:
        return found
    reason = f"{name} is not installed: `apt-get install {package or name}` brings it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def test_media() -> Path:
    """The folder that holds `media` and `models`: real pictures, videos and a real network."""
    folder = os.environ.get("FORGESYTE_TEST_MEDIA")
    if not folder:
        pytest.skip("FORGESYTE_TEST_MEDIA is not set: it names the folder with the real media and models")
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
