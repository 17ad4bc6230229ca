"""The live page in a real browser, with real networks behind it."""

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import ROOT, WORDS, OpenPage, Visit, manage, running_server

pytestmark = [pytest.mark.browser, pytest.mark.model]

# The first session loads its networks, on a machine that may be busy with other things.
FIRST_ANSWER_MS = 120_000
OCR = "/?pipeline=ocr_only"

# How many pixels are drawn on: boxes and labels, without the frame's number at the bottom.
DRAWN_PIXELS = """() => {
  const canvas = document.getElementById("overlay");
  const [width, height] = [canvas.width, canvas.height];
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, Math.floor(height * 0.85));
  let drawn = 0;
  for (let i = 3; i < data.length; i += 4) drawn += data[i] > 0 ? 1 : 0;
  return drawn;
}"""


def start(visit: Visit) -> Page:
    """Press Start and wait for the first answer."""
    page = visit.page
    page.click("#start")
    expect(page.locator("#status")).to_contain_text("Connected")
    expect(page.locator("#figure-found")).to_have_text(re.compile(r"\d+"), timeout=FIRST_ANSWER_MS)
    return page


def sockets_of(visit: Visit) -> list[WebSocket]:
    """The sessions of the page, as they come."""
    sockets: list[WebSocket] = []
    visit.page.on("websocket", lambda socket: sockets.append(socket))
    return sockets


def chosen_in_link(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query)["pipeline"]


@pytest.mark.parametrize("pipeline", ["ocr_only", "yolo_ocr"])
def test_words_on_a_page_are_read_and_framed(open_page: OpenPage, pipeline: str) -> None:
    page = start(open_page(f"/?pipeline={pipeline}"))
    lines = page.locator("#read-text li")
    for words in WORDS:
        expect(lines.filter(has_text=re.compile(f"^{words}$", re.I))).to_have_count(1, timeout=30_000)
    page.wait_for_function(f"({DRAWN_PIXELS})() > 500")
    expect(page.locator("#status")).to_have_text("Connected")
    expect(page.locator("#read-empty")).to_be_hidden()
    expect(page.locator("#error-banner")).to_be_hidden()


def test_a_plain_picture_has_no_boxes_and_is_answered_all_the_same(open_page: OpenPage) -> None:
    page = start(open_page(OCR, camera="plain"))
    expect(page.locator("#figure-found")).to_have_text("0")
    assert page.evaluate(DRAWN_PIXELS) == 0
    expect(page.locator("#read-text li")).to_have_count(0)


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


def test_a_wide_picture_is_neither_stretched_nor_cut(open_page: OpenPage) -> None:
    visit = open_page(OCR, camera="wide")
    visit.page.evaluate(WATCH_FRAMES)
    page = start(visit)
    expect(page.locator("#read-text")).to_contain_text(WORDS[0])
    assert page.evaluate(SIZE_OF_FRAME) == ["image/jpeg", 640, 360]


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
    assert page.evaluate(DRAWN_PIXELS) == 0
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
    expect(page.locator("#figure-found")).to_have_text(re.compile(r"\d+"), timeout=FIRST_ANSWER_MS)
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


@pytest.mark.parametrize("size_wh", [(390, 844), (360, 640), (844, 390), (768, 1024)])
def test_page_fits_a_phone(open_page: OpenPage, size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    viewport = {"width": width, "height": height}
    page = start(open_page(OCR, viewport=viewport, is_mobile=True, has_touch=True, device_scale_factor=2))
    expect(page.locator("#read-text li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width
    for name in ("#start", "#stop", "#pipeline-selector", "#retry"):
        box = page.locator(name).bounding_box()
        assert name == "#retry" or (box and box["height"] >= 44)


@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}])
def test_nothing_moves_when_the_stream_starts(open_page: OpenPage, viewport: dict[str, int]) -> None:
    visit = open_page(OCR, viewport=viewport)
    names = ("#stage", "#start", "#stop", "#status", "#figure-fps")
    before = {name: visit.page.locator(name).bounding_box() for name in names}
    page = start(visit)
    after = {name: page.locator(name).bounding_box() for name in names}
    corners = [
        {name: (box["x"], box["y"]) for name, box in boxes.items() if box} for boxes in (before, after)
    ]
    assert corners[0] == corners[1]
    assert before["#stage"] == after["#stage"]


def test_overlay_lies_exactly_over_the_stage_at_the_screens_resolution(open_page: OpenPage) -> None:
    visit = open_page(OCR, viewport={"width": 1280, "height": 800}, device_scale_factor=1.5)
    page = start(visit)
    for viewport in ({"width": 1280, "height": 800}, {"width": 700, "height": 900}):
        page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})
        overlay, video = (page.locator(name).bounding_box() for name in ("#overlay", "#camera"))
        assert overlay == video
        assert overlay
        page.wait_for_function(
            "([w, h]) => Math.abs(overlay.width - w) <= 2 && Math.abs(overlay.height - h) <= 2",
            arg=[overlay["width"] * 1.5, overlay["height"] * 1.5],
        )


def test_page_is_used_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page(OCR).page
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    for _ in range(10):
        if page.evaluate("document.activeElement.id") == "start":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#stop")).to_be_focused()
    expect(page.locator("#status")).to_contain_text("Connected")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Camera off")
    expect(page.locator("#start")).to_be_focused()


def test_stream_comes_back_after_the_server_was_restarted(open_page: OpenPage, tmp_path: Path) -> None:
    manage(tmp_path, "migrate", "--verbosity", "0")
    manage(tmp_path, "restore_pipelines", "--if-empty")
    with running_server(tmp_path) as address:
        visit = open_page(address + OCR)
        visit.expected = ("WebSocket connection to .* failed",)
        page = start(visit)
    expect(page.locator("#status")).to_contain_text(re.compile(r"Reconnecting in \d+ s"))
    expect(page.locator("#figure-found")).to_have_text("\N{EN DASH}")
    assert page.evaluate(DRAWN_PIXELS) == 0
    port = urlsplit(address).port
    assert port
    with running_server(tmp_path, port):
        expect(page.locator("#status")).to_have_text("Connected", timeout=60_000)
        expect(page.locator("#figure-found")).to_have_text(re.compile(r"\d+"), timeout=FIRST_ANSWER_MS)
        page.click("#stop")


def axe() -> str:
    """The source of axe-core, which judges whether everybody can use a page."""
    source = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if source.exists():
        return source.read_text()
    reason = "axe-core is not installed: `npm install` brings it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [OCR, "/?pipeline=yolo_foo"])
def test_everybody_can_use_the_page(open_page: OpenPage, scheme: str, path: str) -> None:
    page = open_page(path, color_scheme=scheme).page
    page.evaluate(axe())
    assert violations(page) == []
    page.click("#start")
    expect(page.locator("#read-text li:visible, #error-title:visible").first).to_be_visible(
        timeout=FIRST_ANSWER_MS
    )
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    """What axe-core objects to, and where."""
    found = page.evaluate("axe.run().then((report) => report.violations)")
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]
