"""Each film of the table at each entry."""

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.core.management import call_command
from django.test import Client

from jobs import storage
from jobs.intake.frames import EndOfFile, SourceFrame, frames_of
from jobs.intake.probe import Limits, examine
from jobs.models import Job
from jobs.results.annotated import render
from jobs.results.exports import Source, as_coco
from jobs.selectors import read_raw_lines
from jobs.sources import VIDEO
from jobs.worker import job_run
from pipelines.models import Pipeline
from tests.jobs.conftest import workshop  # noqa: F401
from tests.jobs.intake.submitting import job_of, post, upload_of
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop, lines_of
from tests.world.films.builders import LEVELS, Film, mark_of, number_of, write, write_sound_with_cover
from tests.world.films.table import CASES, Case

LIMITS = Limits(duration_s=3600, frames=1000, pixels=1_000_000)
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


@each_case
def test_what_is_found_out_at_its_arrival(case: Case, tmp_path: Path) -> None:
    found = examine(case.build(tmp_path), LIMITS)

    assert (found.kind, found.width, found.height) == (VIDEO, *case.size_wh)
    assert found.frames == len(case.times_s)
    # The order in which frames are shown is not known before they are decoded.
    assert found.duration_s == pytest.approx(case.end_s, abs=0.31)


@each_case
def test_the_frames_of_a_job(case: Case, tmp_path: Path) -> None:
    *items, end = frames_of(case.build(tmp_path), VIDEO)
    frames = [item for item in items if isinstance(item, SourceFrame)]
    images: list[Any] = [frame.image_bgr for frame in frames]
    assert isinstance(end, EndOfFile)
    said = [*(word for frame in frames for word in frame.warnings), *end.warnings]

    assert [frame.time_s for frame in frames] == pytest.approx(list(case.times_s), abs=0.0011)
    assert end.end_s == pytest.approx(case.end_s, abs=0.0021)
    assert [number_of(image) for image in images] == [number % LEVELS for number in case.numbers]
    assert [images[at].shape[1::-1] for at in (0, -1)] == [case.size_wh, case.ends_wh]
    assert {mark_of(image) for image in images} == {case.mark}
    assert len(said) == (0 if not case.says else len([word for word in said if word]))
    assert case.says in " ".join(said)


@pytest.fixture
def client(workshop: Workshop) -> Client:  # noqa: F811
    Pipeline.objects.create(pipeline_id="look", name="Look", definition=definition("look"))
    return Client()


@each_case
def test_the_job_its_exports_and_its_annotated_film(case: Case, tmp_path: Path, client: Client) -> None:
    job = job_of(post(client, upload_of(case.build(tmp_path))))
    job_run.run(job.pk)
    job = Job.objects.get(pk=job.pk)

    assert (job.status, job.error_message) == ("completed", "")
    assert (job.width, job.height) == case.size_wh
    assert (job.frames_done, job.frames_total, job.progress) == (len(case.times_s), len(case.times_s), 100)
    assert job.duration_s == pytest.approx(case.end_s, abs=0.0021)
    assert [line["time_s"] for line in lines_of(job)] == pytest.approx(list(case.times_s), abs=0.0011)
    assert case.says in " ".join(job.warnings)
    assert bool(case.says) == bool(job.warnings)
    check_coco(job, case)
    check_annotated(job, case)


def check_coco(job: Job, case: Case) -> None:
    """Sizes in pixels are those of each frame, and names are the job's own."""
    source = Source(str(job.pk), job.source_name, job.pipeline_id, job.status, job.width, job.height)
    images = json.loads(b"".join(as_coco(source, lambda: read_raw_lines(job))))["images"]
    sizes = [(image["width"], image["height"]) for image in images]
    assert [sizes[0], sizes[-1]] == [case.size_wh, case.ends_wh]
    assert all(str(job.pk) in image["file_name"] for image in images)


def check_annotated(job: Job, case: Case) -> None:
    """Every frame at its time, the last as long as the one before, and the shape of each kept."""
    render(job, should_stop=lambda: False, progress=lambda percent: None)
    width = max(case.size_wh[0], case.ends_wh[0])
    height = max(case.size_wh[1], case.ends_wh[1])
    with av.open(str(storage.annotated_path(job.pk))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (width + width % 2, height + height % 2)
        frames = list(container.decode(stream))
        begins_s = frames[0].pts * stream.time_base
        ends_s = begins_s + stream.duration * stream.time_base
    shown = [float(frame.pts * frame.time_base) for frame in frames]
    assert shown == pytest.approx(list(case.times_s), abs=0.0021)
    assert float(ends_s) == pytest.approx(case.end_s, abs=0.0031)


@each_case
@pytest.mark.usefixtures("client")
def test_the_command(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = case.build(tmp_path)

    call_command("run_pipeline", "look", source, "--json", "--annotate", tmp_path / "out.mp4")

    told = capsys.readouterr()
    lines = [json.loads(line) for line in told.out.splitlines()]
    assert [line["time_s"] for line in lines] == pytest.approx(list(case.times_s), abs=0.0011)
    said = " ".join([*(word for line in lines for word in line.get("warnings", [])), told.err])
    assert case.says in said
    with av.open(str(tmp_path / "out.mp4")) as container:
        shown = [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]
    assert shown == pytest.approx(list(case.times_s), abs=0.0021)


class TestWhatIsNoFilm:
    @pytest.mark.parametrize("name", ["song.m4a", "song.mp4"])
    def test_a_song_with_a_cover_is_refused(self, client: Client, tmp_path: Path, name: str) -> None:
        answer = post(client, upload_of(write_sound_with_cover(tmp_path / name)))

        assert (answer.status_code, answer.json()["error"]) == (415, "no_picture")
        assert "There is no film in this file" in answer.json()["detail"]

    def test_sound_alone_is_refused(self, client: Client, tmp_path: Path) -> None:
        with av.open(str(tmp_path / "talk.mkv"), "w") as container:
            stream: Any = container.add_stream("pcm_s16le", rate=8000)
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
            container.mux(stream.encode())

        answer = post(client, upload_of(tmp_path / "talk.mkv"))

        assert (answer.status_code, answer.json()["error"]) == (415, "no_picture")


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_sound_goes_with_the_picture_in_the_annotated_film(
    client: Client, tmp_path: Path, container: str
) -> None:
    """The picture begins later than the sound, as after a cut by an editor."""
    film = Film(container, times=range(800, 2000, 100), sound="aac", sound_s=2.0)
    job = job_of(post(client, upload_of(write(tmp_path / f"late.{film.suffix}", film))))
    job_run.run(job.pk)
    job = Job.objects.get(pk=job.pk)
    render(job, should_stop=lambda: False, progress=lambda percent: None)

    first = lines_of(job)[0]["time_s"]
    assert first == pytest.approx(0.8, abs=0.03)
    made = storage.annotated_path(job.pk)
    assert first_s(made, "video") - first_s(made, "audio") == pytest.approx(0.8, abs=0.05)


def first_s(path: Path, kind: str) -> float:
    """The time of the first picture, or of the first sound."""
    with av.open(str(path)) as container:
        return float(next(container.decode(**{kind: 0})).time)
