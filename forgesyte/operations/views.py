"""The page that shows operators what the server does, and on which they end live sessions."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import psutil
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.callers import VIEW_SERVER, Caller
from forgesyte.units import MEGABYTE
from pipelines.selectors import loaded_networks

END_SESSIONS = "accounts.end_sessions"
ENDED = "The session is ended."
GONE = "This session is not open any more, or another process of the server has it."
REASON_LETTERS = 200
View = Callable[..., HttpResponse]


def operators_only(permission: str) -> Callable[[View], View]:
    """Admit operators with this permission; 403 for others who are signed in."""

    def guarded(view: View) -> View:
        @wraps(view, assigned=())
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not Caller(request.user).may(permission):  # type: ignore[arg-type]
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(page)

    return guarded


@require_safe
@never_cache
@operators_only(VIEW_SERVER)
def server(request: HttpRequest) -> HttpResponse:
    """The live sessions of this process, the jobs that wait or run, the loaded networks and the memory."""
    context = {
        "sessions": provided("OPERATIONS_SESSIONS"),
        "jobs": provided("OPERATIONS_JOBS"),
        "networks": loaded_networks(),
        "processes": processes(),
        "may_end": Caller(request.user).may(END_SESSIONS),  # type: ignore[arg-type]
        "reason_letters": REASON_LETTERS,
    }
    return render(request, "operations/server.html", context)


@require_POST
@operators_only(END_SESSIONS)
def end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End a session; its client reads the reason."""
    path = settings.OPERATIONS_END_SESSION
    ended = bool(path) and import_string(path)(str(session_id), request.POST.get("reason", ""))
    messages.success(request, ENDED) if ended else messages.warning(request, GONE)
    return redirect("operations:server")


def provided(setting: str) -> list[Any] | None:
    """The rows of the app that the setting names; None where that app is not installed."""
    path = getattr(settings, setting)
    found: list[Any] | None = import_string(path)() if path else None
    return found


def processes() -> list[dict[str, Any]]:
    """The memory of this process and of those that it has started, in MB."""
    own = psutil.Process()
    found = [("Web server", own), *(("Worker", child) for child in own.children(recursive=True))]
    return [shown for name, process in found if (shown := memory_of(name, process))]


def memory_of(name: str, process: psutil.Process) -> dict[str, Any] | None:
    """One process; None where it has just ended."""
    try:
        return {"name": name, "pid": process.pid, "megabytes": process.memory_info().rss / MEGABYTE}
    except psutil.Error:
        return None
