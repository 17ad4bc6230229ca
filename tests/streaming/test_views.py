"""The live page, as the server renders it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pipelines.models import Pipeline
from streaming.protocol import ErrorCode
from streaming.routing import websocket_urlpatterns
from streaming.views import Choice, chosen_pipeline

JAVASCRIPT = Path(__file__).resolve().parents[2] / "static" / "js"
KEPT_NAMES = ("pipeline-selector", "start", "stop", "status", "overlay", "error-banner", "retry", "read-text")

pytestmark = pytest.mark.django_db


def stored(
    pipeline_id: str, *, tool_id: str = "read", enabled: bool = True, description: str = ""
) -> Pipeline:
    """A stored pipeline of one tool; with a tool that does not exist it is not available."""
    node = {"id": "read", "plugin_id": "ocr", "tool_id": tool_id, "params": {}}
    row = Pipeline(enabled=enabled)
    row.take(
        {
            "id": pipeline_id,
            "name": f"Name of {pipeline_id}",
            "description": description,
            "nodes": [node],
            "edges": [],
            "entry_nodes": ["read"],
            "output_nodes": ["read"],
        }
    )
    row.save()
    return row


def options(html: str) -> dict[str, str]:
    """The selector's options: value and attributes."""
    return dict(re.findall(r'<option value="([^"]*)"([^>]*)>', html))


def test_page_offers_enabled_pipelines_and_has_the_names_that_stay(client: Client) -> None:
    stored("yolo_ocr", description="Finds & reads")
    stored("hidden", enabled=False)
    response = client.get("/")
    html = response.content.decode()
    assert response.status_code == 200
    assert list(options(html)) == ["yolo_ocr"]
    assert "Name of yolo_ocr" in html
    assert "Finds &amp; reads" in html
    assert all(f'id="{name}"' in html for name in KEPT_NAMES)
    assert "no-store" in response["Cache-Control"]


def test_page_runs_under_its_own_content_security_policy(client: Client) -> None:
    stored("yolo_ocr")
    response = client.get("/")
    html = response.content.decode()
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


def test_unavailable_pipeline_cannot_be_chosen_and_says_why(client: Client) -> None:
    stored("broken", tool_id="sing")
    stored("works")
    html = client.get("/").content.decode()
    assert "disabled" in options(html)["broken"]
    assert "selected" in options(html)["works"]
    assert "1 pipeline not available now" in html
    assert re.search(r"<dt>Name of broken</dt><dd>.*sing.*</dd>", html)


def test_link_chooses_the_pipeline(client: Client) -> None:
    stored("yolo_ocr")
    stored("other", description="The other one")
    html = client.get("/?pipeline=other").content.decode()
    assert [pipeline for pipeline, rest in options(html).items() if "selected" in rest] == ["other"]
    assert '<p id="pipeline-description" class="panel-text">The other one</p>' in html


def test_link_to_a_pipeline_that_is_gone_says_so_instead_of_running_another(client: Client) -> None:
    stored("yolo_ocr")
    html = client.get("/?pipeline=<b>gone").content.decode()
    assert "selected" in options(html)["&lt;b&gt;gone"]
    assert "There is no pipeline “&lt;b&gt;gone” here." in html
    assert "<b>gone" not in html


def test_page_without_pipelines_says_what_to_do(client: Client) -> None:
    html = client.get("/").content.decode()
    assert "restore_pipelines" in html
    assert options(html) == {"": ""}


def test_stream_path_of_the_page_is_the_one_that_is_routed(client: Client) -> None:
    path = re.search(r'data-stream-path="/([^"]*)"', client.get("/").content.decode())
    assert path
    assert any(route.resolve(path[1]) for route in websocket_urlpatterns)


def test_login_is_asked_for_where_it_is_required(client: Client, settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    response = client.get("/?pipeline=yolo_ocr")
    assert response.status_code == 302
    assert response["Location"].endswith("?next=/%3Fpipeline%3Dyolo_ocr")
    client.force_login(User.objects.create_user("ada"))
    assert client.get("/").status_code == 200


def test_page_is_only_read(client: Client) -> None:
    assert client.post("/").status_code == 405
    assert client.head("/").status_code == 200


DEFAULT = Choice("yolo_ocr", "Default", "")
GOOD = Choice("good", "Good", "")
BAD = Choice("bad", "Bad", "", "Not now")
BAD_DEFAULT = Choice("yolo_ocr", "Default", "", "No weights")


@pytest.mark.parametrize(
    ("choices", "wanted", "chosen"),
    [
        ([GOOD, DEFAULT], "", DEFAULT),
        ([GOOD, DEFAULT], "good", GOOD),
        ([BAD, GOOD], "", GOOD),
        ([BAD, GOOD], "bad", BAD),
        (
            [BAD, Choice("yolo_ocr", "Default", "", "No weights")],
            "",
            Choice("yolo_ocr", "Default", "", "No weights"),
        ),
        ([BAD], "", BAD),
        ([], "", None),
    ],
)
def test_choice_of_the_pipeline(choices: list[Choice], wanted: str, chosen: Choice | None) -> None:
    assert chosen_pipeline(choices, wanted) == chosen


def test_page_has_words_for_every_way_a_session_ends() -> None:
    """The codes of the stream and of the gate before it are those that the page lists as the server's."""
    words = (JAVASCRIPT / "live/panels/errors.js").read_text()
    of_the_server = words.partition("// What the server says.")[2].partition("// What the page notices")[0]
    known = set(re.findall(r"^  (\w+): {", of_the_server, re.M))
    assert known == {error.code for error in ErrorCode} | {"code_required", "too_many_codes"}


def test_page_tries_again_only_where_the_server_may_come_back() -> None:
    final = re.findall(
        r"^\s+\[(\d+), \"(\w+)\"\]", (JAVASCRIPT / "live/transport/stream-socket.js").read_text(), re.M
    )
    of_the_server = {str(error.close_code): error.code for error in ErrorCode}
    comes_back = {"internal_error", "server_shutdown"}
    # 1009 is what a web server says by itself when a message is larger than it takes at all.
    assert dict(final) == {
        "1009": "frame_too_large",
        **{code: name for code, name in of_the_server.items() if name not in comes_back},
    }
