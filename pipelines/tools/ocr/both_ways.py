"""Finds out which way up a line is: detectors do not tell, so a doubtful line is read both ways."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.detections import Detection
from pipelines.engine.readers.calibration import Calibration
from pipelines.engine.readers.text_reader import TALL, Image, Reading, TextReader
from pipelines.tools.ocr.line_axes import direction_of, span_of, upside_down, votes_for
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
        """The ratio of what was read as found to what was read upside down; 1 where there was no doubt."""
        if self.other is None:
            return 1.0
        one, other = evidence_of(self.reading), evidence_of(self.other)
        return (one - other) / max(one, other, TINY) + (USUAL if self.is_usual else 0)

    @property
    def is_clear(self) -> bool:
        """True if the readings alone tell which way up it is."""
        return bool(self.reading.text) if self.other is None else abs(self.gain) >= CLEAR


def read_both_ways(
    reader: TextReader,
    image_bgr: Image,
    boxes: Sequence[Detection],
    limits: Sequence[float],
    margins: Calibration,
) -> list[ReadLine]:
    """Read each box; where text is read with less than the limit, it is read upside down as well."""
    readings = read_crops(reader, image_bgr, boxes, margins)
    return settled(reader, image_bgr, boxes, readings, limits, margins)


def settled(
    reader: TextReader,
    image_bgr: Image,
    boxes: Sequence[Detection],
    readings: Sequence[Reading],
    limits: Sequence[float],
    margins: Calibration,
) -> list[ReadLine]:
    """Decide for lines that were read which way up they are; reads those with less than the limit again."""
    size_wh = image_bgr.shape[1], image_bgr.shape[0]
    lines = [
        Line(box, reading, is_usual=is_usual(box, size_wh))
        for box, reading in zip(boxes, readings, strict=True)
    ]
    doubtful = [
        number
        for number, (line, limit) in enumerate(zip(lines, limits, strict=True))
        if NO_TEXT <= line.reading.score < limit
    ]
    lines = read_upside_down(reader, image_bgr, lines, doubtful, margins)
    # Digits and short words may read surely upside down: the lines around show that.
    clear = clear_directions(lines, size_wh)
    outvoted = [number for number, line in enumerate(lines) if is_outvoted(line, clear, size_wh)]
    if outvoted:
        lines = read_upside_down(reader, image_bgr, lines, outvoted, margins)
        clear = clear_directions(lines, size_wh)
    return [decided(line, clear, size_wh) for line in lines]


def read_upside_down(
    reader: TextReader,
    image_bgr: Image,
    lines: Sequence[Line],
    numbers: Sequence[int],
    margins: Calibration,
) -> list[Line]:
    """The lines, with other readings for those of these numbers, unless readers turn them by themselves."""
    size_wh = image_bgr.shape[1], image_bgr.shape[0]
    wanted = [number for number in numbers if not is_tall(lines[number].box, size_wh)]
    others = read_crops(reader, image_bgr, [upside_down(lines[number].box) for number in wanted], margins)
    turned = dict(zip(wanted, others, strict=True))
    return [replace(line, other=turned.get(number, line.other)) for number, line in enumerate(lines)]


def is_outvoted(line: Line, clear: Sequence[float], size_wh: tuple[int, int]) -> bool:
    """True if a line read surely, but more of the lines that run alike turned out to run the other way."""
    if line.other is not None or not line.is_clear:
        return False
    # Its own vote is among them.
    return votes_for(direction_of(line.box, size_wh), clear) < 1


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


def decided(line: Line, clear: Sequence[float], size_wh: tuple[int, int]) -> ReadLine:
    """The line the way up that reads better, or, where that is not clear, as those around it are."""
    if line.other is None:
        return ReadLine(line.box, line.reading)
    votes = 0 if line.is_clear else votes_for(direction_of(line.box, size_wh), clear)
    as_found = line.gain >= 0 if votes == 0 else votes > 0
    best = line.reading if as_found else line.other
    if not line.is_clear and not votes and line.reading.text != line.other.text:
        best = replace(best, score=min(best.score, UNDECIDED))
    return ReadLine(line.box if as_found else upside_down(line.box), best)


def clear_directions(lines: Sequence[Line], size_wh: tuple[int, int]) -> list[float]:
    """The directions of the lines that tell by themselves which way up they are."""
    return [
        direction_of(line.box, size_wh) + (0 if line.gain > 0 else math.pi) for line in lines if line.is_clear
    ]
