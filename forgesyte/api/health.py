"""Answers `/health`, the process lives, and `/ready`, it can serve."""

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from ninja import Router, Schema, Status

from forgesyte import __version__
from forgesyte.api.errors import Error
from forgesyte.upkeep.arrival import arrival
from pipelines import readiness

router = Router(tags=["health"])


class Health(Schema):
    """The answer of a living server."""

    status: str
    version: str
    arrival: dict[str, Any] | None = None


class Ready(Schema):
    """Everything the server needs in order to serve, each `ok`."""

    status: str
    checks: dict[str, str]


class NotReady(Error):
    """The answer of a server that cannot serve yet: each check with its reason."""

    checks: dict[str, str]


@router.get("/health", response=Health, auth=None, exclude_none=True, summary="Is the server alive?")
async def health(request: HttpRequest) -> dict[str, Any]:
    """Answers whatever else goes on: it asks neither the database nor the engine.

    `manage.py doctor` reads in `arrival` how its request has arrived; nobody else does.
    """
    told = {"status": "ok", "version": __version__}
    seen = arrival(request)
    return {**told, "arrival": seen} if seen else told


@router.get("/ready", response={200: Ready, 503: NotReady}, auth=None, summary="Can the server serve?")
async def ready(request: HttpRequest) -> Status[Any]:
    """The database answers, the default pipeline is loaded here, and jobs have a worker where one is wanted.

    The first call begins to load the pipeline.
    """
    checks = await sync_to_async(readiness.states)(settings.PIPELINES.default_pipeline)
    for name in settings.READY_ALSO:
        checks |= import_string(name)()
    wrong = [f"{name}: {state}" for name, state in checks.items() if state != readiness.OK]
    if wrong:
        return Status(503, {"error": "not_ready", "detail": "; ".join(wrong), "checks": checks})
    return Status(200, {"status": "ready", "checks": checks})
