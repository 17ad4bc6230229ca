"""Submitting over HTTP: what is taken in, and that it is on the disk before anybody hears of it."""

import errno
import io
import json
import os
import resource
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopFutureHandlers
from django.db import OperationalError
from django.http import HttpRequest
from django.test import AsyncClient, Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from PIL import Image

from forgesyte.server.live_body import BodyTooLong
from jobs import storage
from jobs.intake import probe, submission, uploads
from jobs.intake.free_space import Room
from jobs.intake.uploads import display_name
from jobs.models import Job
from jobs.services import submit_job
from pipelines.media.uploads import UploadRefused
from pipelines.models import Pipeline
from tests.jobs.films import write_film
from tests.jobs.intake.submitting import SUBMIT, job_of, post, upload_of
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop, indices_of
from tests.pipelines.api.answers import refusal
from tests.pipelines.clips import spoil, write_clip
from tests.pipelines.pictures import drawn, picture_file

LIMITS = probe.Limits(duration_s=3600, frames=1000, pixels=1_000_000)


@pytest.fixture(autouse=True)
def look(workshop: Workshop) -> Pipeline:
    return Pipeline.objects.create(pipeline_id="look", definition=definition("look"))


class TestTaken:
    @pytest.mark.parametrize(
        ("name", "codec"),
        [
            ("a.mp4", "libx264"),
            ("a.mov", "libx264"),
            ("a.avi", "mpeg4"),
            ("a.mkv", "libx264"),
            ("a.webm", "libvpx"),
        ],
    )
    def test_videos(self, client: Client, workshop: Workshop, name: str, codec: str) -> None:
        # AVI knows no times, only a rate.
        timing: dict[str, Any] = {"times": range(8), "ticks_s": 25} if name == "a.avi" else {}
        film = write_film(workshop.folder / name, codec=codec, **timing)
        job = job_of(post(client, upload_of(film)))

        assert (job.source_kind, job.width, job.height, job.frames_total) == ("video", 64, 48, 8)
        assert job.source_file == f"uploads/{job.pk}/source.{name[2:]}"
        assert job.source_path.is_file()
        assert job.fps == pytest.approx(25, rel=0.2)

    def test_it_is_worked_on(self, client: Client, workshop: Workshop) -> None:
        job = job_of(post(client, upload_of(workshop.clip()), frame_stride=3, max_frames=2, device="cpu"))

        job = workshop.work(job)

        assert job.status == "completed"
        assert indices_of(job) == [1, 4]

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
    def test_pictures_are_jobs_of_one_frame(self, client: Client, workshop: Workshop, kind: str) -> None:
        job = job_of(post(client, picture_file(drawn(size_wh=(80, 60)), kind)))

        assert (job.source_kind, job.width, job.height, job.frames_total) == ("picture", 80, 60, 1)
        assert workshop.work(job).status == "completed"
        assert indices_of(job) == [1]

    def test_a_photograph_that_was_held_upright(self, client: Client) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6

        job = job_of(post(client, picture_file(drawn(size_wh=(80, 60)), "JPEG", exif=exif)))

        assert (job.width, job.height) == (60, 80)

    def test_a_video_that_was_held_upright(self, client: Client, workshop: Workshop) -> None:
        job = job_of(post(client, upload_of(write_film(workshop.folder / "a.mp4", rotation=90))))

        assert (job.width, job.height) == (48, 64)

    def test_a_gif_that_moves_is_a_video(self, client: Client) -> None:
        frames = [Image.new("RGB", (80, 60), (shade, 0, 0)) for shade in (0, 100, 200)]
        buffer = BytesIO()
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)

        job = job_of(post(client, SimpleUploadedFile("a.gif", buffer.getvalue())))

        assert (job.source_kind, job.frames_total) == ("video", 3)

    def test_its_name_does_not_matter(self, client: Client, workshop: Workshop) -> None:
        job = job_of(post(client, upload_of(workshop.clip("a.mkv"), "holiday.txt")))

        assert job.source_file.endswith("source.mkv")
        assert job.source_name == "holiday.txt"

    def test_one_tool_instead_of_a_pipeline(self, client: Client, workshop: Workshop) -> None:
        params = json.dumps({"run_s": 0.0})
        response = post(client, upload_of(workshop.clip()), plugin_id="bench", tool="look", params=params)

        job = workshop.work(job_of(response))

        assert (job.status, job.pipeline_id, job.pipeline_name) == ("completed", "bench_look", "bench.look")
        assert [node["id"] for node in job.definition["nodes"]] == ["look"]

    async def test_options_in_the_address(self, async_client: AsyncClient, workshop: Workshop) -> None:
        address = f"{SUBMIT}?pipeline_id=look&frame_stride=2"
        response = await async_client.post(address, {"file": upload_of(workshop.clip())})

        assert response.status_code == 202
        assert (await Job.objects.aget(pk=response.json()["job_id"])).frame_stride == 2

    def test_the_old_address(self, client: Client, workshop: Workshop) -> None:
        response = client.post(f"/v1{SUBMIT}", {"file": upload_of(workshop.clip()), "pipeline_id": "look"})

        assert response.status_code == 202
        assert response["Deprecation"].startswith("@")

    def test_a_corrupt_first_frame_is_no_reason_to_refuse(self, client: Client, workshop: Workshop) -> None:
        path = workshop.clip()
        spoil(path, 1)

        assert job_of(post(client, upload_of(path))).frames_total == 8


class TestKept:
    """A row never says of a file that it is there before the disk has it."""

    def test_the_file_and_its_folders_are_on_the_disk_before_the_job_is_recorded(
        self, client: Client, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[str] = []
        sync, submit = os.fsync, submit_job

        def note(handle: int) -> None:
            synced.append(os.path.realpath(f"/proc/self/fd/{handle}"))
            sync(handle)

        def submit_then(**fields: Any) -> Job:
            folder = storage.upload_dir(fields["source"].job_id).resolve()
            assert synced == [
                str(folder / storage.ARRIVING),
                str(folder),
                str(folder.parent),
                str(storage.data_dir().resolve()),
            ]
            return submit(**fields)

        monkeypatch.setattr(os, "fsync", note)
        monkeypatch.setattr(submission, "submit_job", submit_then)

        job_of(post(client, upload_of(workshop.clip())))


class TestUnavailable:
    def test_weights_that_are_not_there(
        self, client: Client, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(submission, "why_unavailable", lambda definition: "Weights “gone” were not found")

        answer = refusal(post(client, upload_of(workshop.clip())))

        assert answer == (503, "unavailable", "Weights “gone” were not found")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("holiday.mp4", "holiday.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\videos\\a b.mp4", "a b.mp4"),
        ("a\x00b\n\tc.mp4", "a b c.mp4"),
        ("evil\u202e4pm.exe", "evil 4pm.exe"),
        ("..", ".."),
        ("", "unnamed"),
        ("\x07", "unnamed"),
        ("x" * 500 + ".mp4", "x" * 196 + ".mp4"),
    ],
)
def test_a_name_is_for_display_only(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_a_piece_that_finds_room_for_a_part_only_is_no_whole_piece(tmp_path: Path) -> None:
    room = Room(tmp_path, 0, 0)
    handler = uploads.IntoPlace(HttpRequest(), tmp_path / "a", 2**30, room)
    with pytest.raises(StopFutureHandlers):
        handler.new_file(uploads.FIELD, "a.mp4")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, hard))
    try:
        with pytest.raises(UploadRefused) as refused:
            handler.receive_data_chunk(bytes(600_000), 0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        handler.close()
    assert refused.value.code == "disk_full"


@pytest.mark.parametrize("error", [OSError(errno.EIO, "broken"), OperationalError("broken")])
def test_an_error_that_is_not_about_room_is_a_bug(error: Exception) -> None:
    with pytest.raises(type(error), match="broken"), uploads.disk_errors():
        raise error


def test_nobody_knows_how_a_video_was_held_that_cannot_be_decoded(workshop: Workshop) -> None:
    path = workshop.clip()
    for number in range(1, 9):
        spoil(path, number)

    assert (probe.examine(path, LIMITS).width, probe.examine(path, LIMITS).height) == (64, 48)


@given(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=50))
@how(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_no_damage_is_a_bug(tmp_path: Path, name: str, changes: list[tuple[float, int]]) -> None:
    data = bytearray(film_of(name))
    for place, value in changes:
        data[int(place * len(data))] = value
    path = tmp_path / "film"
    path.write_bytes(data)

    try:
        found = probe.examine(path, LIMITS)
    except UploadRefused:
        return
    assert found.width * found.height > 0
    assert found.frames is None or 0 < found.frames <= LIMITS.frames


@cache
def film_of(name: str) -> bytes:
    with TemporaryDirectory() as folder:
        return write_clip(Path(folder) / name, codec="mjpeg" if name == "a.avi" else "libx264").read_bytes()


def test_a_damaged_video_that_declares_more_than_there_is_memory_is_refused(tmp_path: Path) -> None:
    data = bytearray(film_of("a.mp4"))
    # The length of its table of codecs: 33 KB in a file of 2 KB.
    data[data.index(b"stsd") + 14] = 129
    path = tmp_path / "film"
    path.write_bytes(data)

    with pytest.raises(UploadRefused, match="costs too much") as refused:
        probe.examine(path, LIMITS)

    assert (refused.value.status, refused.value.code) == (413, "file_too_costly")


class TooLong(io.BytesIO):
    """A body of which more comes in than it may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Refuse to."""
        raise BodyTooLong("The body is too long")


def test_more_around_the_file_than_a_body_may_have_is_refused(workshop: Workshop) -> None:
    request = RequestFactory().post("/", b"x", content_type="multipart/form-data; boundary=b")
    vars(request)["_stream"] = TooLong()

    with pytest.raises(UploadRefused) as refused, uploads.new_folder() as job_id:
        uploads.take_in(request, job_id, 1000, 0)

    assert (refused.value.status, refused.value.code) == (413, "file_too_large")


def test_a_video_of_unknown_length(workshop: Workshop) -> None:
    path = write_clip(workshop.folder / "a.mkv")
    found = probe.examine(path, replace(LIMITS, duration_s=0, frames=0))

    assert found.suffix == "mkv"
    with pytest.raises(UploadRefused):
        probe.examine(path, replace(LIMITS, pixels=10))
