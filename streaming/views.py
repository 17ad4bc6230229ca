"""The page of the live stream, rendered with the pipelines that can be chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from forgesyte.api.embedding import embeddable
from pipelines.selectors import PipelineState, states

STREAM_PATH = "/ws/video/stream"


@dataclass(frozen=True)
class Choice:
    """One entry of the selector; `reason` is empty where the pipeline can be opened now."""

    id: str
    name: str
    description: str
    reason: str = ""


@require_safe
@never_cache
@embeddable
def live(request: HttpRequest) -> HttpResponseBase:
    """The live page; `?pipeline=ID` chooses, so that a link reproduces the page."""
    if settings.FORGESYTE_REQUIRE_LOGIN and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    choices = [choice_of(state) for state in states()]
    chosen = chosen_pipeline(choices, request.GET.get("pipeline", ""))
    if chosen and chosen not in choices:
        choices.append(chosen)
    unavailable = [choice for choice in choices if choice.reason]
    context = {"choices": choices, "chosen": chosen, "unavailable": unavailable, "stream_path": STREAM_PATH}
    return render(request, "live.html", {**context, "is_lan": bool(settings.LAN_AUTHORITY_PEM)})


def choice_of(state: PipelineState) -> Choice:
    """The entry of a stored pipeline."""
    return Choice(state.row.pipeline_id, state.row.name, state.row.description, state.reason or "")


def chosen_pipeline(choices: Sequence[Choice], wanted: str) -> Choice | None:
    """The pipeline of the link; without one the default, or the first that is available; None if none is.

    A link to a pipeline that is gone keeps its id, so that the page says so instead of running another one.
    """
    if wanted:
        found = next((choice for choice in choices if choice.id == wanted), None)
        return found or missing_pipeline(wanted)
    default_first = sorted(choices, key=lambda choice: choice.id != settings.PIPELINES.default_pipeline)
    usable = [choice for choice in default_first if not choice.reason]
    return next(iter([*usable, *default_first]), None)


def missing_pipeline(pipeline_id: str) -> Choice:
    """Stands in the selector for a pipeline that a link names and that is not there."""
    reason = f"There is no pipeline “{pipeline_id}” here. Choose another one."
    return Choice(pipeline_id, pipeline_id, reason, reason)
