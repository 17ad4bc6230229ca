import pytest

from pipelines import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.PipelineError("x"), "pipeline_failure"),
        (errors.InvalidDefinition("x"), "invalid_pipeline"),
        (errors.InvalidImage("x"), "invalid_frame"),
        (errors.InvalidVideo("x"), "invalid_video"),
        (errors.WeightsNotFound("x"), "pipeline_failure"),
        (errors.ToolFailure("x"), "pipeline_failure"),
    ],
)
def test_carries_a_code_for_machines_and_a_sentence_for_people(
    error: errors.PipelineError, code: str
) -> None:
    assert isinstance(error, errors.PipelineError)
    assert (error.code, error.detail, str(error)) == (code, "x", "x")


def test_names_the_unknown_pipeline() -> None:
    error = errors.UnknownPipeline("yolo_foo")

    assert (error.code, error.detail) == ("invalid_pipeline", "Unknown pipeline_id: yolo_foo")
    assert error.pipeline_id == "yolo_foo"
