"""Finds out which way up a line is: detectors do not tell, so a doubtful line is read both ways."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.detections import Detection
from pipelines.engine.readers.text_reader import TALL, Image, Reading, TextReader
from pipelines.tools.ocr.line_axes import ALIKE, difference, direction_of, span_of, upside_down
from pipelines.tools.ocr.line_crops import read_crops

# A reading of this score is of a line that stands the right way up, by the reader. With RapidOCR, 127 of 129
# lines of our webcam set had more the right way up, and one had more upside down.
SURE_WAY = {"rapidocr": 0.97, "easyocr": 0.6}
# One of less is of no text: of 129 lines none had less than 0.32 upside down.
NO_TEXT = 0.25
# Where the evidence for both differs by less, the lines around decide, or else nobody knows. Most of what is
# written runs from left to right, and counts for so much more if it is found so.
CLEAR, USUAL = 0.1, 0.08
# The score of a reading of which nobody knows, at most.
UNDECIDED = 0.6
TINY = 1e-9


@dataclass(frozen=True)
class ReadLine:
    """A line with its polygon the right way up, and what was read in it."""

    box: Detection
    reading: Reading


@dataclass(frozen=True)
class Line:
    """A line's readings as it was found and, if it was doubtful, upside down."""

    box: Detection
    reading: Reading
    other: Reading | None = None
    is_usual: bool = False

    @property
    def gain(self) -> float:
        """How much more was read as it was found than upside down; 1 where there was no doubt."""
        if self.other is None:
            return 1.0
        one, other = evidence_of(self.reading), evidence_of(self.other)
        return (one - other) / max(one, other, TINY) + (USUAL if self.is_usual else 0)

    @property
    def is_clear(self) -> bool:
        """True if the readings alone tell which way up it is."""
        return bool(self.reading.text) if self.other is None else abs(self.gain) >= CLEAR


def read_both_ways(
    reader: TextReader, image_bgr: Image, boxes: Sequence[Detection], limits: Sequence[float]
) -> list[ReadLine]:
    """Read each box; where text is read with less than the limit, it is read upside down as well."""
    return settled(reader, image_bgr, boxes, read_crops(reader, image_bgr, boxes), limits)


def settled(
    reader: TextReader,
    image_bgr: Image,
    boxes: Sequence[Detection],
    readings: Sequence[Reading],
    limits: Sequence[float],
) -> list[ReadLine]:
    """Decide for lines that were read which way up they are; reads those with less than the limit again."""
    size_wh = image_bgr.shape[1], image_bgr.shape[0]
    doubtful = [
        number
        for number, (box, reading, limit) in enumerate(zip(boxes, readings, limits, strict=True))
        if NO_TEXT <= reading.score < limit and not is_tall(box, size_wh)
    ]
    others = read_crops(reader, image_bgr, [upside_down(boxes[number]) for number in doubtful])
    turned = dict(zip(doubtful, others, strict=True))
    lines = [
        Line(box, reading, turned.get(number), is_usual(box, size_wh))
        for number, (box, reading) in enumerate(zip(boxes, readings, strict=True))
    ]
    return [decided(line, lines, size_wh) for line in lines]


def evidence_of(reading: Reading) -> float:
    """The letters that were read, as far as they are sure: upside down, readers pass over many."""
    return reading.score * sum(map(str.isalnum, reading.text))


def is_usual(box: Detection, size_wh: tuple[int, int]) -> bool:
    """True if a line runs more to the right than up or down."""
    return math.cos(direction_of(box, size_wh)) > math.cos(math.pi / 4)


def is_tall(box: Detection, size_wh: tuple[int, int]) -> bool:
    """True if a box is so much higher than long that readers turn it to both sides by themselves."""
    span = span_of(box, direction_of(box, size_wh), size_wh)
    return span.height >= TALL * span.width


def decided(line: Line, lines: Sequence[Line], size_wh: tuple[int, int]) -> ReadLine:
    """The line the way up that reads better, or, where that is not clear, as those around it are."""
    if line.other is None:
        return ReadLine(line.box, line.reading)
    votes = 0 if line.is_clear else votes_of(lines, direction_of(line.box, size_wh), size_wh)
    as_found = line.gain >= 0 if votes == 0 else votes > 0
    best = line.reading if as_found else line.other
    if not line.is_clear and not votes and line.reading.text != line.other.text:
        best = replace(best, score=min(best.score, UNDECIDED))
    return ReadLine(line.box if as_found else upside_down(line.box), best)


def votes_of(lines: Sequence[Line], direction: float, size_wh: tuple[int, int]) -> int:
    """Count the clear lines that run in about this direction, less those that run in the opposite one."""
    votes = 0
    for line in lines:
        if line.is_clear:
            apart = difference(direction_of(line.box, size_wh) + (0 if line.gain > 0 else math.pi), direction)
            votes += (apart < ALIKE) - (apart > math.pi - ALIKE)
    return votes
