"""The parameters of the reading tool: what clients are told of them, and what they mean."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipelines.engine.readers.calibration import CALIBRATIONS
from pipelines.tools.ocr.read_params import ReadParams, memory_settings
from pipelines.tools.ocr.text_memory import MemorySettings


@pytest.mark.parametrize("name", ReadParams.model_fields)
def test_clients_are_told_what_a_parameter_is_for(name: str) -> None:
    said = ReadParams.model_fields[name].description
    assert said
    assert len(said) > 10


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("reads_per_frame", 1, 100), ("min_score", 0, 1), ("sure_box", 0, 1), ("sure_score", 0, 1)],
)
def test_a_parameter_lies_within_bounds(name: str, least: int, most: int) -> None:
    for value in (least, most):
        assert getattr(ReadParams.model_validate({name: value}), name) == value
    for value in (least - 1, most + 1):
        with pytest.raises(ValidationError, match=name):
            ReadParams.model_validate({name: value})


@pytest.mark.parametrize("given", [{"time_budget_ms": 0}, {"reread_interval_s": 0}, {"tempo": 1}])
def test_what_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(given))):
        ReadParams.model_validate(given)


def test_scores_that_are_not_given_suit_the_engine() -> None:
    for engine, calibration in CALIBRATIONS.items():
        plain = ReadParams.model_validate({"engine": engine})
        assert plain.calibration == calibration
        assert memory_settings(plain) == MemorySettings(4, calibration.min_score, calibration.sure_score, 5.0)


def test_scores_that_are_given_count() -> None:
    params = ReadParams(min_score=0.2, sure_score=0.7, reads_per_frame=9, reread_interval_s=1.5)
    assert (params.calibration.min_score, params.calibration.sure_score) == (0.2, 0.7)
    assert memory_settings(params) == MemorySettings(9, 0.2, 0.7, 1.5)
