"""Other sites that the operator allows: the API, the sockets, and the live page in a frame."""

from typing import Any

import pytest
from django.test import Client

from forgesyte.server.origin import lets_in

pytestmark = pytest.mark.django_db

FRIEND, STRANGER = "https://portal.example.com", "https://evil.example"


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.FORGESYTE_ALLOWED_ORIGINS = (FRIEND,)
    settings.CORS_ALLOWED_ORIGINS = [FRIEND]


def preflight(client: Client, origin: str, path: str = "/video/submit") -> Any:
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    return client.options(path, headers={"origin": origin, **asked})


def test_a_page_of_an_allowed_site_may_ask(client: Client) -> None:
    answer = preflight(client, FRIEND)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == FRIEND
    assert "authorization" in answer["Access-Control-Allow-Headers"]
    got = client.get("/jobs", headers={"origin": FRIEND})
    assert (got["Access-Control-Allow-Origin"], got["Access-Control-Allow-Credentials"]) == (FRIEND, "true")
    answer = client.post("/pipelines/validate", b"{}", "application/json", headers={"origin": FRIEND})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", [STRANGER, f"{FRIEND}.evil.example", "null", "http://portal.example.com"])
def test_pages_of_others_may_not(client: Client, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in preflight(client, origin)
    assert "Access-Control-Allow-Origin" not in client.get("/jobs", headers={"origin": origin})
    answer = client.post("/pipelines/validate", b"{}", "application/json", headers={"origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/videos/", "/admin/login/", "/account/login/", "/lan/code", "/jobsx"])
def test_pages_are_read_by_nobody_else(client: Client, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(path, headers={"origin": FRIEND})


def test_a_session_changes_nothing_from_elsewhere(settings: Any, admin_user: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    answer = client.post("/pipelines/validate", b"{}", "application/json", headers={"origin": FRIEND})
    assert answer.status_code == 403


@pytest.mark.parametrize(("origin", "enters"), [(FRIEND, True), (STRANGER, False)])
def test_sockets(origin: str, enters: bool) -> None:
    headers = [(b"host", b"localhost:8000"), (b"origin", origin.encode())]
    assert lets_in({"headers": headers}) == enters


def test_only_the_live_page_may_be_embedded(client: Client) -> None:
    live = client.get("/")
    assert f"frame-ancestors 'self' {FRIEND}" in live["Content-Security-Policy"]
    assert "X-Frame-Options" not in live
    videos = client.get("/videos/")
    assert "frame-ancestors 'none'" in videos["Content-Security-Policy"]
    assert videos["X-Frame-Options"] == "DENY"
