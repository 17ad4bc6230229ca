"""The sources of the live page: cameras, video files, the screen, and none at all."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ASKS_NOBODY, BROWSER_ARGUMENTS, WORDS, OpenPage, visit
from tests.browser.live_page import FIRST_ANSWER_MS, OCR, sockets_of, start, streaming
from tests.browser.videos import printed_page, write_webm
from tests.conftest import require_tool

pytestmark = [pytest.mark.browser, pytest.mark.model]

TWO_CAMERAS = "--use-fake-device-for-media-stream=device-count=2"
NO_CAMERA = "--use-fake-device-for-media-stream=device-count=0"
TRACK = "document.getElementById('camera').srcObject.getVideoTracks()[0]"
VIDEO_WORDS = ("Harbour 12", "Low tide")

OpenWith = Callable[..., Page]


@pytest.fixture(scope="session")
def video_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with words of its own."""
    return write_webm(tmp_path_factory.mktemp("files") / "harbour.webm", printed_page(VIDEO_WORDS))


@pytest.fixture
def open_with(server: str) -> Iterator[OpenWith]:
    """Open a page in a browser with these cameras: `open_with(TWO_CAMERAS, path=OCR)`."""
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())

        def open_it(cameras: str, path: str = OCR) -> Page:
            arguments = [*BROWSER_ARGUMENTS, ASKS_NOBODY, cameras]
            browser = playwright.chromium.launch(executable_path=require_tool("chromium"), args=arguments)
            stack.enter_context(browser)
            return visit(browser, urljoin(server, path), {}).page

        yield open_it


def read(page: Page, words: str) -> None:
    """Wait until these words are among the lines read."""
    line = page.locator("#read-text .line-text", has_text=re.compile(f"^{words}$", re.I))
    expect(line).to_have_count(1, timeout=FIRST_ANSWER_MS)


def test_refused_camera_is_told_in_words(open_page: OpenPage) -> None:
    page = open_page(OCR, camera=None).page
    page.click("#start")
    expect(page.locator("#error-banner")).to_contain_text("The camera is blocked")
    expect(page.locator("#status")).to_have_text("Camera off")
    expect(page.locator("#start")).to_be_enabled()
    page.context.grant_permissions(["camera"])
    page.click("#retry")
    expect(page.locator("#error-banner")).to_be_hidden()
    expect(page.locator("#status")).to_contain_text("Connected")


def test_a_computer_without_a_camera_is_told_in_words(open_with: OpenWith) -> None:
    page = open_with(NO_CAMERA)
    page.click("#start")
    expect(page.locator("#error-banner")).to_contain_text("No camera was found")
    expect(page.locator("#status")).to_have_text("Camera off")


def test_a_video_file_is_played_and_read(open_page: OpenPage, video_file: Path) -> None:
    page = open_page(OCR).page
    with page.expect_file_chooser() as chooser:
        page.click("#source-file")
    chooser.value.set_files(video_file)
    streaming(page)
    for words in VIDEO_WORDS:
        read(page, words)
    expect(page.locator("#file-name")).to_have_text("harbour.webm")
    expect(page.locator("#source-file")).to_have_attribute("aria-pressed", "true")
    assert "source=file" in page.url
    page.click("#stop")
    expect(page.locator("#status")).to_have_text("Video stopped")

    # What was chosen is still there.
    page.click("#start")
    streaming(page)


def test_a_link_to_a_video_asks_for_the_file(open_page: OpenPage, video_file: Path) -> None:
    page = open_page(f"{OCR}&source=file").page
    # From now on the browser hands its file chooser over; a key is quicker than that if asked for only then.
    page.on("filechooser", lambda _: None)
    expect(page.locator("#start")).to_have_text("Play")
    expect(page.locator("#start")).to_be_enabled()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(video_file)
    streaming(page)


def test_a_file_that_is_no_video_is_told_in_words(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "notes.webm").write_text("These are notes.")
    page = open_page(OCR).page
    page.set_input_files("#file", tmp_path / "notes.webm")
    expect(page.locator("#error-banner")).to_contain_text("notes.webm")
    expect(page.locator("#status")).to_have_text("Video stopped")


def test_the_source_changes_under_a_running_stream(open_page: OpenPage, video_file: Path) -> None:
    visit = open_page(OCR)
    sockets = sockets_of(visit)
    page = start(visit)
    read(page, WORDS[0])
    with page.expect_file_chooser() as chooser:
        page.click("#source-file")
    expect(page.locator("#status")).to_have_text("Connected")
    chooser.value.set_files(video_file)
    read(page, VIDEO_WORDS[0])
    page.click("#read-clear")
    page.click("#source-camera")
    read(page, WORDS[0])
    assert len(sockets) == 1


def test_the_screen_is_shared(open_page: OpenPage) -> None:
    page = open_page(f"{OCR}&source=screen").page
    expect(page.locator("#start")).to_have_text("Share")
    page.click("#start")
    streaming(page)
    assert page.evaluate(f"{TRACK}.getSettings().displaySurface")
    page.click("#stop")
    expect(page.locator("#status")).to_have_text("Screen not shared")


def test_another_camera_is_picked_while_streaming(open_with: OpenWith) -> None:
    page = open_with(TWO_CAMERAS)
    page.click("#start")
    streaming(page)
    picker = page.locator("#devices")
    expect(picker.locator("option")).to_have_count(2)
    first, second = (option.get_attribute("value") for option in picker.locator("option").all())
    assert page.evaluate(f"{TRACK}.getSettings().deviceId") == first
    picker.select_option(second)
    page.wait_for_function(f"(id) => {TRACK}?.getSettings().deviceId === id", arg=second)
    expect(picker).to_have_value(str(second))
    streaming(page)
