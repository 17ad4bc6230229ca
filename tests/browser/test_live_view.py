"""The display of results on the live page: settings, links, keys, snapshots and the debug panel."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Download, Page, expect

from tests.browser.conftest import WORDS, OpenPage
from tests.browser.live_page import (
    DRAWN_PIXELS,
    FIRST_ANSWER_MS,
    OCR,
    open_fold,
    sockets_of,
    start,
    streaming,
    wait_for_pixels,
)

pytestmark = [pytest.mark.browser, pytest.mark.model]

LAYERS = ("boxes", "labels", "scores", "text", "tracks", "trails", "index")


def in_link(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def wait_for_link(page: Page, **wanted: str) -> None:
    """The address follows at once, and while a slider moves now and then."""
    page.wait_for_function(
        "(wanted) => JSON.stringify([...new URLSearchParams(location.search)].sort()) === wanted",
        arg=json.dumps(sorted(map(list, wanted.items())), separators=(",", ":"), ensure_ascii=False),
    )


def settings(page: Page) -> dict[str, Any]:
    """The values of the settings' fields."""
    shown: dict[str, Any] = page.evaluate("""() => {
      const data = new FormData(document.getElementById("settings"));
      return { ...Object.fromEntries(data), layer: data.getAll("layer") };
    }""")
    return shown


def test_layers_and_confidence_change_the_picture_and_ask_nobody(open_page: OpenPage) -> None:
    visit = open_page(OCR)
    sockets = sockets_of(visit)
    page = start(visit)
    wait_for_pixels(page, "> 500")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    icon = page.evaluate("document.querySelector('link[rel=icon]').href")
    open_fold(page, "View")

    for name in ("Labels", "Confidence", "Read text", "Boxes", "Trails"):
        page.get_by_role("checkbox", name=name, exact=True).uncheck()
    wait_for_pixels(page, "=== 0")
    page.get_by_role("checkbox", name="Boxes", exact=True).check()
    wait_for_pixels(page, "> 100")

    page.locator("#score").focus()
    page.keyboard.press("End")
    expect(page.locator("#score-value")).to_have_text("100%")
    wait_for_pixels(page, "=== 0")
    page.keyboard.press("Home")
    wait_for_pixels(page, "> 100")
    expect(page.locator("#view-summary")).to_have_text("Live, 4 hidden")
    wait_for_link(page, pipeline="ocr_only", hide="labels,scores,text,trails")
    # Chromium asks for the icon whenever the address changes.
    assert (len(sockets), set(requests) - {icon}) == (1, set())


def test_a_link_reproduces_the_page(open_page: OpenPage) -> None:
    chosen = "&mirror=on&mode=exact&hide=labels,trails&score=0.3&size=320x240&quality=0.6&fps=5"
    page = open_page(OCR + chosen).page
    assert settings(page) == {
        "mirror": "on",
        "mode": "exact",
        "layer": [layer for layer in LAYERS if layer not in ("labels", "trails")],
        "score": "0.3",
        "size": "320x240",
        "quality": "0.6",
        "fps": "5",
    }
    assert page.url.endswith(OCR + chosen)
    expect(page.locator("#stage")).to_have_attribute("data-mirrored", "true")
    expect(page.locator("#picture-summary")).to_have_text(re.compile(r"^320 . 240, 5 fps$"))


def test_what_is_unknown_in_a_link_counts_as_not_said(open_page: OpenPage) -> None:
    page = open_page(f"{OCR}&mode=upside-down&score=7&size=9x9&hide=everything&fps=x&theme=pink").page
    assert settings(page)["mode"] == "live"
    assert settings(page)["layer"] == list(LAYERS)
    wait_for_link(page, pipeline="ocr_only", theme="pink")
    expect(page.locator("#error-banner")).to_be_hidden()


def test_what_is_chosen_is_in_the_link_and_defaults_are_not(open_page: OpenPage) -> None:
    page = open_page().page
    wait_for_link(page)
    open_fold(page, "View")
    open_fold(page, "Picture")
    page.get_by_text("Exact", exact=True).click()
    page.get_by_text("Off", exact=True).click()
    page.select_option("#size", "1280x960")
    page.select_option("#fps", "10")
    page.locator("#quality").fill("0.5")
    wait_for_link(page, mode="exact", mirror="off", size="1280x960", fps="10", quality="0.5")
    page.reload()
    assert settings(page) == {
        "mode": "exact",
        "mirror": "off",
        "layer": list(LAYERS),
        "score": "0",
        "size": "1280x960",
        "fps": "10",
        "quality": "0.5",
    }
    open_fold(page, "View")
    page.get_by_text("Live", exact=True).last.click()
    page.get_by_text("Automatic", exact=True).click()
    wait_for_link(page, size="1280x960", fps="10", quality="0.5")


def test_the_mirror_turns_the_picture_and_not_the_words(open_page: OpenPage) -> None:
    visit = open_page(OCR)
    sockets = sockets_of(visit)
    page = start(visit)
    turned = "getComputedStyle(document.getElementById('camera')).transform"
    assert page.evaluate(turned) == "none"
    page.keyboard.press("m")
    assert page.evaluate(turned) == "matrix(-1, 0, 0, 1, 0, 0)"
    wait_for_link(page, pipeline="ocr_only", mirror="on")
    wait_for_pixels(page, "> 500")
    expect(page.locator("#read-text")).to_contain_text(WORDS[0])
    page.keyboard.press("m")
    assert page.evaluate(turned) == "none"
    wait_for_link(page, pipeline="ocr_only")
    assert len(sockets) == 1


PICTURE_PIXELS = DRAWN_PIXELS.replace('"overlay"', '"picture"')


def test_exact_mode_shows_the_very_frame(open_page: OpenPage) -> None:
    page = start(open_page(OCR))
    assert page.evaluate(PICTURE_PIXELS) == 0
    page.keyboard.press("e")
    page.wait_for_function(f"() => ({PICTURE_PIXELS})() > 10_000")
    wait_for_link(page, pipeline="ocr_only", mode="exact")
    page.keyboard.press("e")
    page.wait_for_function(f"() => ({PICTURE_PIXELS})() === 0")


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def test_a_snapshot_is_a_picture_and_a_result(open_page: OpenPage, tmp_path: Path) -> None:
    visit = open_page(OCR)
    for name in ("#save-picture", "#save-result"):
        expect(visit.page.locator(name)).to_be_disabled()
    page = start(visit)
    expect(page.locator("#read-text")).to_contain_text(WORDS[0], timeout=FIRST_ANSWER_MS)
    page.locator("#stage").click()
    with page.expect_download() as by_key:
        page.keyboard.press("s")
    with page.expect_download() as by_button:
        page.click("#save-result")

    picture_path, result_path = saved(by_key.value, tmp_path), saved(by_button.value, tmp_path)
    assert re.fullmatch(r"forgesyte-ocr_only-[\d-]+-frame-\d+\.png", picture_path.name)
    with Image.open(picture_path) as picture:
        assert picture.format == "PNG"
        assert picture.width >= 640
        assert abs(picture.width * 3 / 4 - picture.height) <= 1
    result = json.loads(result_path.read_text())
    assert result["pipeline"] == "ocr_only"
    assert WORDS[0] in {detection.get("text") for detection in result["result"]["detections"]}
    assert result["timings_ms"]["total"] > 0


def test_debug_panel_tells_what_happens_and_copies_it(open_page: OpenPage) -> None:
    visit = open_page(OCR, permissions=["camera", "clipboard-read", "clipboard-write"])
    page = start(visit)
    panel = page.locator("#debug-panel")
    expect(panel).to_be_hidden()
    page.click("#debug-toggle")
    expect(panel).to_be_visible()
    expect(page.locator("#debug-toggle")).to_have_attribute("aria-expanded", "true")
    for name in ("sent", "answered", "drawn", "p50", "p95", "server", "jpeg", "size", "target", "network"):
        expect(panel.locator(f"[data-figure={name}]")).to_have_text(re.compile(r"[1-9]"))
    expect(panel.locator("[data-figure=socket]")).to_have_text("connected")
    expect(panel.locator("[data-figure=backpressure]")).to_have_text(re.compile("normal|warning|critical"))
    expect(panel.locator("[data-figure=why]")).to_have_text(re.compile(r"fps"))
    for stage in ("wait", "decode", "read"):
        expect(panel.locator(".timings li", has_text=stage)).to_have_text(re.compile(r"\d ms$"))
    expect(page.locator("#debug-line")).to_have_attribute("d", re.compile("^M.*L"))

    page.click("#debug-copy")
    expect(page.locator("#toast")).to_have_text("Copied")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["state"]["connection"]["name"] == "connected"
    assert copied["report"]["fpsAnswered"] > 0
    assert copied["report"]["latency"]["p95"] >= copied["report"]["latency"]["p50"] > 0
    assert copied["sendStatus"]["unanswered"] <= 2
    assert "read" in copied["report"]["stages"]

    page.select_option("#pipeline-selector", "yolo_ocr")
    expect(panel.locator(".timings li", has_text="detect")).to_have_count(1, timeout=FIRST_ANSWER_MS)


def test_page_is_used_with_the_keyboard(open_page: OpenPage) -> None:
    page = open_page(OCR).page
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    for _ in range(12):
        if page.evaluate("document.activeElement.id") == "start":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#stop")).to_be_focused()
    expect(page.locator("#status")).to_contain_text("Connected")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("Camera off")
    expect(page.locator("#start")).to_be_focused()


def test_keys_do_what_the_help_says(open_page: OpenPage) -> None:
    page = open_page(OCR).page
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert page.locator("#keys kbd").all_text_contents() == ["Space", "M", "E", "S", "F", "D", "?"]
    # A dialog that opens without taking the focus is not announced to screen readers.
    expect(page.locator("#keys").get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    help_button = page.get_by_role("button", name="Keyboard shortcuts")
    help_button.click()
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).to_be_hidden()
    expect(help_button).to_be_focused()
    help_button.blur()

    page.keyboard.press("Space")
    streaming(page)
    page.keyboard.press("d")
    expect(page.locator("#debug-panel")).to_be_visible()
    page.keyboard.press("d")
    expect(page.locator("#debug-panel")).to_be_hidden()
    page.locator("body").press("f")
    expect(page.locator("#full-screen")).to_have_attribute("aria-pressed", "true")
    stage, window = page.locator("#stage").bounding_box(), page.viewport_size
    assert stage
    assert window
    assert (stage["width"], stage["height"]) >= (window["width"], window["height"])
    expect(page.locator("#stop")).to_be_in_viewport()
    page.keyboard.press("f")
    expect(page.locator("#full-screen")).to_have_attribute("aria-pressed", "false")
    page.locator("body").press("Space")
    expect(page.locator("#status")).to_have_text("Camera off")

    page.locator("#pipeline-selector").focus()
    page.keyboard.press("d")
    expect(page.locator("#debug-panel")).to_be_hidden()
    # The selector itself took the letter, for a name that begins with it.
    assert in_link(page) == {"pipeline": "yolo_easyocr"}
