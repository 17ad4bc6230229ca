"""A browser with a fake camera on streamlit-webrtc's own page; reads the numbers in the pictures that return.

Runs with the project's own packages; prints one JSON object.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import Frame, Page, sync_playwright

from bench import bar_code

SCRIPT = Path(__file__).with_name("page_script.js")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    # The host's own address instead of a name that only multicast could tell.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
# The camera's film: it must be longer than the oldest answer, or a number would be taken for its successor.
FILM_S = 8.0
START_WITHIN_MS = 60_000
CONNECT_WITHIN_S, TRIES = 20.0, 2
READ = """async () => {
  const seen = window.benchNumbers;
  let bytes = 0;
  for (const connection of seen.connections) {
    for (const entry of (await connection.getStats()).values()) {
      if (entry.type === "outbound-rtp") bytes += entry.bytesSent;
    }
  }
  return {sent: seen.sent, returned: seen.returned, bytes, now: performance.timeOrigin + performance.now()};
}"""


def write_film(path: Path, folder: Path, fps: float) -> Path:
    """The folder's JPEG files with numbers, as the uncompressed video that Chromium's fake camera plays."""
    pictures = list(planes_of(folder))
    height, width = len(pictures[0]) * 2 // 3, pictures[0].shape[1]
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{width} H{height} F{round(fps * 1000)}:1000 Ip A1:1 C420\n".encode())
        for number in range(min(int(fps * FILM_S), bar_code.NUMBERS)):
            planes = pictures[number % len(pictures)].copy()
            bar_code.draw(planes[:height], number)
            film.write(b"FRAME\n" + planes.tobytes())
    return path


def planes_of(folder: Path) -> Iterator["np.ndarray[Any, np.dtype[np.uint8]]"]:
    """Each JPEG file's brightness and colour (height * 3 / 2, width), the strip for the number colourless."""
    import cv2

    for path in sorted(folder.glob("*.jpg")):
        image_bgr = cv2.imread(str(path))
        assert image_bgr is not None
        image_bgr[: bar_code.STRIP_PX] = 128
        yield np.asarray(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2YUV_I420), np.uint8)


def streaming_frame(page: Page, url: str) -> Frame:
    """The page's frame in which pictures come back, after START was pressed; now and then it takes two tries.

    The first session waits until the network is loaded.
    """
    for _ in range(TRIES):
        page.goto(url)
        component = page.frame_locator("iframe")
        component.get_by_role("button", name="START", exact=False).click(timeout=START_WITHIN_MS)
        deadline = time.monotonic() + CONNECT_WITHIN_S
        while time.monotonic() < deadline:
            for frame in page.frames:
                if frame.evaluate("() => Object.keys(window.benchNumbers?.returned ?? {}).length > 0"):
                    return frame
            page.wait_for_timeout(100)
    raise SystemExit("No picture came back")


def measure(frame: Frame, seconds: float, warm_up_s: float) -> dict[str, Any]:
    """Ages of what returned within so many seconds, once pictures return and are warm."""
    page = frame.page
    page.wait_for_timeout(warm_up_s * 1000)
    before = frame.evaluate(READ)
    print("measuring", file=sys.stderr, flush=True)
    page.wait_for_timeout(seconds * 1000)
    after = frame.evaluate(READ)
    print("measured", file=sys.stderr, flush=True)
    taken = (after["now"] - before["now"]) / 1000
    ages = [
        at - after["sent"][number]
        for number, at in after["returned"].items()
        if before["now"] <= at < after["now"]
    ]
    bits = (after["bytes"] - before["bytes"]) * 8
    return {"seconds": taken, "ages_ms": [ages], "up_kbit_s": bits / 1000 / taken}


def main() -> None:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--frames", type=Path, required=True, help="a folder of JPEG files")
    parser.add_argument("--browser", default="chromium", help="path of Chromium")
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-up", type=float, default=2)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        film = write_film(Path(folder) / "film.y4m", options.frames, options.fps)
        arguments = [*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"]
        browser = playwright.chromium.launch(executable_path=options.browser, args=arguments)
        page = browser.new_page(permissions=["camera"])
        page.add_init_script(path=SCRIPT)
        frame = streaming_frame(page, options.url)
        print(json.dumps(measure(frame, options.seconds, options.warm_up)))
        browser.close()


if __name__ == "__main__":
    main()
