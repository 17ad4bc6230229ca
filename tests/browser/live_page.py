"""Steps and checks for tests of the live page."""

import re
from pathlib import Path

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import ROOT, Visit
from tests.conftest import do_without

# The first session loads its networks, on a machine that may be busy with other things.
FIRST_ANSWER_MS = 120_000
OCR = "/?pipeline=ocr_only"
PHONE = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2}

# How many pixels are drawn on: boxes and labels, without the frame's number at the bottom. They are
# read from a copy, for the browser warns of canvases that are read often.
DRAWN_PIXELS = """() => {
  const canvas = document.getElementById("overlay");
  const [width, height] = [canvas.width, Math.floor(canvas.height * 0.85)];
  const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  let drawn = 0;
  for (let i = 3; i < data.length; i += 4) drawn += data[i] > 0 ? 1 : 0;
  return drawn;
}"""


def start(visit: Visit) -> Page:
    """Press Start and wait for the first answer."""
    visit.page.click("#start")
    return streaming(visit.page)


def streaming(page: Page) -> Page:
    """Wait until an answer is shown."""
    expect(page.locator("#status")).to_contain_text("Connected")
    expect(page.locator("#figure-found")).to_have_text(re.compile(r"\d+"), timeout=FIRST_ANSWER_MS)
    return page


def wait_for_pixels(page: Page, condition: str) -> None:
    """Wait until the number of pixels drawn on is as wanted: `wait_for_pixels(page, "> 500")`."""
    page.wait_for_function(f"() => ({DRAWN_PIXELS})() {condition}")


def sockets_of(visit: Visit) -> list[WebSocket]:
    """The sessions of the page, as they come."""
    sockets: list[WebSocket] = []
    visit.page.on("websocket", lambda socket: sockets.append(socket))
    return sockets


def open_fold(page: Page, name: str) -> None:
    """Open the settings of the view or of the picture."""
    page.locator("summary", has_text=re.compile(f"^{name}")).click()


def axe() -> str:
    """The source of axe-core, which judges whether everybody can use a page."""
    source = Path(ROOT / "node_modules" / "axe-core" / "axe.min.js")
    if source.exists():
        return source.read_text()
    do_without("axe-core is not installed: `npm install` brings it")


# Colours on their way from one to another are nobody's choice; what moves for ever is not waited for.
SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((animation) => Number.isFinite(animation.effect.getComputedTiming().endTime))
  .map((animation) => animation.finished))"""


def violations(page: Page) -> list[str]:
    """The violations that axe-core finds, with their elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe())
    page.evaluate(SETTLED)
    found = page.evaluate("axe.run().then((report) => report.violations)")
    return [f"{rule['id']}: {[node['target'] for node in rule['nodes']]}" for rule in found]
