"""Measured for each engine: the air around a line, and what its scores mean (docs/PIPELINES.md)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Calibration:
    """Readers want some air around the letters, and detectors tend to cut the first and the last one.

    So a crop has this much more of a box's shorter side before the line, after it, and on each side across
    it. More brings neighbours into the crop, and before the line EasyOCR sees a sign in it. Readings below
    `min_score` are rather wrong than right, those from `sure_score` on are right.
    """

    padding_before: float
    padding_after: float
    padding_across: float
    min_score: float
    sure_score: float

    @property
    def paddings(self) -> tuple[float, float, float]:
        """Before the line, after it, and across it."""
        return self.padding_before, self.padding_after, self.padding_across


RAPIDOCR = Calibration(0.6, 0.6, 0.15, 0.5, 0.8)
EASYOCR = Calibration(0.2, 0.6, 0.23, 0.3, 0.4)
CALIBRATIONS = {"rapidocr": RAPIDOCR, "easyocr": EASYOCR}
