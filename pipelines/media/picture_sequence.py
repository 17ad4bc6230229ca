"""Reads files of several pictures as videos are read: one frame after the other, each with its time."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from pipelines.errors import InvalidImage
from pipelines.media.film_clock import DIGITS
from pipelines.media.images import check_scans, not_a_picture, shrunk
from pipelines.media.picture_file import (
    JPEG_START,
    MAX_FILE_BYTES,
    MAX_PIXELS,
    PAGE_S,
    Picture,
    PictureFile,
    open_pictures,
)
from pipelines.media.video import LostFrame, VideoFrame, VideoReader, lost_frame

START_BYTES = 16


class PictureSequence:
    """An open file of several pictures; use it in a `with`. It is read as a VideoReader is."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidImage for what is no picture."""
        self.path = path
        with ExitStack() as opened:
            file = opened.enter_context(path.open("rb"))
            start = file.read(START_BYTES)
            file.seek(0)
            if start.startswith(JPEG_START):
                check_scans(file.read(MAX_FILE_BYTES))
                file.seek(0)
            self._file: PictureFile = opened.enter_context(open_pictures(file, not_a_picture(start)))
            self._opened = opened.pop_all()
        self.warnings = list(self._file.notes)
        self.lost: dict[int, LostFrame] = {}
        self._time_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._opened.close()

    @property
    def fps(self) -> float:
        """Pictures a second where they are pages; animations have a time for each."""
        return 1 / PAGE_S

    @property
    def frames_total(self) -> int:
        """The number of pictures."""
        return self._file.count

    @property
    def end_s(self) -> float:
        """The end of the picture that was read last."""
        return round(self._time_s, DIGITS)

    def frames(
        self,
        *,
        frame_stride: int = 1,
        max_frames: int | None = None,
        first_frame: int = 1,
        most_pixels: int = MAX_PIXELS,
    ) -> Iterator[VideoFrame]:
        """Every `frame_stride`-th picture from the first on, as VideoReader gives the frames of a video.

        Raises InvalidImage where none can be read.
        """
        given, read = 0, 0
        for index in range(1, self._file.count + 1):
            picture = self._picture(index, most_pixels)
            if picture is None:
                continue
            read += 1
            time_s, self._time_s = self._time_s, self._time_s + picture.shown_s
            if (index - 1) % frame_stride == 0 and index >= first_frame:
                warnings, lost = self._take_warnings()
                image_bgr, notes = shrunk(picture.image_bgr, most_pixels), picture.notes
                # The next one is read without this one in memory.
                del picture
                frame = VideoFrame(index, image_bgr, [*warnings, *notes], round(time_s, DIGITS), lost)
                del image_bgr
                yield frame
                del frame
                given += 1
                if given == max_frames:
                    return
        if not read:
            raise InvalidImage(f"{self.path.name}: none of its {self._file.count} pictures can be read")

    def _picture(self, index: int, most_pixels: int) -> Picture | None:
        try:
            return self._file.picture(index - 1, most_pixels)
        except MemoryError:
            raise
        # A decoder raises whatever it stumbles over; the other pictures are as good as they were.
        except Exception as error:
            why = error.detail if isinstance(error, InvalidImage) else "it is damaged"
            self.lost[index] = LostFrame(round(self._time_s, DIGITS), why)
            self.warnings.append(lost_frame(index, why))
            return None

    def _take_warnings(self) -> tuple[list[str], dict[int, LostFrame]]:
        taken = self.warnings, self.lost
        self.warnings, self.lost = [], {}
        return taken


Frames = VideoReader | PictureSequence


def open_frames(path: Path) -> Frames:
    """The reader for several pictures in a file, or for a video; raises InvalidVideo and InvalidImage."""
    return PictureSequence(path) if count_pictures(path) > 1 else VideoReader(path)


def count_pictures(path: Path) -> int:
    """The number of pictures in a file; 0 for what is none or gone, and for a GIF that moves, a video."""
    try:
        with path.open("rb") as file, open_pictures(file, "") as pictures:
            return 0 if pictures.format == "GIF" and pictures.count > 1 else pictures.count
    except (InvalidImage, FileNotFoundError):
        return 0
