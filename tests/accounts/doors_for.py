"""The callers that each door admits where a login is required: one row for every route and socket."""

from dataclasses import dataclass

CALLERS = (
    *("anonymous", "other user", "owner", "operator", "admin"),
    *("key with scope", "key without scope", "expired key", "revoked key"),
)
IN, LOGIN, UNKNOWN, FORBIDDEN, NOTHING = "in", "to the login", "401", "403", "404"


@dataclass(frozen=True)
class For:
    """The outcome for each caller, in the order of CALLERS; `scope` is that of the key with the scope."""

    met: tuple[str, ...]
    scope: str = ""


def program(scope: str, *, other: str = IN, viewer: str = IN, without: str = FORBIDDEN) -> For:
    """A door of the API; programs with a key get in where their owner does."""
    other = viewer if viewer != IN else other
    return For((UNKNOWN, other, viewer, IN, IN, viewer, without, UNKNOWN, UNKNOWN), scope)


def page(*, other: str = IN, viewer: str = IN) -> For:
    """A page, which no key opens."""
    return For((LOGIN, other if viewer == IN else viewer, viewer, IN, IN, *[LOGIN] * 4))


EVERYBODY = For((IN,) * 9)
USERS = program("jobs", without=IN)
LIST, ONE = program("jobs"), program("jobs", other=NOTHING)
RUN, STREAM = program("run"), program("stream")
METRICS = program("metrics", viewer=FORBIDDEN)
PAGE, PAGE_OF_ONE, OPERATORS = page(), page(other=NOTHING), page(viewer=FORBIDDEN)

ROUTES = {
    "GET /": PAGE,
    "GET /videos/": PAGE,
    "GET /videos/{job_id}/": PAGE_OF_ONE,
    "GET /operations/": OPERATORS,
    "POST /operations/sessions/{session_id}/end/": OPERATORS,
    "GET /account/": PAGE,
    "POST /account/keys/": PAGE,
    # Keys are of their owners only.
    "POST /account/keys/{key_id}/revoke/": For((LOGIN, NOTHING, IN, NOTHING, NOTHING, *[LOGIN] * 4)),
    "GET /account/login/": EVERYBODY,
    "POST /account/login/": EVERYBODY,
    "POST /account/logout/": EVERYBODY,
    "GET /account/password/": PAGE,
    "POST /account/password/": PAGE,
    "GET /health": EVERYBODY,
    "GET /ready": EVERYBODY,
    "GET /metrics": METRICS,
    # Not there but with `serve --lan`.
    "GET /lan/forgesyte.crt": For((NOTHING,) * 9),
    "GET /lan/code": EVERYBODY,
    "POST /lan/code": EVERYBODY,
    "GET /openapi.json": PAGE,
    "GET /docs": PAGE,
    "GET /pipelines/list": USERS,
    "GET /pipelines/{pipeline_id}/info": USERS,
    "POST /pipelines/validate": RUN,
    "POST /pipelines/{pipeline_id}/run": RUN,
    "GET /plugins": USERS,
    "POST /video/submit": LIST,
    "GET /video/status/{job_id}": ONE,
    "GET /video/results/{job_id}": ONE,
    "GET /jobs": LIST,
    "GET /jobs/{job_id}": ONE,
    "GET /jobs/{job_id}/extended": ONE,
    "POST /jobs/{job_id}/cancel": ONE,
    "POST /jobs/{job_id}/retry": ONE,
    "DELETE /jobs/{job_id}": ONE,
    "GET /jobs/{job_id}/video": ONE,
    "GET /jobs/{job_id}/annotated": ONE,
    "POST /jobs/{job_id}/annotated": ONE,
}
SOCKETS = {"/ws/video/stream": STREAM, "/realtime": ONE, "/v1/realtime": ONE}
