"""Fixtures that every test may use."""

import os
import shutil
from pathlib import Path

import pytest


def require_tool(name: str) -> str:
    """The path of a program; without it the test skips, and in CI it fails."""
    found = shutil.which(name)
    if found:
        return found
    reason = f"{name} is not installed: `apt-get install {name}` brings it"
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
