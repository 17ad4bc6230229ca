"""The pages as they are first painted: with everything on them that is known."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from jobs.models import Job
from jobs.pages.views import FILTERS, first_choice
from pipelines.models import Pipeline

pytestmark = pytest.mark.django_db


def new_job(**fields: Any) -> Job:
    return Job.objects.create(
        **{
            "pipeline_id": "ocr_only",
            "pipeline_name": "Read text in the full frame",
            "definition": {},
            "source_name": "street.mp4",
            "source_file": "uploads/x/source.mp4",
            "source_bytes": 2048,
            "frames_total": 100,
            **fields,
        }
    )


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_list_without_videos_says_what_to_do(client: Client) -> None:
    said = page(client, "/videos/")
    assert "No videos yet" in said
    assert 'id="drop"' in said


def test_videos_are_listed_with_how_far_they_are(client: Client) -> None:
    job = new_job(status="running", lease_owner="w", frames_done=40, progress=40.0)
    said = page(client, "/videos/")
    assert f'href="/videos/{job.pk}/"' in said
    name = "Read text in the full frame"
    for words in ("street.mp4", name, "In progress", "40 of 100 frames", 'value="40.0"'):
        assert words in said


def test_names_of_files_are_only_words(client: Client) -> None:
    job = new_job(source_name="<script>alert(1)</script>.mp4", error_message="<b>", status="failed")
    for path in ("/videos/", f"/videos/{job.pk}/"):
        said = page(client, path)
        assert "<script>alert" not in said
        assert "&lt;script&gt;alert(1)&lt;/script&gt;.mp4" in said
        assert "&lt;b&gt;" in said


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [
        ("", {"waits", "runs", "done", "bad"}),
        ("active", {"waits", "runs"}),
        ("completed", {"done"}),
        ("failed", {"bad"}),
        ("cancelled", set()),
        ("nonsense", {"waits", "runs", "done", "bad"}),
    ],
)
def test_the_list_is_filtered_by_state(client: Client, chosen: str, shown: set[str]) -> None:
    new_job(source_name="waits")
    new_job(source_name="runs", status="running", lease_owner="w")
    new_job(source_name="done", status="completed")
    new_job(source_name="bad", status="failed")
    context = client.get("/videos/", {"status": chosen}).context
    assert {job["source_name"] for job in context["jobs"]} == shown
    assert context["chosen"] == (chosen if chosen in FILTERS else "")


def test_older_videos_are_on_the_next_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.pages.views.PAGE_SIZE", 2)
    names = [new_job(source_name=f"video {number}").source_name for number in range(3)]
    first = client.get("/videos/").context
    assert [job["source_name"] for job in first["jobs"]] == names[:0:-1]
    second = client.get("/videos/", {"cursor": first["next_cursor"]})
    assert [job["source_name"] for job in second.context["jobs"]] == names[:1]
    assert b"data-grows" not in second.content
    assert client.get("/videos/", {"cursor": "nonsense"}).context["jobs"] == first["jobs"]


def test_pipelines_that_cannot_run_cannot_be_chosen(client: Client) -> None:
    Pipeline.objects.create(pipeline_id="broken", name="Broken", definition={})
    said = page(client, "/videos/")
    assert "Broken (not available)" in said


def test_the_first_choice() -> None:
    choices = [{"id": name, "available": name != "broken"} for name in ("broken", "other", "yolo_ocr")]
    assert first_choice(choices, "other") == "other"
    assert first_choice(choices, "broken") == "yolo_ocr"
    assert first_choice(choices[:2], "") == "other"
    assert first_choice(choices[:1], "") == ""


def test_the_viewer_tells_all_that_is_known(client: Client) -> None:
    job = new_job(
        status="completed",
        frames_done=100,
        progress=100.0,
        width=768,
        height=432,
        fps=25.0,
        duration_s=4.0,
        device_used="cpu",
        fallback=True,
        plugin_timings={
            "detect": {"tool": "yolo.detect", "runs": 100, "mean_ms": 12.5, "max_ms": 30.0, "total_ms": 1250},
            "read": {"tool": "ocr.read", "runs": 100, "mean_ms": 5.0, "max_ms": 9.0, "total_ms": 500},
        },
        tools={"detect": {"tool": "yolo.detect", "backend": "openvino", "versions": {"openvino": "2026.4"}}},
        warnings=["Frame 7 is damaged"],
        warnings_count=1,
        summary={
            "labels": [{"label": "car", "count": 1234, "first_s": 1.5, "last_s": 2.0}],
            "texts": [{"text": "NO ENTRY", "count": 3, "first_s": 65.0, "last_s": 66.0}],
            "tracks": 7,
        },
    )
    said = page(client, f"/videos/{job.pk}/")
    for words in (
        "Completed", "100 frames", "yolo.detect", "backend openvino · openvino 2026.4", "12.5 ms",
        'width="40.0"', "Frame 7 is damaged", "1 warning", "car", 'data-time="1.5"', "NO ENTRY", "1:05",
        "was not available",
        f"/video/results/{job.pk}?format=coco&amp;download=1",
    ):  # fmt: skip
        assert words in said, words
    assert "<style" not in said
    assert " style=" not in said
    assert "onclick" not in said


def test_a_failed_video_says_why_and_offers_another_try(client: Client) -> None:
    job = new_job(status="failed", error_code="disk_full", error_message="The disk is full")
    said = page(client, f"/videos/{job.pk}/")
    assert "The disk is full" in said
    assert '<button id="retry" class="button button-small" type="button">' in said
    (bar,) = re.findall(r'<progress id="progress-bar"[^>]*>', said)
    assert bar.endswith(" hidden>")


def test_a_picture_is_shown_as_one(client: Client) -> None:
    job = new_job(
        source_name="sign.png",
        source_kind="picture",
        status="completed",
        summary={"texts": [{"text": "EXIT", "count": 1, "first_s": 0.0, "last_s": 0.0}]},
    )
    said = page(client, f"/videos/{job.pk}/")
    assert '<img id="media"' in said
    assert 'id="play"' not in said
    assert '<span class="jump"' in said
    assert "Create annotated picture" in said


def test_a_video_that_is_not_there(client: Client) -> None:
    assert client.get(f"/videos/{uuid.uuid4()}/", headers={"accept": "text/html"}).status_code == 404
    assert client.get("/videos/nonsense/").status_code == 404


def test_a_login_is_needed_where_the_operator_says_so(client: Client, settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = True
    for path in ("/videos/", f"/videos/{new_job().pk}/"):
        assert client.get(path).url.startswith("/account/login/"), path  # type: ignore[attr-defined]


def test_the_pages_are_linked_with_each_other(client: Client) -> None:
    assert 'href="/videos/"' in page(client, "/")
    said = page(client, "/videos/")
    assert '<a href="/videos/" aria-current="page">Videos</a>' in said
    assert '<a href="/">Live</a>' in said
