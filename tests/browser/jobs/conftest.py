"""A server with a worker, files to upload, and the page of a finished video."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, OpenPage
from tests.browser.jobs.pages import PIPELINES, WINDOW, finished, picture, upload, write_clip
from tests.streaming.live import STORE, environment, serving


@pytest.fixture(scope="package")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files to upload, by name."""
    folder = tmp_path_factory.mktemp("clips")
    picture(1).save(folder / "square.png")
    (folder / "words.mp4").write_text("These are only words.")
    return {
        "square": write_clip(folder / "square.mp4"),
        "other": write_clip(folder / "other square.mp4"),
        "long": write_clip(folder / "long.mp4", range(0, 12_000, 40)),
        "picture": folder / "square.png",
        "words": folder / "words.mp4",
    }


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with a worker, and with tools whose results are known."""
    data_dir = tmp_path_factory.mktemp("jobs")
    store = [sys.executable, "-c", STORE]
    subprocess.run(
        store,
        input=json.dumps(PIPELINES),
        cwd=ROOT,
        env=environment(data_dir),
        text=True,
        check=True,
        timeout=120,
    )
    with serving(data_dir, FORGESYTE_WORKERS="1", FORGESYTE_DEFAULT_PIPELINE="patches") as running:
        yield f"http://127.0.0.1:{running.port}"


@pytest.fixture
def viewer(open_page: OpenPage, clips: dict[str, Path]) -> Page:
    """The page of a video that was worked through by the tool that finds the square."""
    visit = open_page("/videos/", camera=None, viewport=WINDOW)
    # The tests look at the canvas more often than anybody does.
    visit.expected = ("willReadFrequently",)
    page = visit.page
    (name,) = upload(page, "patches", clips["square"])
    finished(page, name).get_by_role("link").click()
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    return page
