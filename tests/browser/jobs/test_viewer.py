"""The page of one video: boxes keep step with the picture, and everything on it can be used."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.jobs.pages import (
    DONE_MS,
    SIDE,
    SIZE_WH,
    TIMES_MS,
    TOP,
    WINDOW,
    finished,
    left_of,
    row,
    upload,
)
from tests.browser.test_overlay_fit import LINE_BOUNDS

pytestmark = pytest.mark.browser

WITHIN_PX = 2
# Notes which frame's boxes are shown while which frame of the video is.
WATCH = """() => {
  window.seen = [];
  const video = document.getElementById("media");
  const note = (_, { mediaTime }) => {
    seen.push([mediaTime, Number(document.getElementById("viewer").dataset.frame)]);
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}"""


def show_frame(page: Page, number: int) -> None:
    """Go to a frame by its time and wait for its boxes."""
    page.evaluate(
        "(time) => { document.getElementById('media').currentTime = time; }",
        TIMES_MS[number - 1] / 1000 + 0.001,
    )
    expect(page.locator("#viewer")).to_have_attribute("data-frame", str(number))


def drawn(page: Page) -> np.ndarray:
    """The bounds of what is drawn on the stage, xyxy in pixels of the video."""
    bounds, place = np.array(page.evaluate(LINE_BOUNDS)), page.locator("#overlay").bounding_box()
    assert place
    corner, scale = np.array([place["x"], place["y"]] * 2), SIZE_WH[0] / place["width"]
    found: np.ndarray = (bounds - corner) * scale
    return found


def square_of(number: int) -> np.ndarray:
    """The box of the square in a frame, xyxy in pixels."""
    return np.array([left_of(number), TOP, left_of(number) + SIDE, TOP + SIDE])


def test_boxes_are_drawn_where_things_are_on_every_frame(viewer: Page) -> None:
    viewer.click("#labels")
    for number in (1, 7, 25, 26, 30, len(TIMES_MS)):
        show_frame(viewer, number)
        assert np.abs(drawn(viewer) - square_of(number)).max() <= WITHIN_PX, number


def test_boxes_keep_step_with_a_video_whose_pace_changes(viewer: Page) -> None:
    viewer.evaluate(WATCH)
    viewer.click("#play")
    expect(viewer.locator("#play-word")).to_have_text("Pause")
    expect(viewer.locator("#media")).to_have_js_property("ended", True, timeout=DONE_MS)
    seen = viewer.evaluate("seen")
    numbers = {time_ms: number for number, time_ms in enumerate(TIMES_MS, start=1)}
    assert len(seen) > 5
    assert [frame for _, frame in seen] == [numbers[round(1000 * time_s)] for time_s, _ in seen]
    expect(viewer.locator("#play-word")).to_have_text("Play")


def test_the_viewer_is_used_with_the_keyboard(viewer: Page) -> None:
    shown = viewer.locator("#viewer")
    viewer.keyboard.press(".")
    expect(shown).to_have_attribute("data-frame", "2")
    viewer.keyboard.press(".")
    expect(shown).to_have_attribute("data-frame", "3")
    viewer.keyboard.press(",")
    expect(shown).to_have_attribute("data-frame", "2")
    viewer.keyboard.press("Space")
    expect(viewer.locator("#play-word")).to_have_text("Pause")
    viewer.keyboard.press("Space")
    expect(viewer.locator("#play-word")).to_have_text("Play")
    viewer.focus("#scrubber")
    viewer.keyboard.press("Home")
    expect(shown).to_have_attribute("data-frame", "1")


def test_the_viewer_jumps_to_what_was_found_and_read(open_page: OpenPage, clips: dict[str, Path]) -> None:
    page = open_page("/videos/", camera=None).page
    (name,) = upload(page, "signs", clips["long"])
    finished(page, name).get_by_role("link").click()
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    expect(page.locator("#found-labels")).to_contain_text("sign 300")
    expect(page.locator("#found-texts .jump-words")).to_have_text([f"Gate {number}" for number in range(7)])
    page.locator("#found-texts").get_by_role("button", name=re.compile("Gate 3")).click()
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "150")
    expect(page.locator("#position")).to_have_text("0:05.9")
    page.locator("#found-labels").get_by_role("button").click()
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")


def test_results_are_downloaded_in_every_format(viewer: Page) -> None:
    frames = list(range(1, len(TIMES_MS) + 1))
    indices: dict[str, Callable[[str], list[int]]] = {
        "JSON": lambda text: [frame["frame_index"] for frame in json.loads(text)["results"]],
        "JSON Lines": lambda text: [json.loads(line)["frame_index"] for line in text.splitlines()],
        "CSV": lambda text: [int(row["frame_index"]) for row in csv.DictReader(text.splitlines())],
        "COCO": lambda text: [image["frame_index"] for image in json.loads(text)["images"]],
    }
    for name, indices_in in indices.items():
        with viewer.expect_download() as download:
            viewer.get_by_role("link", name=name, exact=True).click()
        assert download.value.suggested_filename.startswith("square")
        assert indices_in(Path(download.value.path()).read_text(encoding="utf-8-sig")) == frames, name


def test_the_annotated_video_is_made_and_plays(viewer: Page) -> None:
    viewer.click("#annotate")
    link = viewer.locator("#annotated-link")
    expect(link).to_be_visible(timeout=DONE_MS)
    with viewer.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes()[4:8] == b"ftyp"
    viewer.click("#annotated-watch")
    expect(viewer.locator("#media")).to_have_attribute("src", re.compile("annotated$"))
    viewer.click("#play")
    expect(viewer.locator("#media")).to_have_js_property("ended", True, timeout=DONE_MS)
    assert viewer.evaluate("document.getElementById('media').videoWidth") == SIZE_WH[0]
    expect(viewer.locator("#viewer")).to_have_attribute("data-frame", "")
    viewer.click("#annotated-watch")
    expect(viewer.locator("#viewer")).to_have_attribute("data-frame", str(len(TIMES_MS)), timeout=DONE_MS)


def test_a_running_video_is_viewed_as_far_as_it_is(open_page: OpenPage, clips: dict[str, Path]) -> None:
    page = open_page("/videos/", camera=None).page
    (name,) = upload(page, "slow", clips["long"])
    found = row(page, name)
    expect(found).to_have_attribute("data-status", "running", timeout=DONE_MS)
    found.get_by_role("link").click()
    expect(page.locator("#progress-bar")).to_be_visible()
    expect(page.locator("#follow")).to_be_checked()
    expect(page.locator("#viewer")).to_have_attribute(
        "data-frame", re.compile(r"[2-9]|\d\d"), timeout=DONE_MS
    )
    expect(page.locator("#nodes .node")).to_contain_text("work")
    expect(page.locator("#found-labels")).to_contain_text("sign")
    page.click("#cancel")
    expect(page.locator("#status")).to_have_text("Cancelled")
    expect(page.locator("#progress-bar")).to_be_hidden()
    page.click("#delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/videos/")


def test_what_the_inspector_tells(viewer: Page) -> None:
    inspector = viewer.locator("#plugin-inspector")
    expect(inspector).to_contain_text("Requested device")
    node = inspector.locator(".node")
    expect(node).to_contain_text("patches.find")
    expect(node).to_contain_text("backend none")
    assert float(node.locator("rect").get_attribute("width") or 0) == 100


def test_a_picture_is_shown_with_its_boxes(open_page: OpenPage, clips: dict[str, Path]) -> None:
    page = open_page("/videos/", camera=None, viewport=WINDOW).page
    (name,) = upload(page, "patches", clips["picture"])
    finished(page, name).get_by_role("link").click()
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    page.click("#labels")
    assert np.abs(drawn(page) - square_of(1)).max() <= WITHIN_PX
    expect(page.locator("#play")).to_have_count(0)


def test_a_video_that_was_deleted_elsewhere_is_told_of(open_page: OpenPage, viewer: Page) -> None:
    job_id = viewer.locator("#viewer").get_attribute("data-job-id")
    viewer.request.delete(urljoin(viewer.url, f"/jobs/{job_id}"))
    expect(viewer.locator("#stage-note")).to_have_text("This video was deleted.")
