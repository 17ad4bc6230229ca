"""A random walk over films: containers, codecs, sizes, rotations, clocks and damage, drawn from a seed.

`python -m tests.world.films.walk` goes 200 steps and tells how many films were read as ffprobe reads them.
"""

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from av.stream import Disposition

from jobs.intake.frames import EndOfFile, SourceFrame, frames_of
from jobs.intake.probe import Limits, examine
from jobs.sources import VIDEO
from pipelines.errors import InvalidVideo
from pipelines.media.uploads import UploadRefused
from tests.world.films import builders
from tests.world.films.builders import LEVELS, Film, number_of
from tests.world.films.probing import Told, ask

LIMITS = Limits(duration_s=6 * 3600, frames=1_000_000, pixels=50_000_000)
CODECS = {
    "mp4": ("libx264", "libx265", "mpeg4", "mjpeg"),
    "mov": ("libx264", "mpeg4", "prores_ks", "mjpeg", "qtrle"),
    "matroska": ("libx264", "libx265", "libvpx", "libvpx-vp9", "mpeg4", "mpeg2video", "ffv1", "mjpeg"),
    "webm": ("libvpx", "libvpx-vp9"),
    "avi": ("mpeg4", "mjpeg", "msmpeg4v3", "png"),
    "mpegts": ("libx264", "libx265", "mpeg2video"),
    "mpeg": ("mpeg2video", "mpeg1video"),
    "flv": ("flv", "libx264"),
    "asf": ("wmv2",),
    "gif": ("gif",),
    "h264": ("libx264",),
}

SIZES = ((64, 48), (48, 64), (176, 144), (320, 240), (66, 50), (128, 36))
SHAPES = (None, None, None, Fraction(24, 11), Fraction(12, 11), Fraction(3, 4))
# The clocks of containers that have one for each frame; the rest runs evenly.
FREE = ("mp4", "mov", "matroska", "webm")
TURNS = ("mp4", "mov", "matroska")
SOUNDS = {"mp4": "aac", "mov": "aac", "matroska": "aac", "webm": "libopus", "mpegts": "aac", "flv": "aac"}
WITHIN_S = 0.0015
# Whether a film begins with the silence that its sound is filled up with, versions of FFmpeg disagree.
PRIMING_S = 0.05

Damage = Callable[[Path, random.Random], Path]


def whole(path: Path, drawn: random.Random) -> Path:
    """No damage."""
    return path


def cut(path: Path, drawn: random.Random) -> Path:
    """The end is missing."""
    return builders.cut_off(path, drawn.uniform(0.3, 0.95))


def spoilt(path: Path, drawn: random.Random) -> Path:
    """Other bytes stand where some were."""
    return builders.spoil(path, drawn.randrange(10_000), drawn.choice((0.002, 0.02, 0.1)))


def mislabelled(path: Path, drawn: random.Random) -> Path:
    """The header says another length, where there is one."""
    try:
        return builders.announce_length(path, drawn.choice((0, 1, 100, 36_000)))
    except ValueError:
        return path


def doubled(path: Path, drawn: random.Random) -> Path:
    """The file stands twice in itself."""
    path.write_bytes(path.read_bytes() * 2)
    return path


DAMAGES: tuple[Damage, ...] = (whole, whole, whole, cut, spoilt, spoilt, mislabelled, doubled)


@dataclass
class Step:
    """A film of the walk, and what came of it."""

    number: int
    film: Film
    damage: str
    path: Path
    found: int = 0
    told: int = 0
    words: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """`equal` to what ffprobe says, `refused`, `said` why not, or `silent`, which is a fault."""
        if self.problems:
            return "said" if self.words else "silent"
        return "equal"


def step(number: int, seed: int, folder: Path) -> Step:
    """Draw the film of this number, write it, read it, and compare."""
    drawn = random.Random(f"{seed}/{number}")
    film = draw(drawn)
    damage = drawn.choice(DAMAGES)
    path = damage(builders.write(folder / f"{number:03d}.{film.suffix}", film), drawn)
    taken = Step(number, film, damage.__name__, path)
    compare(taken)
    return taken


def draw(drawn: random.Random) -> Film:
    """A film as chance wants it."""
    container = drawn.choice(list(CODECS))
    film = Film(
        container=container,
        codec=drawn.choice(CODECS[container]),
        size_wh=drawn.choice(SIZES),
        times=clock(drawn, container),
        pixels=drawn.choice(SHAPES),
        b_frames=drawn.choice((0, 0, 2)),
        sound=drawn.choice(("", SOUNDS.get(container, ""))),
        cover=container == "mp4" and drawn.random() < 0.2,
        second_size=(96, 64) if container in TURNS and drawn.random() < 0.1 else None,
    )
    if film.codec in ("mpeg1video", "mpeg2video"):
        film = replace(film, times=range(0, 1000, 40))
    # H.265 and H.263 have no smaller pictures.
    if film.codec in ("flv", "wmv2", "libx265"):
        film = replace(film, size_wh=(176, 144))
    if container in TURNS:
        film = replace(film, rotation=drawn.choice((0, 0, 90, 180, 270)), mirrored=drawn.random() < 0.2)
    return film


def clock(drawn: random.Random, container: str) -> list[int]:
    """Draw the times of frames: even, uneven, from below zero, late, or with a gap of seconds or hours."""
    count, step_ms = drawn.randint(2, 18), drawn.choice((20, 33, 40, 100, 500))
    times = [number * step_ms for number in range(count)]
    kind = drawn.choice(("even", "uneven", "negative", "late", "gap", "hours"))
    if container not in FREE or kind == "even":
        return times
    if kind == "uneven":
        return sorted(drawn.sample(range(3000), count))
    if kind == "hours" and count > 2:
        return [*times[:-1], times[-1] + 36_000_000]
    shifts = {"negative": -2 * step_ms, "late": 700, "gap": 0}
    return [time + shifts.get(kind, 0) + (4000 if kind == "gap" and time > times[1] else 0) for time in times]


def compare(taken: Step) -> None:
    """Read a film as a job does, and note where it differs from what ffprobe says."""
    try:
        examine(taken.path, LIMITS)
        *items, end = frames_of(taken.path, VIDEO)
    except (UploadRefused, InvalidVideo) as error:
        refused(taken, str(error))
        return
    assert isinstance(end, EndOfFile)
    frames = [item for item in items if isinstance(item, SourceFrame)]
    taken.words = [word for frame in frames for word in [*frame.warnings, frame.error] if word] + end.warnings
    shown = [frame for frame in frames if frame.image_bgr is not None]
    taken.found = len(shown)
    told = ask(taken.path, chosen_stream(taken.path))
    taken.told = len(told.times_s)
    taken.problems += differences(shown, told)
    all_times = [frame.time_s for frame in frames]
    if any(later <= earlier for earlier, later in pairwise(all_times)):
        # Nothing excuses that.
        taken.problems.append("time does not go forward")
        taken.words = []
    if taken.damage == "whole" and not is_in_order(shown, taken.film):
        taken.problems.append("frames are not in order")
        taken.words = []


def refused(taken: Step, why: str) -> None:
    """A film that ffprobe can read must not be refused without a word."""
    taken.words = [why] if why else []
    try:
        taken.told = len(ask(taken.path, chosen_stream(taken.path)).times_s)
    except (av.FFmpegError, StopIteration):
        taken.told = 0
    if taken.told:
        taken.problems.append("refused")


def chosen_stream(path: Path) -> int:
    """The number of the stream that players show: the first that is no cover; raises StopIteration."""
    with av.open(str(path), metadata_errors="replace") as container:
        number: int = next(
            stream.index
            for stream in container.streams.video
            if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
        )
        return number


def differences(shown: list[SourceFrame], told: Told) -> list[str]:
    """The differences in numbers and times; frames without a time cannot be compared."""
    if len(shown) != len(told.times_s):
        return [f"{len(shown)} frames instead of {len(told.times_s)}"]
    begins_s = told.begins_s
    first_s = told.times_s[0] if told.times_s else None
    if first_s is not None and first_s < begins_s - PRIMING_S and shown[0].time_s == 0:
        # A film that begins below zero begins with its first frame.
        begins_s = first_s
    if first_s is not None and abs(shown[0].time_s - (first_s - begins_s)) < PRIMING_S:
        begins_s = first_s - shown[0].time_s
    for frame, time_s in zip(shown, told.times_s, strict=True):
        if time_s is not None and abs(frame.time_s - (time_s - begins_s)) > WITHIN_S:
            return [f"frame {frame.index} at {frame.time_s} instead of {time_s - begins_s:.4f}"]
    return []


def is_in_order(shown: list[SourceFrame], film: Film) -> bool:
    """True if the pictures themselves tell that they follow each other; a palette's greys do not."""
    if film.codec == "gif":
        return True
    numbers = [number_of(frame.image_bgr) for frame in shown]
    # A film whose clock begins below zero may begin later than with its first picture.
    return numbers == [(numbers[0] + place) % LEVELS for place in range(len(numbers))]


def main() -> int:
    """Walk and tell; the exit status is 1 where a film was read otherwise without a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.count):
            taken = step(number, given.seed, Path(folder))
            outcomes[taken.outcome] += 1
            if taken.outcome == "silent":
                print(taken)
            taken.path.unlink()
    print(f"{given.count} films: " + ", ".join(f"{count} {name}" for name, count in outcomes.items()))
    return 1 if outcomes["silent"] else 0


if __name__ == "__main__":
    sys.exit(main())
