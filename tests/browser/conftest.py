"""A real server, a real browser, and a camera that plays a video."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.videos import plain, printed_page, write_video
from tests.conftest import require_tool

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("QUIET ZONE", "Platform 4", "Tickets please")
START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60
BROWSER_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-fake-device-for-media-stream",
)
# Cameras are allowed without a question.
ASKS_NOBODY = "--use-fake-ui-for-media-stream"
# A page that has lost its server tries so often.
TRIES = 5
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)

# What an idle machine shows at once takes seconds on a busy one.
expect.set_options(timeout=30_000)

OpenPage = Callable[..., "Visit"]


@dataclass
class Visit:
    """One page, and what its console complained about; a test names the complaints that it expects."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def unexpected(self) -> list[str]:
        """Errors, warnings and violations of the content security policy: there must be none."""
        return [text for text in self.complaints if not any(re.search(word, text) for word in self.expected)]


def server_environment(data_dir: Path) -> dict[str, str]:
    """The environment of a server with its own data; nothing of the test run's settings leaks into it."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("FORGESYTE_", "STREAM_"))
    }
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
        "FORGESYTE_DATA_DIR": str(data_dir),
        "FORGESYTE_PRELOAD": "none",
        "YOLO_CONFIG_DIR": str(data_dir / "cache"),
        "PYTHONUNBUFFERED": "1",
    }


def manage(data_dir: Path, *arguments: str) -> None:
    """Run one management command to its end."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=server_environment(data_dir), capture_output=True, text=True, timeout=START_TIMEOUT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def address_printed(output: IO[str]) -> str:
    """The address that the server prints once it answers."""
    for line in output:
        if found := re.search(r"https?://\S+", line):
            return found[0].rstrip("/.")
    raise AssertionError("the server ended before it answered")


@contextmanager
def running_server(data_dir: Path, port: int = 0) -> Iterator[str]:
    """A server on this port, or on a free one; yields its address."""
    with (data_dir / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT, env=server_environment(data_dir), stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        assert process.stdout
        too_late = threading.Timer(START_TIMEOUT_S, process.kill)
        too_late.start()
        try:
            address = address_printed(process.stdout)
            too_late.cancel()
            yield address
        finally:
            too_late.cancel()
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            finally:
                process.kill()
                process.wait()
                process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with the shipped pipelines."""
    data_dir = tmp_path_factory.mktemp("data")
    manage(data_dir, "migrate", "--verbosity", "0")
    manage(data_dir, "restore_pipelines", "--if-empty")
    with running_server(data_dir) as address:
        yield address


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pictures of the cameras, by name."""
    folder = tmp_path_factory.mktemp("videos")
    return {
        "page": write_video(folder / "page.mjpeg", printed_page(WORDS)),
        "wide": write_video(folder / "wide.mjpeg", printed_page(WORDS, (960, 540))),
        "plain": write_video(folder / "plain.mjpeg", plain, frames=10),
    }


@pytest.fixture
def open_page(server: str, videos: dict[str, Path]) -> Iterator[OpenPage]:
    """Open the page in a browser of its own: `open_page("/?pipeline=ocr_only", camera="page", **context)`.

    A path stands for the shared server, an address for any other. `camera=None` is a browser in which nobody
    allows the camera. Afterwards no console may have complained.
    """
    visits: list[Visit] = []
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())

        def open_it(path: str = "/", *, camera: str | None = "page", **context: Any) -> Visit:
            asks_nobody = [ASKS_NOBODY] if camera else []
            browser = stack.enter_context(launch(playwright, videos[camera or "plain"], *asks_nobody))
            visits.append(visit(browser, urljoin(server, path), context))
            return visits[-1]

        yield open_it
        assert [text for made in visits for text in made.unexpected()] == []


def let_every_try_fail(page: Page) -> None:
    """Advance the page's clock, installed at `BEGINNING`, until it has tried in vain and gives up."""
    page.clock.pause_at(BEGINNING + timedelta(hours=1))
    given_up = page.locator("#error-banner:visible")
    next_try = page.locator("#status-countdown", has_text=re.compile(r"in \d+ s"))
    for _ in range(TRIES + 1):
        # The browser itself slows a page down that connects in vain.
        expect(next_try.or_(given_up)).to_be_visible(timeout=30_000)
        if given_up.is_visible():
            return
        page.clock.fast_forward("00:30")
    pytest.fail("the page tries for ever")


def launch(playwright: Playwright, video: Path, *arguments: str) -> Browser:
    """A browser whose camera plays this video."""
    plays = f"--use-file-for-fake-video-capture={video}"
    return playwright.chromium.launch(
        executable_path=require_tool("chromium"), args=[*BROWSER_ARGUMENTS, plays, *arguments]
    )


def visit(browser: Browser, url: str, context: dict[str, Any]) -> Visit:
    """The page at `url` in a context of its own, with everything its console says written down."""
    page = browser.new_context(**context).new_page()
    made = Visit(page)

    def note(message: Any) -> None:
        if message.type in ("error", "warning"):
            made.complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    page.goto(url)
    return made
