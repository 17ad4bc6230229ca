"""Films that people had trouble with elsewhere, and what is right: adding a case is adding a row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from tests.world.films import builders
from tests.world.films.builders import Film, join, write

TENTHS = tuple(range(0, 1200, 100))
EVEN = tuple(time / 1000 for time in TENTHS)
FORTIETHS = range(0, 1200, 40)
HOURS = 36_000_000


@dataclass(frozen=True)
class Case:
    """A film, and what is right of it at every entry; `says` is in a warning, which there is none without."""

    name: str
    build: Callable[[Path], Path]
    times_s: Sequence[float] = EVEN
    end_s: float = 1.2
    size_wh: tuple[int, int] = (64, 48)
    last_size_wh: tuple[int, int] | None = None
    mark: str = "top left"
    says: str = ""
    numbers: Sequence[int] = field(default=tuple(range(1, 13)))

    @property
    def ends_wh(self) -> tuple[int, int]:
        """The size of the last frame."""
        return self.last_size_wh or self.size_wh


def film(name: str, **parts: object) -> Callable[[Path], Path]:
    """Builds one film."""
    return lambda folder: write(folder / name, Film(**parts))  # type: ignore[arg-type]


def joined(name: str, *films: Film) -> Callable[[Path], Path]:
    """Builds one file of several films."""
    return lambda folder: join(folder / name, *films)


def changed(change: Callable[[Path], Path], name: str, **parts: object) -> Callable[[Path], Path]:
    """Builds a film and changes its bytes."""
    return lambda folder: change(film(name, **parts)(folder))


def long(path: Path) -> Path:
    """A header that announces ten hours."""
    return builders.announce_length(path, 36_000)


def short(path: Path) -> Path:
    """A header that announces nothing."""
    return builders.announce_length(path, 0)


def cut(path: Path) -> Path:
    """The last bytes are missing."""
    return builders.cut_off(path, 0.8)


TWICE = (*range(1, 13), *range(1, 13))
TWO_AND_FOUR = tuple(time / 10 for time in range(24))

CASES = (
    Case("plain", film("a.mp4")),
    # Pictures beside the film.
    Case("a cover in an MP4", film("a.mp4", cover=True, sound="aac")),
    Case("two films in one file", film("a.mp4", second_size=(96, 64)), says="holds 2 films"),
    # Clocks.
    Case("B-frames", film("a.mp4", b_frames=2)),
    Case(
        "B-frames in an AVI",
        film("a.avi", container="avi", codec="mpeg4", b_frames=2),
        tuple(round(time + 0.1, 1) for time in EVEN),
        1.3,
    ),
    Case(
        "an uneven clock",
        film("a.mp4", times=(0, 40, 300, 310, 1000, 1040)),
        (0, 0.04, 0.3, 0.31, 1.0, 1.04),
        1.08,
        numbers=range(1, 7),
    ),
    Case(
        "slides that stand for a minute",
        film("a.mkv", container="matroska", times=(0, 60_000, 120_000)),
        (0, 60, 120),
        180,
        numbers=range(1, 4),
    ),
    Case("a clock that begins below zero", film("a.mkv", container="matroska", times=range(-300, 900, 100))),
    Case(
        "a clock that begins at ten hours",
        film("a.ts", container="mpegts", times=range(HOURS, HOURS + 1200, 100)),
    ),
    Case("no clock", film("a.h264", container="h264"), tuple(n / 25 for n in range(12)), 0.48),
    Case(
        "a clock that restarts",
        joined("a.ts", Film("mpegts"), Film("mpegts")),
        TWO_AND_FOUR,
        2.4,
        says="clock jumps back by 1.1 s",
        numbers=TWICE,
    ),
    Case(
        "a clock that restarts in a programme stream",
        joined("a.mpg", *[Film("mpeg", "mpeg2video", times=FORTIETHS)] * 2),
        tuple(n / 25 for n in range(60)),
        2.4,
        says="clock jumps back by 1.2 s",
        numbers=[*range(1, 31), *range(1, 31)],
    ),
    Case(
        "a clock that jumps by hours",
        film("a.mkv", container="matroska", times=(0, 100, 200, HOURS, HOURS + 100)),
        (0, 0.1, 0.2, 0.3, 0.4),
        0.5,
        says="clock jumps ahead by",
        numbers=range(1, 6),
    ),
    # Edit lists: what lies before the beginning is decoded, and not shown.
    Case(
        "cut at the beginning",
        film("a.mp4", times=range(-300, 900, 100)),
        EVEN[:9],
        0.9,
        numbers=range(4, 13),
    ),
    Case(
        "cut between B-frames",
        film("a.mp4", times=range(-500, 700, 100), b_frames=2),
        EVEN[:7],
        0.7,
        numbers=range(6, 13),
    ),
    Case(
        "cut in a MOV, with sound",
        film("a.mov", container="mov", times=range(-200, 1000, 100), sound="aac"),
        EVEN[:10],
        1.0,
        numbers=range(3, 13),
    ),
    # Size, rotation and shape.
    Case("turned", film("a.mp4", rotation=90), size_wh=(48, 64), mark="bottom left"),
    Case("mirrored", film("a.mp4", mirrored=True), mark="top right"),
    Case(
        "turned in a Matroska",
        film("a.mkv", container="matroska", rotation=270),
        size_wh=(48, 64),
        mark="top right",
    ),
    Case("narrow pixels", film("a.mp4", size_wh=(44, 72), pixels=Fraction(24, 11)), size_wh=(96, 72)),
    Case(
        "wide pixels of a codec",
        film("a.avi", container="avi", codec="mpeg4", pixels=Fraction(1, 2)),
        size_wh=(64, 96),
    ),
    Case(
        "the size changes",
        joined("a.ts", Film("mpegts"), Film("mpegts", size_wh=(48, 96))),
        TWO_AND_FOUR,
        2.4,
        last_size_wh=(48, 96),
        says="From frame 13 on the size is 48x96, no longer 64x48",
        numbers=TWICE,
    ),
    Case(
        "the shape of pixels changes",
        joined("a.h264", Film("h264"), Film("h264", pixels=Fraction(2))),
        tuple(n / 25 for n in range(24)),
        0.96,
        last_size_wh=(128, 48),
        says="From frame 13 on the size is 128x48",
        numbers=TWICE,
    ),
    # Lengths.
    Case("a header of ten hours", changed(long, "a.mp4")),
    Case("a Matroska of ten hours", changed(long, "a.mkv", container="matroska")),
    Case("a header of no length", changed(short, "a.mp4")),
    Case(
        "a recording of a browser",
        changed(builders.forget_length, "a.webm", container="webm", codec="libvpx"),
    ),
    Case("a recording that was cut short", changed(short, "a.webm", container="webm", codec="libvpx")),
    Case(
        "a Matroska that was cut off",
        changed(cut, "a.mkv", container="matroska", codec="mjpeg"),
        tuple(n / 10 for n in range(9)),
        0.9,
        says="ends too early",
        numbers=range(1, 10),
    ),
    # Codecs.
    Case(
        "HEVC of ten bits, turned",
        film(
            "a.mov",
            container="mov",
            codec="libx265",
            size_wh=(320, 240),
            pixel_format="yuv420p10le",
            rotation=-90,
            sound="aac",
        ),
        size_wh=(240, 320),
        mark="top right",
    ),
    Case(
        "HEVC on its head",
        film("a.mp4", codec="libx265", size_wh=(320, 240), pixel_format="yuv420p10le", rotation=180),
        size_wh=(320, 240),
        mark="bottom right",
    ),
    Case(
        "HEVC of eight bits",
        film("a.mkv", container="matroska", codec="libx265", size_wh=(320, 240)),
        size_wh=(320, 240),
    ),
    Case("ProRes", film("a.mov", container="mov", codec="prores_ks")),
)
