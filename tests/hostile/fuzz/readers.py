"""The readers of strangers' files, each with files to begin with and the errors that it may raise."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jobs.intake.frames import frames_of
from jobs.intake.probe import Limits, examine
from jobs.sources import VIDEO
from pipelines.engine.weights.facts import facts_of
from pipelines.errors import InvalidImage, InvalidVideo
from pipelines.media.cut_off import missing_bytes
from pipelines.media.images import read_picture
from pipelines.media.jpeg_header import BadHeader, read_header
from pipelines.media.picture_sequence import PictureSequence
from pipelines.media.uploads import UploadRefused
from tests.world.films import builders
from tests.world.networks import builders as networks
from tests.world.pictures import builders as pictures

small_film = partial(builders.Film, size_wh=(32, 32), times=range(0, 400, 100))

# Small limits: what is large is refused, and no step takes long.
LIMITS = Limits(duration_s=3600, frames=1000, pixels=250_000)
MOST_FRAMES = 8


@dataclass(frozen=True)
class Reader:
    """A reader, whose errors are `refusals`; any other one is a fault. `seeds` makes files for a folder."""

    read: Callable[[Path], None]
    refusals: tuple[type[Exception], ...]
    seeds: Callable[[Path], None]


def live_header(path: Path) -> None:
    """The header of a live frame."""
    read_header(path.read_bytes())


def picture(path: Path) -> None:
    """A single picture, where its size is within the limits."""
    examine(path, LIMITS)
    assert read_picture(path.read_bytes()).image_bgr.shape[2] == 3


def several(path: Path) -> None:
    """The pictures of one file, in their order."""
    examine(path, LIMITS)
    with PictureSequence(path) as file:
        indices = [frame.index for frame in file.frames(max_frames=MOST_FRAMES)]
    assert indices == sorted(set(indices))


def film(path: Path) -> None:
    """A film as a job reads it: time goes forward."""
    missing_bytes(path)
    examine(path, LIMITS)
    last_s = -1.0
    for number, item in enumerate(frames_of(path, VIDEO)):
        time_s = getattr(item, "time_s", None)
        if time_s is not None:
            assert time_s > last_s, f"frame {number} at {time_s} behind {last_s}"
            last_s = time_s
        if number == MOST_FRAMES:
            break


def weights(path: Path) -> None:
    """A network's file under each ending: it is told what it is, and never raises."""
    for suffix in (".onnx", ".pt", ".engine", ".torchscript"):
        named = path.with_suffix(suffix)
        named.write_bytes(path.read_bytes())
        facts_of(named)


def picture_seeds(folder: Path) -> None:
    """A small file of each format."""
    small = pictures.scene(size_wh=(24, 16))
    for kind in ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "HEIF"):
        (folder / kind).write_bytes(pictures.as_file(small, kind))
    (folder / "CMYK").write_bytes(pictures.jpeg(small.convert("CMYK")))
    (folder / "palette").write_bytes(pictures.as_file(small.quantize(4), "PNG"))


def several_seeds(folder: Path) -> None:
    """Small files of two pictures."""
    first, second = pictures.scene("red", size_wh=(24, 16)), pictures.scene("blue", size_wh=(24, 16))
    for kind in ("PNG", "WEBP", "TIFF", "AVIF", "HEIF", "MPO"):
        data = pictures.as_file(first, kind, save_all=True, append_images=[second])
        (folder / kind).write_bytes(data)


def film_seeds(folder: Path) -> None:
    """Small films of several containers."""
    films = [
        small_film("mp4", "libx264", b_frames=2),
        small_film("mp4", "mjpeg", rotation=90),
        small_film("matroska", "mjpeg"),
        small_film("webm", "libvpx"),
        small_film("avi", "mpeg4"),
        small_film("mpegts", "libx264"),
        small_film("mpeg", "mpeg2video", times=range(0, 160, 40)),
        small_film("h264", "libx264"),
        small_film("gif", "gif"),
    ]
    for number, each in enumerate(films):
        builders.write(folder / f"{number}.{each.suffix}", each)


def weights_seeds(folder: Path) -> None:
    """An ONNX network with notes, and a checkpoint."""
    (folder / "onnx").write_bytes(networks.network(classes=1, notes=networks.noted(("cup",))))
    (folder / "pt").write_bytes(networks.checkpoint("ultralytics.nn.tasks", "DetectionModel"))


READERS = {
    "live": Reader(live_header, (BadHeader,), picture_seeds),
    "picture": Reader(picture, (InvalidImage, UploadRefused), picture_seeds),
    "several": Reader(several, (InvalidImage, UploadRefused), several_seeds),
    "film": Reader(film, (InvalidVideo, InvalidImage, UploadRefused), film_seeds),
    "weights": Reader(weights, (), weights_seeds),
}


def try_one(name: str, data: bytes, folder: Path) -> None:
    """Give one file to a reader; raises where that raises what it must not."""
    reader = READERS[name]
    path = folder / "source"
    path.write_bytes(data)
    with suppress(*reader.refusals):
        reader.read(path)
