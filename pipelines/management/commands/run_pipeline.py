"""`manage.py run_pipeline PIPELINE FILE`: run a pipeline on one picture or video from the command line."""

import json
import os
import sys
from argparse import ArgumentTypeError
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from pipelines.conf import DEVICES
from pipelines.errors import PipelineError, UnknownPipeline
from pipelines.evaluation import benchmark
from pipelines.evaluation.reports import as_line, as_text, describe
from pipelines.graph.definition import PipelineDefinition, parse
from pipelines.graph.execution import OpenPipeline
from pipelines.graph.validation import validate
from pipelines.media.annotate import draw_result
from pipelines.media.film_writer import MAX_PIXELS, FilmWriter
from pipelines.media.images import encode_jpeg, letterbox, read_file, shrunk
from pipelines.media.picture_file import Picture
from pipelines.media.picture_sequence import Frames, count_pictures, open_frames
from pipelines.models import Pipeline
from pipelines.runtime import get_engine
from pipelines.services import definition_of, run_video_frame


class Command(BaseCommand):
    help = "Run a pipeline on one picture or video. A video gives one line of JSON for each frame."
    # What is wrong with other pipelines is of no interest here.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "pipeline", help="the id of a pipeline, or the path of a definition in a .json file"
        )
        parser.add_argument("file", type=Path, help="a picture or a video")
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        parser.add_argument(
            "--annotate", type=Path, metavar="OUT", help="write the picture or video with boxes"
        )
        parser.add_argument(
            "--bench", type=positive, metavar="N", help="run the (first) frame N times and time it"
        )
        parser.add_argument("--size", type=size_wh, metavar="WxH", help="letterbox every frame, e.g. 640x480")
        parser.add_argument("--live", action="store_true", help="open the pipeline as a live session does")
        parser.add_argument("--device", choices=DEVICES, help="instead of FORGESYTE_DEVICE")
        parser.add_argument(
            "--frame-stride", type=positive, default=1, metavar="N", help="every Nth frame only"
        )
        parser.add_argument("--max-frames", type=positive, metavar="N", help="stop after N frames")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(options)
        except PipelineError as error:
            raise CommandError(error.detail) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped", returncode=130) from None
        except BrokenPipeError:
            # Whoever read our lines, such as `head`, has seen enough; Python must not complain at its exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _run(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}")
        definition = definition_named(options["pipeline"])
        with ExitStack() as stack:
            picture = read_picture(path)
            source: Picture | Frames = picture if picture else open_frames(path)
            if not isinstance(source, Picture):
                stack.enter_context(source)
            opened = get_engine().open_sync(definition, live=options["live"], device=options["device"])
            pipeline = stack.enter_context(closing(opened))
            if options["bench"]:
                first = source if isinstance(source, Picture) else next(source.frames(max_frames=1))
                self._bench(pipeline, first.image_bgr, options)
            elif isinstance(source, Picture):
                self._picture(pipeline, source, options)
            else:
                self._video(pipeline, source, options)

    def _picture(self, pipeline: OpenPipeline, picture: Picture, options: dict[str, Any]) -> None:
        image_bgr = fitted(picture.image_bgr, options["size"])
        report = pipeline.run({"frame_index": 1, "image": image_bgr})
        report = replace(report, warnings=[*picture.notes, *report.warnings])
        if options["annotate"]:
            write_picture(options["annotate"], draw_result(image_bgr, report.result))
        self.stdout.write(as_line(1, report) if options["json"] else as_text(report, pipeline.metadata()))

    def _video(self, pipeline: OpenPipeline, video: Frames, options: dict[str, Any]) -> None:
        stride, at_most = options["frame_stride"], options["max_frames"]
        total = min(-(-(video.frames_total or 0) // stride), at_most or sys.maxsize) or None
        bar = tqdm(total=total, unit="frame", file=sys.stderr, disable=not sys.stderr.isatty())
        with ExitStack() as stack:
            stack.enter_context(bar)
            writer = open_writer(stack, options["annotate"])
            for frame in video.frames(frame_stride=stride, max_frames=at_most):
                frame = replace(frame, image_bgr=fitted(frame.image_bgr, options["size"]))
                report = run_video_frame(pipeline, frame)
                if writer:
                    small = shrunk(frame.image_bgr, MAX_PIXELS)
                    writer.write(frame.time_s, draw_result(small, report.result))
                with tqdm.external_write_mode(file=sys.stdout):
                    self.stdout.write(as_line(frame.index, report, frame.time_s))
                    self.stdout.flush()
                bar.update()
        for warning in video.warnings:
            self.stderr.write(warning)

    def _bench(self, pipeline: OpenPipeline, image: Any, options: dict[str, Any]) -> None:
        image_bgr = fitted(image, options["size"])
        figures = benchmark.measure(pipeline, encode_jpeg(image_bgr), options["bench"])
        facts = {
            "pipeline": pipeline.definition.id,
            "frame": f"{image_bgr.shape[1]}x{image_bgr.shape[0]}",
            "runs": options["bench"],
            "live": options["live"],
            "machine": benchmark.machine(),
        }
        if options["json"]:
            self.stdout.write(json.dumps({**facts, "nodes": pipeline.metadata(), "stages_ms": figures}))
            return
        self.stdout.write("\n".join(f"{name}: {value}" for name, value in facts.items()))
        self.stdout.write(describe(pipeline.metadata()))
        self.stdout.write(benchmark.table(figures))


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def size_wh(text: str) -> tuple[int, int]:
    """A size such as 640x480."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 0 < int(width) <= 8192 and 0 < int(height) <= 8192):
        raise ArgumentTypeError(f"{text!r} is not a size such as 640x480")
    return int(width), int(height)


def definition_named(name: str) -> PipelineDefinition:
    """A definition from the database, or from a JSON file where `name` ends so; raises CommandError."""
    if name.lower().endswith(".json"):
        return definition_in(Path(name))
    try:
        return definition_of(name)
    except UnknownPipeline as error:
        known = ", ".join(Pipeline.objects.filter(enabled=True).values_list("pk", flat=True))
        hint = f"there are: {known}" if known else "`manage.py restore_pipelines` brings the default ones"
        raise CommandError(f"{error.detail}; {hint}") from error
    except DatabaseError as error:
        raise CommandError(f"The database cannot be read ({error}); run `manage.py migrate` first") from error


def definition_in(path: Path) -> PipelineDefinition:
    """A definition from a JSON file; CommandError says everything that is wrong with it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{path} cannot be read as JSON: {error}") from error
    problems = validate(data, get_engine().registry)
    definition, _ = parse(data)
    if definition is None or problems:
        raise CommandError(
            "\n".join([f"{path} is not a valid pipeline:", *(f"  {found}" for found in problems)])
        )
    return definition


def read_picture(path: Path) -> Picture | None:
    """The one picture in a file; None for videos and several pictures. Raises CommandError, InvalidImage."""
    try:
        return read_file(path) if count_pictures(path) == 1 else None
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}") from error


def fitted(image_bgr: NDArray[np.uint8], size: tuple[int, int] | None) -> NDArray[np.uint8]:
    """The picture letterboxed to `size`, or as it is where none is asked for."""
    return letterbox(image_bgr, size) if size else image_bgr


def write_picture(path: Path, image_bgr: NDArray[np.uint8]) -> None:
    """Write a picture in the format that the file's name asks for; raises CommandError."""
    try:
        Image.fromarray(np.ascontiguousarray(image_bgr[:, :, ::-1])).save(path)
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be written: {error}; name a .png or .jpg file") from error


def open_writer(stack: ExitStack, path: Path | None) -> FilmWriter | None:
    """The annotated video, closed with the stack; raises CommandError."""
    if path is None:
        return None
    try:
        return stack.enter_context(FilmWriter(path))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be written: {error}; name an .mp4 or .mkv file") from error
