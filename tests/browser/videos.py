"""Videos for a fake camera: JPEG frames one after another in a file, which Chromium plays for ever."""

import io
import math
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import av
import matplotlib
from PIL import Image, ImageDraw, ImageFont

SIZE_WH = (640, 480)
FRAMES = 60
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"

Draw = Callable[[int], Image.Image]


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """A font that every machine with matplotlib has."""
    return ImageFont.truetype(str(FONT), size)


def write_video(path: Path, draw: Draw, frames: int = FRAMES) -> Path:
    """Write the frames that `draw` makes from their numbers."""
    with path.open("wb") as file:
        for number in range(frames):
            buffer = io.BytesIO()
            draw(number).save(buffer, "JPEG", quality=92)
            file.write(buffer.getvalue())
    return path


def printed_page(lines: Sequence[str], size_wh: tuple[int, int] = SIZE_WH) -> Draw:
    """A sheet with these lines on a desk; it drifts in a small circle and comes back to where it began."""
    sheet = Image.new("RGB", (size_wh[0] * 3 // 4, size_wh[1] * 3 // 4), "#fbfaf6")
    pen = ImageDraw.Draw(sheet)
    step = sheet.height // (len(lines) + 1)
    for row, line in enumerate(lines):
        pen.text((sheet.width // 2, step * (row + 1)), line, "#16181d", font(step * 2 // 5), anchor="mm")

    def draw(number: int) -> Image.Image:
        angle = 2 * math.pi * number / FRAMES
        picture = Image.new("RGB", size_wh, "#6d7f86")
        left = (size_wh[0] - sheet.width) // 2 + round(20 * math.cos(angle))
        top = (size_wh[1] - sheet.height) // 2 + round(12 * math.sin(angle))
        picture.paste(sheet, (left, top))
        return picture

    return draw


def plain(number: int) -> Image.Image:
    """A picture with nothing in it."""
    return Image.new("RGB", SIZE_WH, "#8a8f94")


def write_webm(path: Path, draw: Draw, frames: int = FRAMES, fps: int = 15) -> Path:
    """Write a video file as people have them on their disks."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=fps, options={"deadline": "realtime"})
        stream.width, stream.height = draw(0).size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 2_000_000
        for number in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_image(draw(number))))
        container.mux(stream.encode(None))
    return path
