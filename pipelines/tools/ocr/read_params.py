"""The parameters of `ocr.read`."""

from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.engine.readers.calibration import CALIBRATIONS, Calibration
from pipelines.engine.readers.easyocr.options import EasyOcrOptions
from pipelines.tools.base import MAX_LABELS
from pipelines.tools.ocr.text_memory import MemorySettings


class ReadParams(BaseModel):
    """The parameters of `ocr.read`."""

    model_config = ConfigDict(extra="forbid")

    engine: Literal["rapidocr", "easyocr"] = Field("rapidocr", description="The library that reads")
    labels: list[str] | None = Field(
        None, max_length=MAX_LABELS, description="Read boxes with these labels only; all where not given"
    )
    min_score: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Readings with a lower score are left out; where not given, as suits the engine",
    )
    sure_box: float = Field(
        0,
        ge=0,
        le=1,
        description="A box with a lower score is left out unless a word is read with sure_score",
    )
    reads_per_frame: int = Field(
        4, ge=1, le=100, description="Live: at most so many boxes are read on a frame"
    )
    time_budget_ms: float | None = Field(
        None,
        gt=0,
        description="Live: read on a frame for about so long at most; where not given, for a third of the "
        "time until the next frame is due",
    )
    sure_score: float | None = Field(
        None,
        ge=0,
        le=1,
        description="A reading below this score is doubtful; live, such a line is soon read again; where not "
        "given, as suits the engine",
    )
    reread_interval_s: float = Field(
        5.0,
        gt=0,
        description="Live: read every line again after so many seconds, even one that looks as before",
    )
    join: bool = Field(True, description="Make one box of several that a detector gave for one line of text")
    device: Literal["auto", "cpu", "cuda", "gpu"] | None = Field(
        None, description="Where to run; the server's setting where it is not given"
    )
    easyocr: EasyOcrOptions = Field(EasyOcrOptions(), description="For EasyOCR only")

    @property
    def calibration(self) -> Calibration:
        """The engine's calibration, with the score limits that the parameters give in place of its own."""
        limits = {"min_score": self.min_score, "sure_score": self.sure_score}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        return replace(CALIBRATIONS[self.engine], **given)


def memory_settings(params: ReadParams) -> MemorySettings:
    """The part of the parameters that rules live sessions."""
    limits = params.calibration
    return MemorySettings(
        params.reads_per_frame, limits.min_score, limits.sure_score, params.reread_interval_s
    )
