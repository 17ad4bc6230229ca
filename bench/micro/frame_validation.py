"""Measures how long the check of a frame takes: `python -m bench.micro.frame_validation`."""

import statistics
import timeit

from pipelines.evaluation.benchmark import machine
from pipelines.media.jpeg_header import MAX_SEGMENTS
from streaming.frame_validator import validate_jpeg

KILOBYTE = 1024
START, END = b"\xff\xd8", b"\xff\xd9"
BASELINE, PROGRESSIVE = b"\xff\xc0", b"\xff\xc2"
# A frame header: eight bits, 480 rows, 640 columns, three components; and a scan of all three.
HEADER = b"\x00\x11\x08\x01\xe0\x02\x80\x03" + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
SCAN = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
ROUNDS, CALLS = 50, 200


def frame(size: int, segments: int, marker: bytes) -> bytes:
    """A frame of so many bytes, with so many remarks before its header; its picture is noise to nobody."""
    remarks = b"\xff\xfe\x00\x10" + bytes(14)
    start = START + remarks * segments + marker + HEADER + SCAN
    return start + bytes(size - len(start) - len(END)) + END


def microseconds(data: bytes) -> tuple[float, float]:
    """Median and longest mean of a round."""
    limits = {"max_bytes": 5 * KILOBYTE * KILOBYTE, "max_pixels": 25_000_000}
    rounds = timeit.repeat(lambda: validate_jpeg(data, **limits), number=CALLS, repeat=ROUNDS)
    each = [spent / CALLS * 1e6 for spent in rounds]
    return statistics.median(each), max(each)


def main() -> None:
    """Print the table."""
    print(machine())
    print("frame                          median us  longest us")
    for name, size, segments, marker in (
        ("60 KB", 60 * KILOBYTE, 3, BASELINE),
        ("60 KB, progressive", 60 * KILOBYTE, 3, PROGRESSIVE),
        ("5 MB", 5 * KILOBYTE * KILOBYTE, 3, BASELINE),
        ("5 MB, as many segments as may be", 5 * KILOBYTE * KILOBYTE, MAX_SEGMENTS - 1, BASELINE),
        ("5 MB, progressive", 5 * KILOBYTE * KILOBYTE, 3, PROGRESSIVE),
    ):
        median, longest = microseconds(frame(size, segments, marker))
        print(f"{name:<32} {median:7.1f}  {longest:10.1f}")


if __name__ == "__main__":
    main()
