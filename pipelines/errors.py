"""Errors of the vision core: each has a machine-readable code and a sentence for a person."""


class PipelineError(Exception):
    """A pipeline cannot be opened or run.

    `code` is one of the codes that clients see; `detail` says what is wrong and what to do.
    """

    code = "pipeline_failure"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class UnknownPipeline(PipelineError):
    """No enabled pipeline has this id."""

    code = "invalid_pipeline"

    def __init__(self, pipeline_id: str) -> None:
        super().__init__(f"Unknown pipeline_id: {pipeline_id}")
        self.pipeline_id = pipeline_id


class InvalidDefinition(PipelineError):
    """A stored definition does not pass validation."""

    code = "invalid_pipeline"


class InvalidImage(PipelineError):
    """The bytes of a frame cannot be decoded into a picture."""

    code = "invalid_frame"


class InvalidVideo(PipelineError):
    """A file cannot be read as a video."""

    code = "invalid_video"


class WeightsNotFound(PipelineError):
    """A network's file is nowhere to be found; `detail` lists what was tried and where to put it."""


class WeightsRefused(PipelineError):
    """A network's file is not taken in."""


class ToolFailure(PipelineError):
    """A tool raised while it opened or ran; `detail` says so in words, e.g. `YOLO inference failed`."""
