"""A stranger at every door: who gets in, what a browser is told, and what comes back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.views.debug import get_default_exception_reporter_filter

from forgesyte.conf import ProjectSettings
from forgesyte.env import BadSetting
from jobs.models import Job
from jobs.results.summary import Summary
from pipelines.models import Pipeline
from tests.hostile.doors.doors import JOB, OPEN, Door, every_door

pytestmark = pytest.mark.django_db

DOORS = sorted(every_door(), key=str)
CHANGES = [door for door in DOORS if door.method != "GET"]
PRIVATE = [door for door in DOORS if door.path not in OPEN]
HTML = {"accept": "text/html"}
EVIL = "https://evil.example"
SAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
ELSEWHERE = ("/nothing/", "/jobs/nothing", "/videos/?state=nothing", "/admin/login/", "/admin/nothing/")


@pytest.fixture
def stranger() -> Client:
    """A browser of nobody's; a failing view answers as it would in the world."""
    return Client(enforce_csrf_checks=True, raise_request_exception=False, headers=HTML)


@pytest.fixture
def user() -> User:
    return User.objects.create_superuser("operator", password="a password")


@pytest.fixture
def logged_in(stranger: Client, user: User) -> Client:
    stranger.force_login(user)
    return stranger


def ask(client: Client, door: Door, **more: Any) -> Any:
    return client.generic(door.method, door.example, **more)


def headers_of(response: Any) -> Mapping[str, str]:
    return {name: response.headers.get(name, "") for name in SAYS}


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_every_answer_tells_browsers_what_they_may_do(stranger: Client, door: Door) -> None:
    response = ask(stranger, door)
    assert headers_of(response) == SAYS
    policy = response.headers["Content-Security-Policy"]
    assert [part for part in POLICY if part not in policy] == []
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"]


@pytest.mark.parametrize("path", ELSEWHERE)
def test_errors_and_the_admin_tell_it_too(logged_in: Client, path: str) -> None:
    response = logged_in.get(path)
    assert headers_of(response) == SAYS
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert re.search("no-store|no-cache", response.headers["Cache-Control"])


def test_refused_hosts_are_told_it_too(stranger: Client) -> None:
    response = stranger.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("door", PRIVATE, ids=str)
def test_where_a_login_is_needed_a_stranger_gets_nothing(stranger: Client, door: Door, settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    response = ask(stranger, door)
    if door.path.startswith(("/account/", "/operations/")) and door.method == "POST":
        assert response.status_code == 403, "the form's token is missing"
    elif response.status_code == 302:
        admin = "/admin" if door.path.startswith("/admin/") else "/account"
        assert response.headers["Location"].startswith(f"{admin}/login/?next=/")
    else:
        assert response.status_code == 401
        assert response.json()["error"] == "unauthorized"


@pytest.mark.parametrize("door", CHANGES, ids=str)
def test_where_a_login_is_needed_a_change_needs_the_token(
    logged_in: Client, door: Door, settings: Any
) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    assert ask(logged_in, door).status_code == 403


@pytest.mark.parametrize("origin", [EVIL, "null", "http://testserver.evil.example", "http://testserver:81"])
@pytest.mark.parametrize("door", CHANGES, ids=str)
def test_pages_of_other_sites_change_nothing(stranger: Client, door: Door, origin: str) -> None:
    assert ask(stranger, door, headers={"origin": origin}).status_code == 403


ADMIN_CHANGES = (
    "/admin/logout/",
    "/admin/login/",
    "/admin/password_change/",
    "/admin/pipelines/pipeline/add/",
    "/admin/pipelines/pipeline/add-missing/",
    "/admin/pipelines/pipeline/",
    "/admin/auth/user/add/",
    "/admin/jobs/job/",
)


@pytest.mark.parametrize("path", ADMIN_CHANGES)
def test_the_admin_changes_nothing_without_the_token(logged_in: Client, path: str) -> None:
    assert logged_in.post(path, {"action": "delete_selected"}).status_code == 403


@pytest.mark.parametrize("path", ["/admin/logout/", "/account/logout/"])
def test_a_link_ends_no_session(logged_in: Client, path: str) -> None:
    assert logged_in.get(path).status_code == 405
    assert logged_in.get("/admin/").status_code == 200


@pytest.mark.parametrize("target", ["//evil.example/", EVIL, "/\\evil.example", "javascript:alert(1)"])
@pytest.mark.parametrize(("page", "home"), [("/admin/login/", "/admin/"), ("/account/login/", "/")])
def test_a_login_leads_to_no_other_site(user: User, target: str, page: str, home: str) -> None:
    client = Client()
    form = {"username": "operator", "password": "a password", "next": target}
    response = client.post(page, form)
    assert response.status_code == 302
    assert response.headers["Location"] == home


@pytest.mark.parametrize("path", ["//evil.example/videos", "//evil.example/admin", "/%5cevil.example/videos"])
def test_no_address_leads_to_another_site(stranger: Client, path: str) -> None:
    location = stranger.get(path).headers.get("Location", "/")
    assert re.match(r"/(?![/\\])", location)


def test_cookies_are_for_our_own_pages_only(user: User) -> None:
    client = Client()
    response = client.post("/admin/login/", {"username": "operator", "password": "a password"})
    session = response.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    assert response.cookies["csrftoken"]["samesite"] == "Lax"


# Words that run where a page takes them for its own.
WORDS = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "\"' onload=alert(1) x='",
    "javascript:alert(1)",
)
PAGES = (
    *("/", "/?pipeline={words}", "/videos/", "/videos/?pipeline={words}", "/videos/{job}/", "/admin/"),
    *("/admin/jobs/job/", "/admin/jobs/job/?q={words}", "/admin/jobs/job/{job}/change/"),
    *("/admin/jobs/job/{job}/delete/", "/admin/jobs/job/{job}/history/"),
    *("/admin/pipelines/pipeline/", "/admin/pipelines/pipeline/evil/change/", "/docs", "/nothing/{words}"),
)


class Running(HTMLParser):
    """The parts of a page that would run: scripts of its own, handlers, and links that are code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.texts = ""
        self._quiet = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._quiet = tag == "script" and given.get("type") in ("application/json", "importmap")
        self.found += [f"{tag} {name}" for name in given if name.startswith("on") or name == "srcdoc"]
        links = [value for name, value in attrs if name in ("href", "src", "action", "formaction")]
        self.found += [f"{tag} {link}" for link in links if (link or "").strip().startswith("javascript:")]
        if tag == "script" and "src" not in given and not self._quiet:
            self.found.append("script of the page's own")

    def handle_data(self, data: str) -> None:
        self.texts += data


@pytest.fixture(params=WORDS)
def words(request: pytest.FixtureRequest) -> str:
    """Words that are everywhere: names, labels, read text, warnings, errors."""
    words = str(request.param)
    node = {"id": words, "plugin_id": words, "tool_id": words, "params": {words: words}}
    definition = {
        "id": "evil",
        "name": words,
        "description": words,
        "nodes": [node],
        "edges": [],
        "entry_nodes": [words],
        "output_nodes": [words],
    }
    Pipeline.objects.create(pipeline_id="evil", name=words, description=words, definition=definition)
    seen = Summary({words: words})
    found = {"label": words, "text": words, "track_id": 1}
    line = {"frame_index": 1, "time_s": 0.5, "result": {"detections": [found]}, "error": words}
    seen.add({**line, "timings_ms": {words: 2.0}, "warnings": [words]})
    Job.objects.create(
        id=JOB,
        status=Job.Status.COMPLETED,
        pipeline_id="evil",
        pipeline_name=words,
        definition=definition,
        source_name=words,
        source_file="nowhere/source.mp4",
        frames_done=3,
        plugin_timings=seen.plugin_timings,
        tools={words: {words: words}},
        warnings=seen.warnings,
        warnings_count=seen.warnings_count,
        summary=seen.as_dict(),
        error_code=words,
        error_message=words,
    )
    return words


@pytest.mark.parametrize("page", PAGES)
def test_what_people_write_runs_on_no_page(logged_in: Client, words: str, page: str) -> None:
    response = logged_in.get(page.format(words=quote(words), job=JOB))
    assert response.status_code == (404 if page.startswith("/nothing/") else 200)
    running = Running(response.content.decode())
    assert running.found == []
    if page in ("/", "/videos/{job}/", "/admin/jobs/job/", "/admin/pipelines/pipeline/"):
        assert words in running.texts, "what is shown is shown as it was written"


def test_uploads_come_back_as_what_they_are_and_no_page(
    client: Client, settings: Any, tmp_path: Path
) -> None:
    """A file that a browser could take for a page is sent under a type that it may not guess away from."""
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path)
    (tmp_path / "source.mp4").write_bytes(b"<html><script>alert(1)</script>")
    Job.objects.create(
        id=JOB,
        pipeline_id="x",
        definition={},
        source_name="a\r\nSet-Cookie: x=1.html",
        source_file="source.mp4",
    )
    response = client.get(f"/jobs/{JOB}/video")
    response.close()
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "\n" not in response.headers["Content-Disposition"]
    assert "private" in response.headers["Cache-Control"]


SECRETS = {
    "SECRET_KEY": "a-key-that-nobody-may-see-on-any-page",
    "DATABASE_URL": "postgres://user:a-password-of-ours@host/name",
    "REDIS_URL": "redis://:another-password@host/0",
    "FORGESYTE_LAN_CODE": "a-code-for-the-network",
}
NOBODY_MAY_SEE = (
    "a-key-that-nobody-may-see-on-any-page",
    "a-password-of-ours",
    "another-password",
    "a-code-for-the-network",
)


def test_debug_pages_and_tracebacks_show_no_secrets(tmp_path: Path, settings: Any) -> None:
    settings.PROJECT = ProjectSettings.from_env({**SECRETS, "FORGESYTE_DATA_DIR": str(tmp_path)}, tmp_path)
    settings.SECRET_KEY = SECRETS["SECRET_KEY"]
    settings.LAN_CODE = SECRETS["FORGESYTE_LAN_CODE"]
    settings.CHANNEL_LAYERS = {"default": {"CONFIG": {"hosts": [SECRETS["REDIS_URL"]]}}}
    shown = repr(settings.PROJECT) + repr(get_default_exception_reporter_filter().get_safe_settings())
    assert [secret for secret in NOBODY_MAY_SEE if secret in shown] == []


@pytest.mark.parametrize("url", ["redis:/:another-password@host", "another-password@host:6379"])
def test_a_wrong_address_is_not_repeated_with_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as refused:
        ProjectSettings.from_env({"REDIS_URL": url, "FORGESYTE_DATA_DIR": str(tmp_path)}, tmp_path)
    assert "another-password" not in str(refused.value)
