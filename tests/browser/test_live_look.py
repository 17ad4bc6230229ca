"""The live page in windows of every kind, and for everybody."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.live_page import FIRST_ANSWER_MS, OCR, PHONE, open_fold, start, violations

pytestmark = [pytest.mark.browser, pytest.mark.model]

DESKTOP = {"width": 1280, "height": 800}
UPRIGHT = {"width": 390, "height": 844}
ON_ITS_SIDE = {"width": 844, "height": 390}


def scrolled_to_the_end(page: Page) -> Page:
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    return page


@pytest.mark.parametrize("size_wh", [(390, 844), (360, 640), (844, 390), (768, 1024)])
def test_page_fits_a_phone(open_page: OpenPage, size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    page = start(open_page(OCR, viewport={"width": width, "height": height}, **PHONE))
    expect(page.locator("#read-text li").first).to_be_visible()
    page.click("#debug-toggle")
    open_fold(page, "View")
    open_fold(page, "Picture")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.scrollWidth") <= width
    for name in ("#start", "#stop", "#pipeline-selector", "#save-picture", "#debug-toggle", "#source-file"):
        box = page.locator(name).bounding_box()
        assert box
        assert box["height"] >= 44
    # What is pressed stays within a thumb's reach, wherever the page is scrolled to.
    for name in ("#stop", "#save-picture", "#debug-toggle"):
        expect(scrolled_to_the_end(page).locator(name)).to_be_in_viewport(ratio=1)


def test_a_phone_gives_the_picture_the_space(open_page: OpenPage) -> None:
    page = open_page(OCR, viewport=UPRIGHT, **PHONE).page
    stage = page.locator("#stage").bounding_box()
    assert stage
    assert stage["width"] == UPRIGHT["width"]
    assert stage["height"] > UPRIGHT["height"] / 2
    page.set_viewport_size({"width": 844, "height": 390})
    stage = page.locator("#stage").bounding_box()
    assert stage
    assert stage["height"] == ON_ITS_SIDE["height"]
    assert stage["width"] > ON_ITS_SIDE["width"] / 2
    expect(scrolled_to_the_end(page).locator("#stage")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("viewport", [DESKTOP, UPRIGHT])
def test_nothing_moves_when_the_stream_starts(open_page: OpenPage, viewport: dict[str, int]) -> None:
    visit = open_page(OCR, viewport=viewport)
    names = (
        "#stage",
        "#start",
        "#stop",
        "#status",
        "#figure-fps",
        "#read-heading",
        "#settings",
        "#debug-toggle",
    )
    before = {name: visit.page.locator(name).bounding_box() for name in names}
    page = start(visit)
    expect(page.locator("#read-text li").first).to_be_visible()
    after = {name: page.locator(name).bounding_box() for name in names}
    corners = [
        {name: (box["x"], box["y"]) for name, box in boxes.items() if box} for boxes in (before, after)
    ]
    assert corners[0] == corners[1]
    assert before["#stage"] == after["#stage"]


# The longest and the shortest that each may say.
SAID = {
    "#status-text": ("Connected", "Waiting for the camera", "Reconnecting"),
    "#status-countdown": ("", " in 30 s"),
    "#figure-fps": ("", "9.9", "120"),
    "#figure-delay": ("", "1000 ms", "120.5 s"),
    "#figure-found": ("", "3000"),
}
# A row on a desktop, two rows, one column, a phone, and a phone on its side.
WIDTHS = [(1280, 800), (1000, 800), (700, 900), (500, 800), (360, 640), (844, 390)]


STAYS = (
    "#stage",
    "#start",
    "#settings",
    ".tools",
    "#status",
    "#figure-fps",
    "#figure-delay",
    "#figure-found",
)


@pytest.mark.parametrize("size_wh", [(1280, 800), (1000, 800), (1280, 600), (1920, 1080)])
def test_a_wide_window_holds_the_whole_page(open_page: OpenPage, size_wh: tuple[int, int]) -> None:
    page = open_page(viewport={"width": size_wh[0], "height": size_wh[1]}).page
    assert page.evaluate("document.documentElement.scrollHeight") == size_wh[1]
    expect(page.locator(".site-footer p")).to_be_in_viewport(ratio=1)


def test_no_footer_lies_under_the_picture_of_a_phone_on_its_side(open_page: OpenPage) -> None:
    page = open_page(viewport=ON_ITS_SIDE).page
    page.locator(".site-footer").scroll_into_view_if_needed()
    stage, footer = page.locator("#stage").bounding_box(), page.locator(".site-footer p").bounding_box()
    assert stage
    assert footer
    assert footer["x"] >= stage["x"] + stage["width"]


def corners(page: Page) -> dict[str, tuple[float, float]]:
    boxes = {name: page.locator(name).bounding_box() for name in STAYS}
    return {name: (box["x"], box["y"]) for name, box in boxes.items() if box}


@pytest.mark.parametrize("size_wh", WIDTHS)
def test_no_words_of_the_status_and_the_figures_move_anything(
    open_page: OpenPage, size_wh: tuple[int, int]
) -> None:
    page = open_page(viewport={"width": size_wh[0], "height": size_wh[1]}).page
    before = corners(page)
    assert len(before) == len(STAYS)
    for name, texts in SAID.items():
        for text in texts:
            page.locator(name).evaluate("(element, text) => { element.textContent = text; }", text)
            assert corners(page) == before, (name, text)


# The longest that the figures of the debug panel may say.
DEBUG_TEXTS = {
    "sent": "30.0",
    "answered": "30.0",
    "drawn": "30.0",
    "p50": "120.5 s",
    "p95": "120.5 s",
    "server": "1000 ms",
    "dropped": "100%",
    "slowDowns": "1000",
    "backpressure": "critical",
    "unanswered": "2",
    "target": "7.5 fps",
    "socket": "reconnecting",
    "jpeg": "1000 kB",
    "quality": "80%",
    "size": "1280 \u00d7 960",
    "network": "1000.0 Mbit/s",
    "buffered": "12000 kB",
}
FILL_DEBUG_PANEL = """(texts) => {
  for (const [name, text] of Object.entries(texts))
    document.querySelector(`#debug-panel [data-figure="${name}"]`).textContent = text;
}"""
# Pairs of texts of the debug panel that lie over one another, or that lie outside of it.
OVERLAPS = """() => {
  const panel = document.getElementById("debug-panel").getBoundingClientRect();
  const texts = [];
  const walker = document.createTreeWalker(document.getElementById("debug-panel"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    const words = walker.currentNode.data.trim();
    if (words) for (const box of range.getClientRects()) texts.push({ words, box });
  }
  const outside = texts.filter(({ box }) => box.left < panel.left || box.right > panel.right);
  const overlap = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  const pairs = texts.flatMap((one, index) =>
    texts.slice(index + 1).filter(({ box }) => overlap(one.box, box)).map(({ words }) => [one.words, words]));
  return { count: texts.length, found: [...pairs, ...outside.map(({ words }) => [words])] };
}"""


@pytest.mark.parametrize(
    "size_wh", [*WIDTHS, (1920, 1080), (1440, 900), (1366, 768), (1100, 800), (961, 800), (320, 568)]
)
def test_no_texts_of_the_debug_panel_overlap(open_page: OpenPage, size_wh: tuple[int, int]) -> None:
    page = open_page(viewport={"width": size_wh[0], "height": size_wh[1]}).page
    page.click("#debug-toggle")
    # The page renews the figures twice a second; filling and measuring in one call leaves it no time to.
    texts = page.evaluate(
        f"(texts) => {{ ({FILL_DEBUG_PANEL})(texts); return ({OVERLAPS})(); }}", DEBUG_TEXTS
    )
    assert texts["count"] > 2 * len(DEBUG_TEXTS)
    assert texts["found"] == []


@pytest.mark.parametrize("size_wh", [*WIDTHS, (1280, 720), (1366, 768), (961, 800), (320, 568)])
def test_every_source_fits_into_its_button(open_page: OpenPage, size_wh: tuple[int, int]) -> None:
    page = open_page(viewport={"width": size_wh[0], "height": size_wh[1]}).page
    too_wide = """(buttons) => buttons.filter((button) => button.scrollWidth > button.clientWidth)
        .map((button) => button.textContent)"""
    assert page.locator(".panel-setup .segment").count() == 3
    assert page.locator(".panel-setup .segment").evaluate_all(too_wide) == []


def test_what_went_wrong_moves_nothing(open_page: OpenPage) -> None:
    page = open_page("/?pipeline=yolo_foo", viewport=UPRIGHT).page
    before = page.locator("#stage").bounding_box()
    page.click("#start")
    expect(page.locator("#error-banner")).to_be_visible()
    expect(page.locator("#retry")).to_be_in_viewport(ratio=1)
    assert page.locator("#stage").bounding_box() == before


def test_overlay_lies_exactly_over_the_stage_at_the_screens_resolution(open_page: OpenPage) -> None:
    visit = open_page(OCR, viewport=DESKTOP, device_scale_factor=1.5)
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


def test_who_wants_less_motion_sees_none(open_page: OpenPage) -> None:
    page = open_page(OCR, reduced_motion="reduce", camera=None).page
    page.click("#start")
    moving = "document.getAnimations().filter((animation) => animation.playState === 'running').length"
    assert page.evaluate(moving) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, UPRIGHT, ON_ITS_SIDE])
def test_everybody_can_use_the_page(open_page: OpenPage, scheme: str, viewport: dict[str, int]) -> None:
    page = open_page(OCR, color_scheme=scheme, viewport=viewport).page
    assert violations(page) == []
    for name in ("View", "Picture"):
        open_fold(page, name)
    page.click("#debug-toggle")
    page.click("#start")
    expect(page.locator("#read-text li").first).to_be_visible(timeout=FIRST_ANSWER_MS)
    expect(page.locator(".timings li").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_page_when_something_is_wrong(open_page: OpenPage, scheme: str) -> None:
    page = open_page("/?pipeline=yolo_foo", color_scheme=scheme).page
    page.click("#start")
    expect(page.locator("#error-title")).to_have_text(re.compile("cannot be used"))
    assert violations(page) == []
    page.click("#stop")
    page.click("#source-screen")
    expect(page.locator("#error-banner")).to_be_hidden()
    assert violations(page) == []
