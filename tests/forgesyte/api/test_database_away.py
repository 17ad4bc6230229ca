"""A database that is away or locked: programs read 503 and when to ask again, people a page that helps."""

import http.client
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory

from forgesyte.api.errors import DATABASE_AWAY, FOR_OPERATORS, server_error
from tests.forgesyte.server.test_bodies import HEAD, MULTIPART, TAIL
from tests.pipelines.clips import write_clip
from tests.streaming.live import LiveServer, prepare, serving

PAGE = "text/html,*/*;q=0.8"
NOWHERE = "postgres://nobody@127.0.0.1:1/nothing"
PAGES = (
    "/",
    "/videos/",
    "/videos/?status=active",
    "/admin/login/?next=/admin/",
    "/admin/pipelines/pipeline/",
)
SIGNED_IN = {"Cookie": "sessionid=" + "a" * 32}
# Less than SQLite once waited for a lock, and three times what it waits for now.
PATIENCE_S = 15


@pytest.fixture(scope="module")
def without_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving(tmp_path_factory.mktemp("away"), DATABASE_URL=NOWHERE) as server:
        yield server


def ask(server: LiveServer, path: str, kind: str) -> tuple[int, str | None, str]:
    """The status, `Retry-After` and the body."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)) as line:
        line.request("GET", path, headers={"Accept": kind, **SIGNED_IN})
        response = line.getresponse()
        return response.status, response.getheader("Retry-After"), response.read().decode()


@pytest.mark.parametrize("path", [page for page in PAGES if "login" not in page])
def test_pages_say_what_to_do(without_database: LiveServer, path: str) -> None:
    status, retry_after, page = ask(without_database, path, PAGE)

    assert (status, retry_after) == (503, "5")
    assert page.startswith("<!doctype html>")
    assert DATABASE_AWAY in page
    assert "DATABASE_URL" in page


def test_programs_read_when_to_try_again(without_database: LiveServer) -> None:
    status, retry_after, body = ask(without_database, "/pipelines/list", "*/*")

    assert (status, retry_after) == (503, "5")
    assert '"error": "unavailable"' in body
    assert "DATABASE_URL" not in body


def test_it_is_no_bug_of_ours(without_database: LiveServer) -> None:
    ask(without_database, "/videos/", PAGE)
    lines = without_database.log.read_text()
    assert "database_unreachable" in lines
    assert "Traceback" not in lines.split("ForgeSyte is ready")[1]


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
@pytest.mark.parametrize("path", PAGES)
def test_every_page(
    client: Client, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], path: str
) -> None:
    """Wherever the database is first asked for: by a view, for the session, for the login."""

    def away(self: object) -> None:
        raise kind("disk I/O error")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", away)
    client.raise_request_exception = False
    client.cookies["sessionid"] = "a" * 32
    if "login" in path:
        response = client.post(path, {"username": "a", "password": "b"}, headers={"Accept": PAGE})
    else:
        response = client.get(path, headers={"Accept": PAGE})

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"].startswith("text/html")
    assert FOR_OPERATORS.split(":")[0] in response.content.decode()


def test_another_error_stays_an_error(rf: RequestFactory) -> None:
    try:
        raise ValueError
    except ValueError:
        assert server_error(rf.get("/videos/", headers={"Accept": PAGE})).status_code == 500


def test_a_submit_does_not_wait_long_for_a_locked_database(tmp_path: Path) -> None:
    prepare(tmp_path)
    body = HEAD + write_clip(tmp_path / "clip.mp4").read_bytes() + TAIL
    with serving(tmp_path) as server, closing(sqlite3.connect(tmp_path / "forgesyte.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)) as line:
            line.request("POST", "/video/submit", body, {"Content-Type": MULTIPART})
            response = line.getresponse()
            assert (response.status, response.getheader("Retry-After")) == (503, "5")
        other.rollback()
        assert list((tmp_path / "uploads").glob("*")) == []
