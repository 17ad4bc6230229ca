"""The live page in a real browser, with real networks behind it."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WORDS, OpenPage, manage, running_server
from tests.browser.live_page import (
    DRAWN_PIXELS,
    FIRST_ANSWER_MS,
    OCR,
    sockets_of,
    start,
    streaming,
    wait_for_pixels,
)

pytestmark = [pytest.mark.browser, pytest.mark.model]


def chosen_in_link(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query)["pipeline"]


@pytest.mark.parametrize("pipeline", ["ocr_only", "yolo_ocr"])
def test_words_on_a_page_are_read_and_framed(open_page: OpenPage, pipeline: str) -> None:
    page = start(open_page(f"/?pipeline={pipeline}"))
    lines = page.locator("#read-text .line-text")
    for words in WORDS:
        expect(lines.filter(has_text=re.compile(f"^{words}$", re.I))).to_have_count(1, timeout=30_000)
    wait_for_pixels(page, "> 500")
    expect(page.locator("#status")).to_have_text("Connected")
    expect(page.locator("#read-empty")).to_be_hidden()
    expect(page.locator("#error-banner")).to_be_hidden()


def test_a_plain_picture_has_no_boxes_and_is_answered_all_the_same(open_page: OpenPage) -> None:
    page = start(open_page(OCR, camera="plain"))
    expect(page.locator("#figure-found")).to_have_text("0")
    assert page.evaluate(DRAWN_PIXELS) == 0
    expect(page.locator("#read-text li")).to_have_count(0)


def test_lines_are_timed_copied_and_cleared(open_page: OpenPage) -> None:
    page = open_page(OCR, permissions=["camera", "clipboard-read", "clipboard-write"]).page
    for name in ("#read-copy", "#read-clear"):
        expect(page.locator(name)).to_be_disabled()
    page.click("#start")
    expect(page.locator("#read-text li")).to_have_count(len(WORDS), timeout=FIRST_ANSWER_MS)
    page.click("#stop")
    expect(page.locator(".line-facts").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d · \d+%$"))

    page.click("#read-copy")
    expect(page.locator("#toast")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").split("\n") == read_lines(page)
    page.locator("#read-text li").last.hover()
    page.locator(".line-copy").last.click()
    page.wait_for_function(
        "(line) => navigator.clipboard.readText().then((text) => text === line)", arg=read_lines(page)[-1]
    )

    page.click("#read-clear")
    expect(page.locator("#read-text li")).to_have_count(0)
    expect(page.locator("#read-empty")).to_be_visible()
    expect(page.locator("#read-copy")).to_be_disabled()


def read_lines(page: Page) -> list[str]:
    return page.locator(".line-text").all_text_contents()


# Keeps the newest frame that the page sends.
WATCH_FRAMES = """() => {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    window.newestFrame = data;
    send.call(this, data);
  };
}"""
SIZE_OF_FRAME = """async () => {
  const picture = await createImageBitmap(newestFrame);
  return [newestFrame.type, picture.width, picture.height];
}"""


@pytest.mark.parametrize(
    ("size", "sent_wh"), [("", (640, 360)), ("&size=320x240", (320, 180)), ("&size=1280x960", (960, 540))]
)
def test_a_wide_picture_is_neither_stretched_nor_cut(
    open_page: OpenPage, size: str, sent_wh: tuple[int, int]
) -> None:
    visit = open_page(OCR + size, camera="wide")
    visit.page.evaluate(WATCH_FRAMES)
    page = start(visit)
    expect(page.locator("#read-text")).to_contain_text(WORDS[0])
    assert page.evaluate(SIZE_OF_FRAME) == ["image/jpeg", *sent_wh]


def test_stop_lets_go_of_the_camera_and_of_the_server(open_page: OpenPage) -> None:
    visit = open_page(OCR)
    sockets = sockets_of(visit)
    page = start(visit)
    page.evaluate("window.track = document.getElementById('camera').srcObject.getVideoTracks()[0]")
    assert page.evaluate("track.readyState") == "live"
    with sockets[0].expect_event("close"):
        page.click("#stop")
    assert page.evaluate("track.readyState") == "ended"
    assert page.evaluate("document.getElementById('camera').srcObject") is None
    wait_for_pixels(page, "=== 0")
    expect(page.locator("#status")).to_have_text("Camera off")
    expect(page.locator("#figure-fps")).to_have_text("\N{EN DASH}")
    assert len(sockets) == 1
    start(visit)
    assert len(sockets) == 2


def test_another_pipeline_runs_without_stopping_the_camera(open_page: OpenPage) -> None:
    visit = open_page(OCR)
    sockets = sockets_of(visit)
    page = start(visit)
    page.evaluate("window.track = document.getElementById('camera').srcObject.getVideoTracks()[0]")
    with sockets[0].expect_event("close"):
        page.select_option("#pipeline-selector", "yolo_ocr")
    streaming(page)
    assert page.evaluate("track.readyState") == "live"
    assert page.evaluate("document.getElementById('camera').srcObject.getVideoTracks()[0] === track")
    assert [parse_qs(urlsplit(socket.url).query)["pipeline_id"] for socket in sockets] == [
        ["ocr_only"],
        ["yolo_ocr"],
    ]
    assert chosen_in_link(page) == ["yolo_ocr"]
    page.reload()
    expect(page.locator("#pipeline-selector")).to_have_value("yolo_ocr")


def test_unknown_pipeline_is_told_in_words_and_left_by_choosing_another(open_page: OpenPage) -> None:
    page = open_page("/?pipeline=yolo_foo").page
    banner = page.locator("#error-banner")
    expect(page.locator("#pipeline-description")).to_contain_text("There is no pipeline “yolo_foo” here")
    page.click("#start")
    expect(banner).to_contain_text("This pipeline cannot be used")
    expect(banner).to_contain_text("Unknown pipeline_id: yolo_foo")
    expect(page.locator("#status")).to_have_text("Disconnected")
    with page.expect_websocket():
        page.click("#retry")
    expect(banner).to_be_visible()
    page.select_option("#pipeline-selector", "ocr_only")
    expect(banner).to_be_hidden()
    expect(page.locator("#figure-found")).to_have_text(re.compile(r"\d+"), timeout=FIRST_ANSWER_MS)


def test_stream_comes_back_after_the_server_was_restarted(open_page: OpenPage, tmp_path: Path) -> None:
    manage(tmp_path, "migrate", "--verbosity", "0")
    manage(tmp_path, "restore_pipelines", "--if-empty")
    with running_server(tmp_path) as address:
        visit = open_page(address + OCR)
        visit.expected = ("WebSocket connection to .* failed",)
        page = start(visit)
    expect(page.locator("#status")).to_contain_text(re.compile(r"Reconnecting in \d+ s"))
    expect(page.locator("#figure-found")).to_have_text("\N{EN DASH}")
    wait_for_pixels(page, "=== 0")
    port = urlsplit(address).port
    assert port
    with running_server(tmp_path, port):
        expect(page.locator("#status")).to_have_text("Connected", timeout=60_000)
        expect(page.locator("#figure-found")).to_have_text(re.compile(r"\d+"), timeout=FIRST_ANSWER_MS)
        page.click("#stop")
