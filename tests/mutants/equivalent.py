"""Survivors that were looked at and change nothing that anybody could notice, each with the reason."""

from typing import NamedTuple


class Equivalent(NamedTuple):
    """A mutant by its module, what stood there and what stands there with it, on lines that hold `within`."""

    module: str
    before: str
    after: str
    reason: str
    within: str = ""


EQUIVALENT = (
    Equivalent(
        "pipelines/engine/scheduling/slots.py",
        "slot.runs_for_s >= self._lend_after_s",
        "(slot.runs_for_s > self._lend_after_s)",
        "a call is never found to have run for exactly so long by the real clock, and is looked at again",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "width >= SHARED_WIDTH * min(one.width, other.width)",
        "(width > SHARED_WIDTH * min(one.width, other.width))",
        "no two boxes of a network share exactly this part of their width, to the last bit of a float",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "min(one.y + one.h, other.y + other.h) > max(one.y, other.y)",
        "(min(one.y + one.h, other.y + other.h) >= max(one.y, other.y))",
        "boxes that only touch share no area, and what is asked next refuses them for that",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "min(one.x + one.w, other.x + other.w) > max(one.x, other.x)",
        "(min(one.x + one.w, other.x + other.w) >= max(one.x, other.x))",
        "boxes that only touch share no area, and what is asked next refuses them for that",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "min(one.x + one.w, other.x + other.w) > max(one.x, other.x) "
        "and min(one.y + one.h, other.y + other.h) > max(one.y, other.y)",
        "(min(one.x + one.w, other.x + other.w) > max(one.x, other.x) "
        "or min(one.y + one.h, other.y + other.h) > max(one.y, other.y))",
        "boxes that do not meet share no area, and what comes next refuses them; this is only quicker",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "covered <= 0",
        "(covered < 0)",
        "no area is negative, and boxes without a common area share no part of a line's length",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_joining.py",
        "difference(2 * direction_of(box, size_wh), 2 * direction_of(line, size_wh)) < 2 * ALIKE",
        "(difference(2 * direction_of(box, size_wh), 2 * direction_of(line, size_wh)) <= 2 * ALIKE)",
        "no two directions of a network's boxes differ by exactly this angle, to the last bit of a float",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_picture.py",
        "(pixels := round(1 / scale)) > 1",
        "((pixels := round(1 / scale)) >= 1)",
        "to blur a picture over one pixel leaves it as it is",
    ),
    Equivalent(
        "pipelines/tools/ocr/line_picture.py",
        "1",
        "2",
        "the last block begins at the last pixel but this one, and steps of four end there",
        within="sliding_window_view(values, (STEP * (rows - 1) + 1, STEP * (columns - 1) + 1))",
    ),
    Equivalent(
        "pipelines/tools/ocr/follower.py",
        "1.0",
        "2.0",
        "no line is larger than its upright hull, so that the hull never has to grow",
        within="smaller = min(1.0,",
    ),
    Equivalent(
        "pipelines/tools/ocr/follower.py",
        "127",
        "128",
        "where nothing is to be seen any even grey will do",
        within="GREY = 127",
    ),
    Equivalent(
        "pipelines/tools/yolo/line_slope.py",
        "1e-9",
        "1.000000001",
        "the rows of any edge at all sum up to more than one grey level, and those of none to zero",
        within="max(rows.sum() ** 2, 1e-9)",
    ),
    Equivalent(
        "jobs/worker/worker.py",
        "False",
        "True",
        "the library waits at its start only where it is given an interval, too",
        within="startup_delay=False",
    ),
    Equivalent(
        "jobs/worker/prefetch.py",
        "False",
        "True",
        "nobody looks before the first item is there, and whoever takes that one sets it anew",
        within="self._is_asked: bool = False",
    ),
    Equivalent(
        "pipelines/engine/scheduling/slot.py",
        "left_s > 0",
        "(left_s >= 0)",
        "no time is up to the last bit of a float, and a wait of zero seconds would end the same way",
    ),
    Equivalent(
        "pipelines/engine/scheduling/slot_tuner.py",
        "0.0",
        "1.0",
        "the machine has run for longer than a second when the first window ends",
        within="self._next_comparison = 0.0",
    ),
)
