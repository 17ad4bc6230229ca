"""Boxes lie on what they are about: a real server finds a square, and the page draws its box."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from tests.browser.conftest import ASKS_NOBODY, ROOT, launch
from tests.browser.videos import FRAMES, SIZE_WH, Draw, write_video
from tests.streaming.live import STORE, LiveServer, environment, serving

pytestmark = pytest.mark.browser

# A black square on paper, left of the middle and above it, so that a mistaken side is seen.
SQUARE_XYXY = (150, 110, 290, 250)
WITHIN_PX = 2
# Half of the line that is drawn around a thing.
HALF_LINE = 1
WINDOWS_WH = [(1280, 800), (820, 1100), (390, 844)]
ONLY_BOXES = "&hide=labels,scores,text,tracks,trails,index"
PIPELINE = {
    "id": "patches",
    "name": "Find the patch",
    "nodes": [{"id": "find", "plugin_id": "patches", "tool_id": "find", "params": {}}],
    "edges": [],
    "entry_nodes": ["find"],
    "output_nodes": ["find"],
}

# The bounds of what is bright and opaque on the overlay, the line without its dark rim, in CSS pixels.
LINE_BOUNDS = """async () => {
  const canvas = document.getElementById("overlay");
  const bounds = () => {
    const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < data.length; i += 4) {
      if (data[i] + data[i + 1] + data[i + 2] < 350 || data[i + 3] < 200) continue;
      const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)];
      [Math.min, Math.min, Math.max, Math.max].forEach((outer, k) => {
        found[k] = outer(found[k], [x, y, x + 1, y + 1][k]);
      });
    }
    return found;
  };
  let found = bounds();
  while (found[0] === Infinity) {
    await new Promise(requestAnimationFrame);
    found = bounds();
  }
  const { x, y, width, height } = canvas.getBoundingClientRect();
  const scale = [width / canvas.width, height / canvas.height];
  return found.map((side, k) => [x, y][k % 2] + side * scale[k % 2]);
}"""
HIDE_OVERLAY = "document.getElementById('overlay').style.visibility = 'hidden'"


def picture_of_square(size_wh: tuple[int, int], shift: int = 0) -> Image.Image:
    picture = Image.new("RGB", size_wh, "#f4f1ea")
    left, top, right, bottom = SQUARE_XYXY
    ImageDraw.Draw(picture).rectangle((left + shift, top, right + shift - 1, bottom - 1), "#101010")
    return picture


def resting_square(size_wh: tuple[int, int]) -> Draw:
    """The same picture always."""
    return lambda number: picture_of_square(size_wh)


def wandering_square(number: int) -> Image.Image:
    """The square on its way to the right and back."""
    return picture_of_square(SIZE_WH, 4 * min(number, FRAMES - number))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real server with a tool that finds the square by its pixels."""
    data_dir = tmp_path_factory.mktemp("patches")
    store = [sys.executable, "-c", STORE]
    rows = json.dumps([PIPELINE])
    subprocess.run(store, input=rows, cwd=ROOT, env=environment(data_dir), text=True, check=True, timeout=120)
    with serving(data_dir) as running:
        yield running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@contextmanager
def page_seeing(playwright: Playwright, video: Path) -> Iterator[Page]:
    """A page whose camera plays this video, on a screen with more pixels than CSS has."""
    with launch(playwright, video, ASKS_NOBODY) as browser:
        yield browser.new_page(device_scale_factor=2)


@pytest.fixture(scope="module")
def page(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that sees the square."""
    folder = tmp_path_factory.mktemp("video")
    video = write_video(folder / "square.mjpeg", resting_square(SIZE_WH), frames=10)
    with page_seeing(playwright, video) as made:
        yield made


def stream(page: Page, server: LiveServer, options: str) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/?pipeline=patches{ONLY_BOXES}{options}")
    page.click("#start")
    expect(page.locator("#figure-found")).to_have_text("1", timeout=30_000)


def dark_run(line: np.ndarray, at: int) -> tuple[int, int]:
    """From where to where a line of pixels is dark around one of them."""
    assert line[at] < 128
    bright = np.flatnonzero(line >= 128)
    return bright[bright < at].max() + 1, bright[bright > at].min()


def square_on_screen(page: Page, drawn: np.ndarray) -> np.ndarray:
    """Find the square on the screen by its pixels: xyxy in CSS pixels."""
    page.evaluate(HIDE_OVERLAY)
    place = page.locator("#stage").bounding_box()
    assert place
    pixels = np.asarray(Image.open(io.BytesIO(page.locator("#stage").screenshot())).convert("L"))
    scale, corner = pixels.shape[1] / place["width"], np.array([place["x"], place["y"]])
    x, y = ((drawn[:2] + drawn[2:]) / 2 - corner) * scale
    left, right = dark_run(pixels[round(y)], round(x))
    top, bottom = dark_run(pixels[:, round(x)], round(y))
    on_screen: np.ndarray = np.array([left, top, right, bottom]) / scale + np.tile(corner, 2)
    return on_screen


def check_fit(page: Page, mirror: str) -> None:
    """The box lies on the square, on the side where the mirror has it."""
    drawn = np.array(page.evaluate(LINE_BOUNDS)) + np.array([HALF_LINE, HALF_LINE, -HALF_LINE, -HALF_LINE])
    seen = square_on_screen(page, drawn)
    assert np.abs(drawn - seen).max() <= WITHIN_PX, (drawn, seen)
    stage = page.locator("#stage").bounding_box()
    assert stage
    is_left = drawn[0] + drawn[2] < 2 * stage["x"] + stage["width"]
    assert is_left == (mirror == "off")


@pytest.mark.parametrize("mode", ["live", "exact"])
@pytest.mark.parametrize("mirror", ["off", "on"])
@pytest.mark.parametrize("window_wh", WINDOWS_WH)
def test_box_fits_the_picture(
    page: Page, server: LiveServer, window_wh: tuple[int, int], mirror: str, mode: str
) -> None:
    page.set_viewport_size({"width": window_wh[0], "height": window_wh[1]})
    stream(page, server, f"&mirror={mirror}&mode={mode}")
    check_fit(page, mirror)


@pytest.mark.parametrize("size_wh", [(480, 640), (1280, 720)])
def test_box_fits_a_picture_of_another_shape(
    playwright: Playwright, server: LiveServer, tmp_path: Path, size_wh: tuple[int, int]
) -> None:
    video = write_video(tmp_path / "square.mjpeg", resting_square(size_wh), frames=10)
    with page_seeing(playwright, video) as page:
        stream(page, server, "&mirror=on")
        check_fit(page, "on")


def middles_on_screen(page: Page) -> tuple[float, float]:
    """The horizontal centres of the square and of the box around it, in one picture."""
    picture = Image.open(io.BytesIO(page.locator("#stage").screenshot(scale="css"))).convert("RGB")
    pixels = np.asarray(picture).astype(int)
    row = pixels[round(pixels.shape[0] * (SQUARE_XYXY[1] + SQUARE_XYXY[3]) / 2 / SIZE_WH[1])]
    most, least = row.max(axis=1), row.min(axis=1)
    square_at, line_at = np.flatnonzero(most < 60), np.flatnonzero((most > 150) & (most - least > 50))
    return (square_at[0] + square_at[-1]) / 2, (line_at[0] + line_at[-1]) / 2


def test_in_exact_mode_picture_and_box_never_come_apart(
    playwright: Playwright, server: LiveServer, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "wandering.mjpeg", wandering_square)
    with page_seeing(playwright, video) as page:
        stream(page, server, "&mode=exact")
        page.evaluate(LINE_BOUNDS)
        middles = [middles_on_screen(page) for _ in range(20)]
    assert max(abs(square_at - line_at) for square_at, line_at in middles) <= WITHIN_PX, middles
    assert len({round(square_at) for square_at, _ in middles}) > 5, "it does not move"
