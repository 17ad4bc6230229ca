"""The measurement of jobs beside the bare work."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from jobs import storage
from jobs.models import Job
from jobs.sources import VIDEO
from jobs.worker.throughput import Turn, measure, stored
from pipelines.models import Pipeline
from pipelines.services import checked
from tests.jobs.toolbox import definition
from tests.jobs.workshop import Workshop
from tests.pipelines.clips import FPS


@pytest.fixture
def pipeline(workshop: Workshop) -> None:
    """A stored pipeline."""
    for name, options in (("look", {}), ("hopeless", {"fails": list(range(1, 50))})):
        row = Pipeline()
        row.take(definition("look", name, **options))
        row.save()


def test_both_go_over_every_frame_and_leave_nothing(workshop: Workshop) -> None:
    found = checked(definition())
    rounds = list(measure(workshop.clip(count=12), found, 2))
    assert [(plain.frames, job.frames) for plain, job in rounds] == [(12, 12)] * 2
    assert all(turn.fps > 0 for pair in rounds for turn in pair)
    assert not Job.objects.exists()
    assert not list((storage.data_dir() / storage.UPLOADS).iterdir())
    assert Turn(0, 0.0).fps == 0


def test_the_job_has_a_copy_of_the_file_and_knows_all_of_it(workshop: Workshop) -> None:
    clip = workshop.clip(count=12)
    source = stored(clip)
    assert (storage.data_dir() / source.file).read_bytes() == clip.read_bytes()
    assert (source.name, source.kind, source.size_bytes) == ("clip.mp4", VIDEO, clip.stat().st_size)
    assert (source.width, source.height, source.frames) == (64, 48, 12)
    assert source.fps == FPS
    assert source.duration_s == pytest.approx(12 / FPS)


def test_the_command(workshop: Workshop, pipeline: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("measure_jobs", "look", str(workshop.clip()), rounds=1, max_frames=5)
    first, last = capsys.readouterr().out.splitlines()[-2:]
    assert first.startswith("5 frames: plain loop ")
    assert last.startswith("median ratio ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("look", "/nowhere.mp4"), "There is no file /nowhere.mp4"),
        (("look", __file__), "neither a video nor a picture"),
    ],
)
def test_what_cannot_be_measured(
    workshop: Workshop, pipeline: None, arguments: tuple[str, str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("measure_jobs", *arguments)


def test_a_job_that_fails_is_no_measurement(workshop: Workshop, pipeline: None) -> None:
    path = Path(workshop.clip(count=4))
    with pytest.raises(CommandError, match="The bench broke"):
        call_command("measure_jobs", "hopeless", str(path))
    assert not Job.objects.exists()


def test_rounds_are_counted_from_one(workshop: Workshop) -> None:
    with pytest.raises(CommandError, match="whole number"):
        call_command("measure_jobs", "look", "x.mp4", "--rounds", "0")
