"""A refused upload leaves nothing behind, and its answer says why."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from PIL import Image

from jobs.intake import submission, uploads
from jobs.intake.free_space import Room
from pipelines.models import Pipeline
from tests.jobs.films import write_film
from tests.jobs.intake.submitting import SUBMIT, nothing_is_left, post, upload_of
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop
from tests.pipelines.api.answers import refusal
from tests.pipelines.clips import write_sound
from tests.pipelines.pictures import drawn, picture_file


@pytest.fixture(autouse=True)
def look(workshop: Workshop) -> Pipeline:
    return Pipeline.objects.create(pipeline_id="look", definition=definition("look"))


class TestRefused:
    @pytest.fixture(autouse=True)
    def leaves_nothing(self, look: Pipeline) -> Iterator[None]:
        yield
        assert nothing_is_left()

    @pytest.mark.parametrize("content", [b"just words\n" * 100, b"\x00" * 5000, b"%PDF-1.7\n%%EOF"])
    def test_what_is_no_video(self, client: Client, content: bytes) -> None:
        status, code, detail = refusal(post(client, SimpleUploadedFile("a.mp4", content)))

        assert (status, code) == (415, "not_a_video")
        assert "MP4" in detail

    def test_an_empty_file(self, client: Client) -> None:
        assert refusal(post(client, SimpleUploadedFile("a.mp4", b"")))[:2] == (422, "empty_file")

    @pytest.mark.parametrize("part", [0.3, 0.6])
    def test_a_video_that_was_cut_off(self, client: Client, workshop: Workshop, part: float) -> None:
        whole = workshop.clip().read_bytes()
        cut = whole[: int(len(whole) * part)]

        status, code, detail = refusal(post(client, SimpleUploadedFile("a.mp4", cut)))

        assert (status, code) == (422, "invalid_video")
        assert "cut off" in detail

    def test_sound_alone(self, client: Client, workshop: Workshop) -> None:
        file = upload_of(write_sound(workshop.folder / "a.mov"))

        assert refusal(post(client, file))[:2] == (415, "no_picture")

    def test_a_playlist_opens_no_other_file(self, client: Client, workshop: Workshop) -> None:
        secret = workshop.clip("secret.mp4")
        playlist = f"ffconcat version 1.0\nfile {secret}\n".encode()

        assert refusal(post(client, SimpleUploadedFile("a.mp4", playlist)))[0] == 415

    def test_too_many_bytes(self, client: Client, settings: Any) -> None:
        settings.JOBS = replace(settings.JOBS, max_upload_bytes=100_000)
        heavy = SimpleUploadedFile("a.mp4", b"\x00" * 100_001)

        answer = refusal(post(client, heavy))

        assert answer == (413, "file_too_large", "The file is larger than 0.09537 MB (JOBS_MAX_UPLOAD_MB)")

    def test_far_too_many_bytes_are_not_taken_in(self, client: Client, settings: Any) -> None:
        far_too_many = str(2 * settings.JOBS.max_upload_bytes)
        address = f"{SUBMIT}?pipeline_id=look"

        assert refusal(client.post(address, {}, CONTENT_LENGTH=far_too_many))[:2] == (413, "file_too_large")

    def test_too_long(self, client: Client, workshop: Workshop, settings: Any) -> None:
        long = write_film(workshop.folder / "a.mp4", [0, 10 * 3600 * 1000])

        status, code, detail = refusal(post(client, upload_of(long)))

        assert (status, code) == (413, "video_too_long")
        assert detail.startswith("The video is 10 h long and 6 h is the most")

    def test_too_many_frames(self, client: Client, workshop: Workshop, settings: Any) -> None:
        settings.JOBS = replace(settings.JOBS, max_frames=7)

        assert refusal(post(client, upload_of(workshop.clip())))[:2] == (413, "video_too_long")

    @pytest.mark.parametrize("kind", ["video", "picture"])
    def test_too_many_pixels(self, client: Client, workshop: Workshop, settings: Any, kind: str) -> None:
        settings.JOBS = replace(settings.JOBS, max_pixels=64 * 48 - 1)
        file = upload_of(workshop.clip()) if kind == "video" else picture_file(drawn(size_wh=(64, 48)))

        assert refusal(post(client, file))[:2] == (413, "image_too_large")

    @pytest.mark.parametrize("size_wh", [(12_000, 8_000), (16_000, 16_000)])
    def test_a_header_that_declares_a_bomb(self, client: Client, size_wh: tuple[int, int]) -> None:
        file = picture_file(Image.new("1", size_wh), "PNG")

        assert refusal(post(client, file))[:2] == (413, "image_too_large")

    def test_no_file(self, client: Client) -> None:
        status, code, detail = refusal(client.post(SUBMIT, {"pipeline_id": "look"}))

        assert (status, code) == (422, "invalid_request")
        assert "“file”" in detail

    def test_two_files(self, client: Client, workshop: Workshop) -> None:
        clip = workshop.clip()
        answer = client.post(SUBMIT, {"file": [upload_of(clip), upload_of(clip)], "pipeline_id": "look"})

        assert refusal(answer)[:2] == (422, "invalid_request")

    def test_a_file_in_another_field(self, client: Client, workshop: Workshop) -> None:
        answer = client.post(SUBMIT, {"video": upload_of(workshop.clip()), "pipeline_id": "look"})

        assert refusal(answer)[:2] == (422, "invalid_request")

    @pytest.mark.parametrize("body", [b"", b"\x00" * 1000])
    def test_a_body_of_another_kind(self, client: Client, body: bytes) -> None:
        assert refusal(client.post(SUBMIT, body, content_type="video/mp4"))[:2] == (
            415,
            "unsupported_media_type",
        )

    def test_a_multipart_body_that_is_none(self, client: Client) -> None:
        answer = client.post(SUBMIT, b"--", content_type="multipart/form-data; boundary=")

        assert refusal(answer)[:2] == (400, "bad_request")

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"frame_stride": "0"}, "frame_stride"),
            ({"frame_stride": "often"}, "frame_stride"),
            ({"max_frames": "-1"}, "max_frames"),
            ({"device": "toaster"}, "device"),
            ({"pipeline_id": ""}, "choose either"),
            ({"plugin_id": "bench"}, "choose either"),
            ({"plugin_id": "bench", "tool": "look", "params": "{"}, "params"),
        ],
    )
    def test_options_that_make_no_sense(
        self, client: Client, workshop: Workshop, fields: dict[str, str], said: str
    ) -> None:
        status, code, detail = refusal(post(client, upload_of(workshop.clip()), **fields))

        assert (status, code) == (422, "invalid_request")
        assert said in detail

    def test_a_pipeline_and_a_tool(self, client: Client, workshop: Workshop) -> None:
        answer = post(client, upload_of(workshop.clip()), plugin_id="bench", tool="look", pipeline_id="look")

        assert refusal(answer)[:2] == (422, "invalid_request")

    def test_an_unknown_pipeline(self, client: Client, workshop: Workshop) -> None:
        answer = post(client, upload_of(workshop.clip()), pipeline_id="nope")

        assert refusal(answer) == (404, "invalid_pipeline", "Unknown pipeline_id: nope")

    @pytest.mark.parametrize(("plugin", "tool"), [("nope", "look"), ("bench", "nope")])
    def test_an_unknown_tool(self, client: Client, workshop: Workshop, plugin: str, tool: str) -> None:
        answer = post(client, upload_of(workshop.clip()), plugin_id=plugin, tool=tool)

        assert refusal(answer)[:2] == (422, "invalid_pipeline")

    def test_a_full_disk_that_is_seen_at_once(
        self, client: Client, workshop: Workshop, settings: Any
    ) -> None:
        settings.JOBS = replace(settings.JOBS, min_free_bytes=2**60)

        status, code, detail = refusal(post(client, upload_of(workshop.clip())))

        assert (status, code) == (507, "disk_full")
        assert "delete old jobs" in detail

    def test_a_disk_that_fills_up(
        self, client: Client, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Everything written to this device finds no room."""

        class OnFullDisk(uploads.IntoPlace):
            def __init__(self, request: HttpRequest, path: Path, max_bytes: int, room: Room) -> None:
                path.symlink_to("/dev/full")
                super().__init__(request, path, max_bytes, room)

        monkeypatch.setattr(uploads, "IntoPlace", OnFullDisk)
        monkeypatch.setattr(uploads, "NEW_FILE", "wb")

        assert refusal(post(client, upload_of(workshop.clip())))[:2] == (507, "disk_full")

    @pytest.mark.parametrize(
        "said", ["database or disk is full", "could not extend file: No space left on device"]
    )
    def test_a_database_that_finds_no_room(
        self, client: Client, workshop: Workshop, monkeypatch: pytest.MonkeyPatch, said: str
    ) -> None:
        def fail(**fields: Any) -> None:
            raise OperationalError(said)

        monkeypatch.setattr(submission, "submit_job", fail)

        assert refusal(post(client, upload_of(workshop.clip())))[:2] == (507, "disk_full")

    def test_a_page_of_another_site(self, client: Client, workshop: Workshop) -> None:
        answer = client.post(SUBMIT, {"file": upload_of(workshop.clip())}, headers={"origin": "https://evil"})

        assert refusal(answer)[0] == 403

    def test_somebody_who_must_log_in(self, client: Client, workshop: Workshop, settings: Any) -> None:
        settings.FORGESYTE_REQUIRE_LOGIN = True

        assert refusal(post(client, upload_of(workshop.clip())))[0] == 401

    @pytest.mark.parametrize("field", ["params", "device", "of_no_use"])
    def test_a_field_that_is_too_large(self, client: Client, workshop: Workshop, field: str) -> None:
        answer = post(client, upload_of(workshop.clip()), **{field: "x" * 600 * 1024})

        assert refusal(answer) == (
            413,
            "request_entity_too_large",
            "The form has too much text beside its files: all fields together may have 512 KB",
        )
