"""`manage.py measure_jobs PIPELINE VIDEO`: what a job costs beside the bare work."""

from argparse import ArgumentTypeError
from pathlib import Path
from statistics import median
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.worker.throughput import measure
from jobs.worker.worker_process import this_process
from pipelines.errors import PipelineError
from pipelines.media.uploads import UploadRefused
from pipelines.services import definition_of


class Command(BaseCommand):
    help = "Times a plain loop and a job over the same video, in turns, in this one process."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pipeline", help="the id of a stored pipeline")
        parser.add_argument("file", type=Path, help="a video")
        parser.add_argument("--rounds", type=positive, default=4, metavar="N", help="how often each is timed")
        parser.add_argument("--max-frames", type=positive, metavar="N", help="of each turn")

    def handle(
        self,
        *args: Any,
        pipeline: str,
        file: Path,
        rounds: int,
        max_frames: int | None,
        **options: Any,
    ) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}")
        ratios = []
        try:
            for plain, job in measure(file, definition_of(pipeline), rounds, max_frames):
                ratios.append(job.fps / plain.fps)
                self.stdout.write(
                    f"{plain.frames} frames: plain loop {plain.fps:.1f} a second, "
                    f"job {job.fps:.1f} a second, ratio {ratios[-1]:.3f}"
                )
        except (PipelineError, UploadRefused) as error:
            raise CommandError(error.detail) from error
        finally:
            this_process().leave()
        self.stdout.write(f"median ratio {median(ratios):.3f}")


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)
