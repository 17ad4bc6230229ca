"""Mounts the API: without a prefix, and once more under `/v1/` for clients that were written for that."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache, wraps
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, include, path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from accounts.callers import NotAllowed
from accounts.models import Scope
from forgesyte import __version__
from forgesyte.api.access import Access, CrossSite, cross_site, login_where_required, not_allowed
from forgesyte.api.errors import answer_errors, plain
from forgesyte.api.health import router as health_router
from forgesyte.api.metrics import metrics
from forgesyte.logs import log_event
from pipelines.api import router as pipelines_router

logger = logging.getLogger(__name__)
AsyncView = Callable[..., Awaitable[HttpResponseBase]]

OLD_PREFIX = "/v1"
DEPRECATED_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
# What ninja adds of its own accord: pages, which need no alias and do not answer in JSON.
PAGES = frozenset({"openapi-json", "openapi-view", "api-root"})


class DescribedOnce(NinjaAPI):
    """Makes its OpenAPI description once for each prefix: it takes some 60 ms of the processor."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The description with this prefix, or with that of the request's address; not to be changed."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        return description(self, prefix)


@lru_cache(maxsize=8)
def description(described: "DescribedOnce", prefix: str) -> OpenAPISchema:
    """Make the OpenAPI description of the operations that are there now."""
    return NinjaAPI.get_openapi_schema(described, path_prefix=prefix)


api = DescribedOnce(
    title="ForgeSyte",
    version=__version__,
    description="Pipelines of vision tools: what there is, whether it can run, and one picture through it.",
    urls_namespace="api",
    auth=Access(),
    docs_decorator=login_where_required,
)
answer_errors(api)
api.add_exception_handler(CrossSite, cross_site)
api.add_exception_handler(NotAllowed, not_allowed)
api.add_router("", health_router)
api.add_router("", pipelines_router)
api.add_router("", "jobs.api.router", auth=Access(Scope.JOBS))


def as_operation(view: Callable[..., Any]) -> AsyncView:
    """Answer HEAD like GET, and a wrong method in JSON."""
    answer = cast(AsyncView, view if iscoroutinefunction(view) else sync_to_async(view))

    @wraps(view)
    async def operation(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        response = await answer(request, *args, **kwargs)
        if head and isinstance(response, StreamingHttpResponse):
            response = without_content(response)
        if response.status_code != 405:
            return response
        refusal = plain(405, f"Use {response['Allow']} here")
        refusal["Allow"] = response["Allow"]
        return refusal

    return operation


def without_content(response: StreamingHttpResponse) -> HttpResponse:
    """The same answer to a client that asks for its headers only: nothing is read to be thrown away."""
    headers = dict(response.items())
    response.close()
    return HttpResponse(status=response.status_code, headers=headers)


def deprecated(view: AsyncView) -> AsyncView:
    """The same answer with RFC 9745's `Deprecation` header, the address to use instead, and a log line."""

    @wraps(view)
    async def alias(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        successor = request.META["SCRIPT_NAME"] + request.path_info.removeprefix(OLD_PREFIX)
        log_event(logger, logging.WARNING, "deprecated_path", path=request.path, successor=successor)
        response = await view(request, *args, **kwargs)
        response["Deprecation"] = f"@{int(DEPRECATED_SINCE.timestamp())}"
        response["Link"] = f'<{successor}>; rel="successor-version"'
        return response

    return alias


def mounted(found: URLPattern) -> URLPattern:
    """One of ninja's patterns at its canonical address."""
    view = found.callback if found.name in PAGES else as_operation(found.callback)
    return URLPattern(found.pattern, view, found.default_args, found.name)


def alias(found: URLPattern) -> URLPattern:
    """The same operation under the old prefix."""
    return URLPattern(found.pattern, deprecated(as_operation(found.callback)), found.default_args)


patterns, app, namespace = api.urls
operations = [cast(URLPattern, found) for found in patterns]

urlpatterns = [
    path("metrics", cast(Any, as_operation(metrics)), name="metrics"),
    path("v1/metrics", cast(Any, deprecated(as_operation(metrics)))),
    path("v1/", include([alias(found) for found in operations if found.name not in PAGES])),
    path("", include(([mounted(found) for found in operations], app), namespace=namespace)),
]
