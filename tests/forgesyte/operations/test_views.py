"""The operators' view: what it shows, and ending a session."""

import html
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from jobs.models import Job
from pipelines import selectors
from streaming.monitoring import live_session
from streaming.session_manager import SessionManager
from tests.accounts.people import make_roles, person


class Loop:
    """Runs what it is given at once."""

    def call_soon_threadsafe(self, work: Any) -> None:
        work()


@pytest.fixture
def operator(db: None, settings: Any) -> Client:
    make_roles()
    settings.FORGESYTE_REQUIRE_LOGIN = True
    client = Client()
    client.force_login(person("olga", "operator"))
    return client


@pytest.fixture
def session(operator: Client) -> Iterator[live_session.LiveSession]:
    """A session of ann's with ten results in the last seconds."""
    manager = SessionManager("yolo_ocr")
    for age_ms in range(10, 110, 10):
        manager.increment_frame()
        manager.mark_processed(age_ms)
    manager.increment_frame()
    manager.mark_drop()
    found = live_session.LiveSession(manager, person("ann"), "10.0.0.7", _loop=Loop())  # type: ignore[arg-type]
    live_session.open_sessions[found.id] = found
    yield found
    live_session.open_sessions.clear()


def text_of(client: Client) -> str:
    page = client.get("/operations/").content.decode()
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page)))


def test_a_server_at_rest(operator: Client) -> None:
    page = text_of(operator)
    for words in ("Nobody streams.", "No video waits.", "Web server"):
        assert words in page
    assert re.search(r"Web server \d+ [\d,]+ MB", page)


def test_live_sessions(operator: Client, session: live_session.LiveSession) -> None:
    page = text_of(operator)
    assert "server process: 1" in page
    assert "ann from 10.0.0.7 yolo_ocr, since" in page
    assert "Frames a second 2.0 Age, median 60 ms Age, 95 % 100 ms Dropped 1 of 11" in page


def test_jobs_with_their_owners(operator: Client) -> None:
    Job.objects.create(owner=person("ann"), pipeline_name="Read", definition={}, source_name="hers.mp4")
    Job.objects.create(pipeline_name="Read", definition={}, source_name="old.mp4", submitted_from="10.0.0.9")
    Job.objects.create(status="completed", definition={}, source_name="done.mp4")
    page = text_of(operator)
    assert "hers.mp4 Read, ann" in page
    assert "old.mp4 Read, no owner, from 10.0.0.9" in page
    assert "done.mp4" not in page


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (("yolo", "/srv/weights/sign.onnx", "cpu"), "yolo, sign.onnx, cpu"),
        (("served", "http://gpu:8000/yolo"), "served, http://gpu:8000/yolo"),
        ("one", "one"),
    ],
)
def test_networks_are_named_without_their_folders(key: Any, name: str) -> None:
    assert selectors.network_name(key) == name


def test_ending_a_session(operator: Client, session: live_session.LiveSession) -> None:
    answer = operator.post(f"/operations/sessions/{session.id}/end/", {"reason": "maintenance"}, follow=True)
    assert "The session is ended." in answer.content.decode()
    assert session._ended.is_set()
    assert session._reason == "maintenance"


def test_ending_what_is_not_there(operator: Client) -> None:
    answer = operator.post(f"/operations/sessions/{uuid4()}/end/", {}, follow=True)
    assert "not open any more" in answer.content.decode()


def test_who_may_look_and_not_end(session: live_session.LiveSession) -> None:
    ben, client = person("ben", "operator"), Client()
    ben.groups.get().permissions.filter(codename="end_sessions").delete()
    client.force_login(ben)
    assert 'name="reason"' not in client.get("/operations/").content.decode()
    assert client.post(f"/operations/sessions/{session.id}/end/", {}).status_code == 403
    assert not session._ended.is_set()
