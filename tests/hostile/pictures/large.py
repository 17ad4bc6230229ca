"""Large pictures with many bits or pages, and the work on them, to be measured in a process of its own."""

from pathlib import Path

import numpy as np
from PIL import Image

from jobs.intake.frames import SourceFrame, bytes_of, frames_of
from jobs.results.annotated import write_annotated
from jobs.sources import PICTURE, VIDEO
from jobs.worker.prefetch import Prefetch
from pipelines.media.picture_sequence import count_pictures

# As many pixels as a job may have by default, nearly.
SIZE_WH = (8000, 6200)


def write_deep(path: Path) -> Path:
    """A picture with colours of 16 bits each."""
    import cv2

    width, height = SIZE_WH
    ramp = np.linspace(1000, 60_000, width, dtype=np.uint16)
    cv2.imwrite(str(path), np.broadcast_to(ramp[None, :, None], (height, width, 3)).copy())
    return path


def write_pages(path: Path, dtype: type[np.generic], channels: int = 1) -> Path:
    """A TIFF of three pages."""
    width, height = SIZE_WH
    shape = (height, width, channels) if channels > 1 else (height, width)
    ramp = np.linspace(0, 250, height).astype(dtype).reshape(-1, *[1] * (len(shape) - 1))
    page = Image.fromarray(np.broadcast_to(ramp, shape).copy())
    page.save(path, "TIFF", save_all=True, append_images=[page, page], compression="tiff_lzw")
    return path


def kind_of(path: str) -> str:
    """The kind of source that the file is for a job."""
    return PICTURE if count_pictures(Path(path)) == 1 else VIDEO


def go_through(path: str) -> int:
    """The number of pictures that a worker gets, which lets go of each before it asks for the next."""
    pictures = 0
    items = frames_of(Path(path), kind_of(path))
    with Prefetch(items, ahead=16, max_bytes=64 * 1024**2, size_of=bytes_of) as ahead:
        for item in ahead:
            pictures += isinstance(item, SourceFrame) and item.image_bgr is not None
            del item
    return pictures


def annotate(path: str) -> bool:
    """True if there is an annotated film of three pages."""
    target = Path(path).with_suffix(".mp4")
    lines = [{"frame_index": number, "result": {"detections": []}} for number in range(1, 4)]
    write_annotated(Path(path), kind_of(path), lines, target, frame_stride=1, keep_going=lambda done: True)
    return target.is_file()
