"""The annotated film of a file of several pictures, and the annotated picture of any other."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from jobs import storage
from jobs.models import Job
from jobs.results.annotated import annotated_file, render
from pipelines.media import annotate
from pipelines.media.images import decode_file
from tests.world.entries import World
from tests.world.pictures import builders as b

COLOURS = ("red", "green", "blue")
TENTHS, PAGES = (0.0, 0.2, 0.4, 0.6), (0.0, 1.0, 2.0, 3.0)
MOVES = {"duration": 200}


def pages_of_two_sizes() -> bytes:
    """The second page lies across."""
    pages = [b.scene("red"), b.scene("green", size_wh=(240, 320)), b.scene("blue")]
    return b.tiff_pages(pages, [0, 0, 0])


def odd_pages() -> bytes:
    """Sides of odd numbers, which the film's codec has not."""
    images = [b.scene(name, size_wh=(321, 241)) for name in COLOURS]
    return b.as_file(images[0], "TIFF", save_all=True, append_images=images[1:])


Kind = tuple[Callable[[], bytes], tuple[float, ...], tuple[int, int]]
# How each is built, when its pictures are shown and when the last one ends, and the size of the film.
SEVERAL: dict[str, Kind] = {
    "WebP": (partial(b.several, "WEBP", *COLOURS, lossless=True, **MOVES), TENTHS, (320, 240)),
    "PNG": (partial(b.several, "PNG", *COLOURS, **MOVES), TENTHS, (320, 240)),
    "AVIF": (partial(b.several, "AVIF", *COLOURS, quality=90, **MOVES), TENTHS, (320, 240)),
    "GIF": (partial(b.several, "GIF", *COLOURS, **MOVES), TENTHS, (320, 240)),
    "TIFF": (partial(b.several, "TIFF", *COLOURS), PAGES, (320, 240)),
    "MPO": (partial(b.mpo, *COLOURS), PAGES, (320, 240)),
    "HEIC burst": (partial(b.several, "HEIF", *COLOURS, quality=90), PAGES, (320, 240)),
    "pages of two sizes": (pages_of_two_sizes, PAGES, (320, 320)),
    "odd pages": (odd_pages, PAGES, (322, 242)),
}


def annotated(world: World, data: bytes) -> Path:
    """The annotated file of a job of this upload."""
    assert world.job("colours", data).error == ""
    job = Job.objects.get()
    render(job, should_stop=lambda: False, progress=lambda percent: None)
    assert storage.size_of(annotated_file(job))
    return annotated_file(job)


def inside(image_bgr: Any, name: str) -> tuple[int, ...]:
    """The colour of an area, in RGB, below its caption."""
    height, width = image_bgr.shape[:2]
    x, y, w, h = b.PLACES[name]
    return tuple(
        int(value) for value in image_bgr[int((y + 0.8 * h) * height), int((x + w / 2) * width), ::-1]
    )


@pytest.mark.parametrize("kind", list(SEVERAL))
def test_the_film_of_several_pictures(kind: str, world: World) -> None:
    build, (*times_s, end_s), size_wh = SEVERAL[kind]
    with av.open(str(annotated(world, build()))) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        length_s = float(stream.duration * stream.time_base)

    assert [float(frame.pts * frame.time_base) for frame in frames] == pytest.approx(times_s, abs=0.002)
    assert length_s == pytest.approx(end_s, abs=0.003)
    assert (frames[0].width, frames[0].height) == size_wh
    if size_wh != (320, 320):
        for frame, name in zip(frames, COLOURS, strict=True):
            image: Any = frame.to_ndarray(format="bgr24")
            assert inside(image, name) == pytest.approx(b.AREAS[name][0], abs=25), name


@pytest.mark.parametrize(
    "build",
    [
        partial(b.turned, 6),
        partial(b.deep, 900, 1500, ".tiff"),
        lambda: b.as_file(b.scene(), "HEIF", quality=90),
        lambda: b.jpeg(b.scene().convert("CMYK")),
    ],
    ids=["turned", "deep", "HEIC", "CMYK"],
)
def test_the_annotated_picture_of_a_single_one(build: Callable[[], bytes], world: World) -> None:
    path = annotated(world, build())
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", b.SIZE_WH)

    assert inside(decode_file(path), "green") == pytest.approx(b.AREAS["green"][0], abs=40)


def test_pictures_on_which_is_drawn_in_bands_look_as_if_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    image_bgr = np.full((240, 320, 3), 90, np.uint8)
    place = {"x": 0.1, "y": 0.3, "w": 0.5, "h": 0.5, "score": 1.0}
    turned = {**place, "label": "b", "polygon": [(0.5, 0.2), (0.7, 0.5), (0.5, 0.8), (0.3, 0.5)]}
    result = {"detections": [{**place, "label": "a", "text": "EXIT"}, turned]}
    whole = annotate.draw_result(image_bgr, result)
    monkeypatch.setattr(annotate, "BAND_PIXELS", 320 * 7)

    assert np.array_equal(annotate.draw_result(image_bgr, result), whole)
