"""Every door of the server, as the URLconf, the API and the sockets' routes have them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver

from forgesyte.api.urls import api

JOB = UUID("00000000-0000-4000-8000-000000000000")
EXAMPLES = {"job_id": str(JOB), "pipeline_id": "yolo_ocr", "session_id": str(JOB), "key_id": "1"}
# What pages take beside GET.
POSTED = ("/lan/code", "/account/login/", "/account/password/")
# What takes nothing else.
POSTED_ONLY = (
    *("/account/logout/", "/account/keys/", "/account/keys/{key_id}/revoke/"),
    "/operations/sessions/{session_id}/end/",
)
# What needs no login where one is required.
OPEN = frozenset({"/health", "/ready", "/lan/code", "/lan/forgesyte.crt", "/account/login/"})
# What ninja claims where no page does: nothing is there.
NOTHING = "/"


@dataclass(frozen=True)
class Door:
    """One method at one address, in which `{name}` stands for what varies."""

    method: str
    path: str

    @property
    def example(self) -> str:
        """An address of this kind."""
        return self.path.format(**EXAMPLES)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def every_door() -> set[Door]:
    """Every route, without the old prefix `/v1` and the admin's pages."""
    paths, methods = set(paths_of(get_resolver())), api_doors()
    paths -= {f"/v1{path}" for path in paths}
    methods |= {path: ["GET", "POST"] for path in POSTED} | {path: ["POST"] for path in POSTED_ONLY}
    return {Door(method, path) for path in paths for method in methods.get(path, ["GET"])}


def paths_of(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """The addresses below; the admin as one."""
    for found in resolver.url_patterns:
        path = prefix + str(found.pattern)
        if path.startswith("/admin/"):
            yield "/admin/"
        elif isinstance(found, URLPattern):
            yield named(path)
        else:
            yield from paths_of(found, path)


def api_doors() -> dict[str, list[str]]:
    """The API's methods at each of its addresses."""
    found: dict[str, list[str]] = {}
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                found.setdefault(named(prefix + path), []).extend(operation.methods)
    return found


def named(path: str) -> str:
    """An address with `{name}` for what varies, whatever its type."""
    return re.sub(r"[<{](?:\w+:)?(\w+)[>}]", r"{\1}", path)


def every_socket() -> set[str]:
    """The addresses of WebSockets."""
    from forgesyte.asgi import websocket_urlpatterns

    return {f"/{found.pattern}" for found in websocket_urlpatterns if str(found.pattern)}
