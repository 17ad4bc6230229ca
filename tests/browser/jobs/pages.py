"""Videos of a moving square, and the steps of a user on the pages about videos."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.test_overlay_fit import PIPELINE
from tests.streaming.live import definition

DONE_MS = 90_000
SIZE_WH = (320, 240)
SIDE, TOP = 60, 50
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
