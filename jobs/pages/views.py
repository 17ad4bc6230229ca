"""The pages of jobs: upload and list, and the viewer of one job."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from accounts.callers import Caller, caller_for
from forgesyte.api.access import login_where_required
from jobs.models import ACTIVE
from jobs.pages.words import facts_in_words
from jobs.schemas import job_data
from jobs.selectors import BadCursor, JobPage, get_job, list_jobs, owners_of
from pipelines.selectors import list_pipelines

REALTIME_PATH = "/v1/realtime"
SUBMIT_PATH = "/video/submit"
PAGE_SIZE = 50
FILTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "": ("All", ()),
    "active": ("Active", tuple(ACTIVE)),
    "completed": ("Completed", ("completed",)),
    "failed": ("Failed", ("failed",)),
    "cancelled": ("Cancelled", ("cancelled",)),
}
FORMATS = (("json", "JSON"), ("jsonl", "JSON Lines"), ("csv", "CSV"), ("coco", "COCO"))
DEVICES = (("auto", "Automatic"), ("cpu", "CPU"), ("cuda", "NVIDIA GPU"), ("gpu", "Intel GPU"))
# An empty job: the row that the page copies for jobs that come later.
BLANK = {
    "job_id": "",
    "owner": "",
    "status": "pending",
    "source_name": "",
    "source_kind": "video",
    "source_bytes": 0,
    "pipeline_name": "",
    "width": 0,
    "height": 0,
    "duration_s": None,
    "frames_done": 0,
    "frames_total": None,
    "progress": 0,
    "error_message": "",
}


@require_safe
@never_cache
@ensure_csrf_cookie
@login_where_required
def videos(request: HttpRequest) -> HttpResponse:
    """Upload, and the list; `?status=` filters, `?cursor=` goes on where the last page ended."""
    chosen = request.GET.get("status", "")
    chosen = chosen if chosen in FILTERS else ""
    caller = caller_for(request.user)
    owner, owners = (
        request.GET.get("owner", ""),
        owners_of(caller) if settings.FORGESYTE_REQUIRE_LOGIN else [],
    )
    page = page_of(caller, chosen, owner, request.GET.get("cursor", ""))
    choices = list_pipelines()
    context = {
        "choices": choices,
        "chosen_pipeline": first_choice(choices, request.GET.get("pipeline", "")),
        "devices": DEVICES,
        "filters": [{"id": name, "title": title} for name, (title, _) in FILTERS.items()],
        "chosen": chosen,
        "owners": owners,
        "chosen_owner": owner,
        "states": " ".join(FILTERS[chosen][1]),
        "is_first_page": "cursor" not in request.GET,
        # The page adds new jobs to the first page only, and not to those of one of several users.
        "grows": "cursor" not in request.GET and not owner,
        "jobs": [job_data(job) for job in page.jobs],
        "next_cursor": page.next_cursor,
        "blank": BLANK,
        "realtime_path": REALTIME_PATH,
        "submit_path": SUBMIT_PATH,
    }
    return render(request, "jobs/list.html", context)


@require_safe
@never_cache
@ensure_csrf_cookie
@login_where_required
def viewer(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One job: its file with what was found, and how it was worked through."""
    job = get_job(job_id, caller_for(request.user))
    if job is None:
        raise Http404
    data = job_data(job)
    context = {
        "job": data,
        "nodes": timed_nodes(data),
        "blank_node": {"id": "", "tool": "", "part": 0, "mean_ms": 0, "max_ms": 0, "facts": ""},
        "is_over": job.is_finished,
        "has_results": job.is_finished and job.frames_done > 0,
        "formats": FORMATS,
        # In a picture there is nowhere to jump to.
        "jump": "button" if data["source_kind"] == "video" else "span",
        "realtime_path": REALTIME_PATH,
    }
    return render(request, "jobs/viewer.html", context)


def page_of(caller: Caller, chosen: str, owner: str, cursor: str) -> JobPage:
    """The page of the list that a link asks for; the first one where it asks for none that there is."""
    _, states = FILTERS[chosen]
    asked = partial(list_jobs, status=states, owner=owner, limit=PAGE_SIZE, caller=caller)
    try:
        return asked(cursor=cursor)
    except BadCursor:
        return asked()


def first_choice(choices: list[dict[str, Any]], wanted: str) -> str:
    """The pipeline that is chosen at first: the one of the link, else the default, else any that can run."""
    usable = [choice["id"] for choice in choices if choice["available"]]
    for preferred in (wanted, settings.PIPELINES.default_pipeline):
        if preferred in usable:
            return preferred
    return next(iter(usable), "")


def timed_nodes(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes with their times, each with its part of the slowest one's, in percent."""
    slowest = max((timing["mean_ms"] for timing in job["plugin_timings"].values()), default=0) or 1
    return [
        {
            "id": node,
            **timing,
            "part": round(100 * timing["mean_ms"] / slowest, 1),
            "facts": facts_in_words(job["tools"].get(node, {})),
        }
        for node, timing in job["plugin_timings"].items()
    ]
