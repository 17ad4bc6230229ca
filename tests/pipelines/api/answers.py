"""Requests for the tests of the API, and the form of a refusal."""

from typing import Any

from pipelines.models import Pipeline

RUN = "/pipelines/boxes/run"


def store(definition: Any, pipeline_id: str = "boxes", **fields: Any) -> Pipeline:
    """A row as it may be found in a database, valid or not."""
    return Pipeline.objects.create(
        pipeline_id=pipeline_id, name=f"The {pipeline_id}", definition=definition, **fields
    )


def refusal(response: Any) -> tuple[int, str, str]:
    body = response.json()
    assert set(body) == {"error", "detail"}
    return response.status_code, body["error"], body["detail"]
