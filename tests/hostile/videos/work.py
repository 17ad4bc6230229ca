"""The work on a stranger's video, to be measured in a process of its own."""

import threading
from pathlib import Path

from jobs.intake.frames import EndOfFile, SourceFrame, bytes_of, frames_of
from jobs.intake.probe import Limits, probe
from jobs.results.annotated import write_annotated
from jobs.sources import VIDEO
from jobs.worker.prefetch import Prefetch
from pipelines.media.uploads import UploadRefused

LIMITS = Limits(duration_s=3600, frames=100_000, pixels=50_000_000)


def probe_three_at_once(path: str) -> list[str]:
    """The answers to three uploaders."""
    told: list[str] = []

    def tell() -> None:
        try:
            told.append(str(probe(Path(path), LIMITS).width))
        except UploadRefused as error:
            told.append(f"{error.status} {error.code}")

    threads = [threading.Thread(target=tell) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def go_through(path: str) -> tuple[int, int]:
    """The number of frames that a worker gets, and of those without a picture."""
    good = lost = 0
    with Prefetch(frames_of(Path(path), VIDEO), ahead=16, max_bytes=64 * 1024**2, size_of=bytes_of) as items:
        for item in items:
            if isinstance(item, SourceFrame):
                good += item.image_bgr is not None
                lost += item.image_bgr is None
            else:
                assert isinstance(item, EndOfFile)
    return good, lost


def annotate(path: str) -> bool:
    """True if there is an annotated video."""
    target = Path(path).with_name("annotated.mp4")
    lines = [{"frame_index": number, "result": {"detections": []}} for number in range(1, 28)]
    write_annotated(Path(path), VIDEO, lines, target, frame_stride=1, keep_going=lambda done: True)
    return target.is_file()
