"""The pages about videos: a real server, a real worker, a real browser, and videos made on the spot."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.conftest import ROOT, OpenPage
from tests.browser.live_page import violations
from tests.browser.test_overlay_fit import LINE_BOUNDS, PIPELINE
from tests.streaming.live import STORE, definition, environment, serving

pytestmark = pytest.mark.browser

DONE_MS = 90_000
SIZE_WH = (320, 240)
SIDE, TOP = 60, 50
WITHIN_PX = 2
# High enough that the picture fills the stage.
WINDOW = {"width": 1280, "height": 900}
# Milliseconds; the pace changes in the middle, as it does in what telephones record.
TIMES_MS = [*range(0, 1000, 40), *range(1000, 3000, 125)]
PIPELINES = [
    PIPELINE,
    definition("signs", {"finds": True}),
    definition("slow", {"run_s": 0.4, "finds": True}),
]

numbers = count(1)

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


def left_of(number: int) -> int:
    """The left edge of the square in frame `number`, in pixels."""
    return 20 + 5 * number


def picture(number: int) -> Image.Image:
    """A black square on paper, which goes to the right with each frame."""
    made = Image.new("RGB", SIZE_WH, "#f4f1ea")
    left = left_of(number)
    ImageDraw.Draw(made).rectangle((left, TOP, left + SIDE - 1, TOP + SIDE - 1), "#101010")
    return made


def write_clip(path: Path, times_ms: Sequence[int] = TIMES_MS) -> Path:
    """A video with one picture at each of these times, numbered from 1."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"crf": "12", "bf": "0"})
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time_ms in enumerate(times_ms, start=1):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture(number)), format="rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
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


def upload(page: Page, pipeline: str, *files: Path) -> list[str]:
    """Choose these files on the list's page; returns names that no file had before."""
    page.select_option("#upload-pipeline", pipeline)
    names = [f"{file.stem} {next(numbers)}{file.suffix}" for file in files]
    payloads = [
        FilePayload(name=name, mimeType="", buffer=file.read_bytes())
        for file, name in zip(files, names, strict=True)
    ]
    page.set_input_files("#files", payloads)
    return names


def row(page: Page, name: str) -> Any:
    """The newest job of this name in the list."""
    return page.locator("#jobs .job", has=page.get_by_role("link", name=name, exact=True)).first


def finished(page: Page, name: str) -> Any:
    """The row of a job that has come to its end."""
    found = row(page, name)
    expect(found).to_have_attribute("data-status", "completed", timeout=DONE_MS)
    return found


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


def show_frame(page: Page, number: int) -> None:
    """Go to a frame by its time and wait for its boxes."""
    page.evaluate(
        "(time) => { document.getElementById('media').currentTime = time; }",
        TIMES_MS[number - 1] / 1000 + 0.001,
    )
    expect(page.locator("#viewer")).to_have_attribute("data-frame", str(number))


def test_two_files_are_sent_and_worked_through_while_the_page_looks_on(
    open_page: OpenPage, clips: dict[str, Path]
) -> None:
    page = open_page("/videos/", camera=None).page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.resource_type} {request.url}"))
    for name in upload(page, "patches", clips["square"], clips["other"]):
        expect(finished(page, name)).to_contain_text(f"{len(TIMES_MS)} frames")
    expect(page.locator("#uploads li")).to_have_count(0)
    expect(page.locator("#empty")).to_be_hidden()
    sent = [request for request in asked if request.startswith(("xhr", "fetch"))]
    assert [request.rsplit("/", 1)[-1] for request in sent] == ["submit", "submit"], "nothing is polled"


def test_progress_is_shown_live_and_a_job_can_be_cancelled_retried_and_deleted(
    open_page: OpenPage, clips: dict[str, Path]
) -> None:
    page = open_page("/videos/", camera=None).page
    (name,) = upload(page, "slow", clips["long"])
    found = row(page, name)
    expect(found).to_have_attribute("data-status", "running", timeout=DONE_MS)
    expect(found).to_contain_text(re.compile(r"[1-9]\d* of 300 frames"), timeout=DONE_MS)
    found.get_by_role("button", name="Cancel").click()
    expect(found).to_have_attribute("data-status", "cancelled")
    found.get_by_role("button", name="Retry").click()
    expect(found).to_have_attribute("data-status", "running", timeout=DONE_MS)
    found.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{name} and its results will be deleted")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(found).to_have_attribute("data-status", "running")
    found.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#jobs .job", has_text=name)).to_have_count(0)
    page.reload()
    expect(page.locator("#jobs .job", has_text=name)).to_have_count(0)


def test_a_file_that_is_no_video_is_refused_in_words(open_page: OpenPage, clips: dict[str, Path]) -> None:
    visit = open_page("/videos/", camera=None)
    visit.expected = ("status of 4",)
    page = visit.page
    (name,) = upload(page, "patches", clips["words"])
    refused = page.locator("#uploads li")
    expect(refused).to_contain_text("neither a video nor a picture", timeout=DONE_MS)
    refused.get_by_role("button", name="Dismiss").click()
    expect(refused).to_have_count(0)
    expect(page.locator("#jobs .job", has_text=name)).to_have_count(0)


def test_a_file_on_its_way_can_be_cancelled(open_page: OpenPage, clips: dict[str, Path]) -> None:
    page = open_page("/videos/", camera=None).page
    held: list[Route] = []
    page.route("**/video/submit", lambda route: held.append(route))
    upload(page, "patches", clips["square"], clips["other"])
    rows = page.locator("#uploads li")
    expect(rows.nth(0)).to_contain_text("Uploading")
    expect(rows.nth(1)).to_contain_text("Waiting")
    for place in (1, 0):
        rows.nth(place).get_by_role("button", name="Cancel").click()
        expect(rows.nth(place)).to_contain_text("Cancelled")
    assert len(held) == 1


def test_a_file_is_dropped_on_the_page(open_page: OpenPage, clips: dict[str, Path]) -> None:
    page = open_page("/videos/", camera=None).page
    data = page.evaluate_handle(
        """async (bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.mp4"));
          return transfer;
        }""",
        list(clips["square"].read_bytes()),
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": data})
    expect(page.locator("#drop")).to_have_class(re.compile("drop-ready"))
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    finished(page, "dropped.mp4")


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


def test_results_are_taken_away(viewer: Page) -> None:
    for name in ("JSON", "JSON Lines", "CSV", "COCO"):
        with viewer.expect_download() as download:
            viewer.get_by_role("link", name=name, exact=True).click()
        text = Path(download.value.path()).read_text()
        assert download.value.suggested_filename.startswith("square")
        assert text
        if name == "JSON Lines":
            assert [json.loads(line)["frame_index"] for line in text.splitlines()] == [
                *range(1, len(TIMES_MS) + 1)
            ]


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


def test_the_list_is_filtered(open_page: OpenPage, viewer: Page) -> None:
    name = viewer.locator("h1").inner_text()
    viewer.get_by_role("link", name="All videos").click()
    viewer.get_by_role("link", name="Failed").click()
    expect(viewer.locator("#jobs .job")).to_have_count(0)
    expect(viewer.locator("#empty")).to_contain_text("No videos here")
    viewer.get_by_role("link", name="Completed").click()
    expect(row(viewer, name)).to_be_visible()


def test_a_video_that_was_deleted_elsewhere_is_told_of(open_page: OpenPage, viewer: Page) -> None:
    job_id = viewer.locator("#viewer").get_attribute("data-job-id")
    viewer.request.delete(urljoin(viewer.url, f"/jobs/{job_id}"))
    expect(viewer.locator("#stage-note")).to_have_text("This video was deleted.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages(open_page: OpenPage, clips: dict[str, Path], scheme: str) -> None:
    page = open_page("/videos/", camera=None, color_scheme=scheme).page
    (name,) = upload(page, "signs", clips["square"])
    finished(page, name)
    page.locator(".more summary").click()
    assert violations(page) == []
    row(page, name).get_by_role("link").click()
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/videos/", "viewer"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    open_page: OpenPage, clips: dict[str, Path], path: str
) -> None:
    page = open_page("/videos/", camera=None, viewport={"width": 390, "height": 844}).page
    (name,) = upload(page, "signs", clips["square"])
    found = finished(page, name)
    if path == "viewer":
        found.get_by_role("link").click()
        expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
