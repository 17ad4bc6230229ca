"""Whether the server lives, and whether it can serve."""

from django.http import HttpRequest
from ninja import Router, Schema

router = Router(tags=["health"])


class Health(Schema):
    """The answer of a living server."""

    status: str


@router.get("/health", response=Health, auth=None, summary="Is the server alive?")
async def health(request: HttpRequest) -> dict[str, str]:
    """Answers whatever else goes on: it asks neither the database nor the engine."""
    return {"status": "ok"}
