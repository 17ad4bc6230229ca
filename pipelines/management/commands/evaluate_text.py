"""`manage.py evaluate_text PIPELINE FOLDER`: how much of the text on pictures a pipeline reads."""

import json
from argparse import RawDescriptionHelpFormatter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from numpy.typing import NDArray

from pipelines.conf import DEVICES
from pipelines.errors import InvalidImage, PipelineError
from pipelines.evaluation import benchmark, text_scores
from pipelines.evaluation.reports import describe
from pipelines.evaluation.text_scores import ALL, TextScore
from pipelines.evaluation.turning import turned
from pipelines.graph.execution import OpenPipeline
from pipelines.management.commands.run_pipeline import definition_named, fitted, size_wh, write_picture
from pipelines.media.annotate import draw_result
from pipelines.media.images import decode_image
from pipelines.runtime import get_engine
from pipelines.tools.inspector import RunReport

Words = dict[str, list[str]]
Reports = dict[str, RunReport]
WORDS = "words.json"
CAUTION = f"Precision means something only where {WORDS} lists every word that can be read on a picture."
RULES = f"""
The folder holds pictures and {WORDS}, which lists for each picture the words that a person reads on it:
{{"sign.jpg": ["NO", "ENTRY"], "wall.jpg": []}}

Case and the marks at a word's ends do not count, and each distinct word of a picture counts once.
recall     the share of the listed words that were read without a mistake
precision  the share of the words read that are listed
cer        edits from each listed word to the closest word read, at most its length, over all listed letters
{CAUTION}
"""


class Command(BaseCommand):
    help = "Run a pipeline on a folder of pictures whose words are known, and say how well it reads them."
    # What is wrong with other pipelines is of no interest here.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.epilog = RULES
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument(
            "pipeline", help="the id of a pipeline, or the path of a definition in a .json file"
        )
        parser.add_argument("folder", type=Path, help=f"a folder with pictures and {WORDS}")
        parser.add_argument("--json", action="store_true", help="print one object of JSON instead of a table")
        parser.add_argument("--annotate", type=Path, metavar="DIR", help="write every picture with boxes")
        parser.add_argument(
            "--size", type=size_wh, metavar="WxH", help="letterbox every picture, e.g. 640x480"
        )
        parser.add_argument(
            "--turn", type=float, default=0, metavar="DEGREES", help="turn every picture clockwise first"
        )
        parser.add_argument("--device", choices=DEVICES, help="instead of FORGESYTE_DEVICE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._evaluate(options)
        except PipelineError as error:
            raise CommandError(error.detail) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped", returncode=130) from None

    def _evaluate(self, options: dict[str, Any]) -> None:
        words = words_in(options["folder"])
        draw_to = drawing_folder(options["annotate"], options["folder"])
        definition = definition_named(options["pipeline"])
        opened = get_engine().open_sync(definition, live=False, device=options["device"])
        with closing(opened) as pipeline:
            pictures = Pictures(options["folder"], options["size"], options["turn"])
            reports = run_all(pipeline, list(words), pictures, draw_to)
            facts = {
                "pipeline": definition.id,
                "folder": str(options["folder"]),
                "size": "x".join(map(str, options["size"])) if options["size"] else "as they are",
                **({"turned": options["turn"]} if options["turn"] else {}),
                "machine": benchmark.machine(),
            }
            nodes = pipeline.metadata()
        if options["json"]:
            told = {**facts, "nodes": nodes, **figures(words, reports), "note": CAUTION}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(f"{name}: {value}" for name, value in facts.items()))
            self.stdout.write(describe(nodes))
            self.stdout.write(as_text(words, reports))


@dataclass(frozen=True)
class Pictures:
    """The pictures of a folder as a pipeline gets them: turned clockwise, then letterboxed to a size."""

    folder: Path
    size_wh: tuple[int, int] | None = None
    degrees: float = 0

    def read(self, name: str) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """A picture, BGR, and what the pipeline is given: the file itself where nothing was done to it."""
        path = self.folder / name
        try:
            image_bytes = path.read_bytes()
            image_bgr = fitted(turned(decode_image(image_bytes), self.degrees), self.size_wh)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from error
        except InvalidImage as error:
            raise CommandError(f"{path}: {error.detail}") from error
        is_changed = self.size_wh or self.degrees
        picture = {"image": image_bgr} if is_changed else {"image_bytes": image_bytes}
        return image_bgr, {"frame_index": 1, **picture}


def run_all(pipeline: OpenPipeline, names: list[str], pictures: Pictures, draw_to: Path | None) -> Reports:
    """The report of each picture, by its name; the first one of each size is run once before, to warm up."""
    reports: Reports = {}
    warm_shapes: set[tuple[int, ...]] = set()
    for name in names:
        image_bgr, payload = pictures.read(name)
        if image_bgr.shape not in warm_shapes:
            pipeline.run(payload)
            warm_shapes.add(image_bgr.shape)
        reports[name] = pipeline.run(payload)
        if draw_to:
            write_picture(draw_to / name, draw_result(image_bgr, reports[name].result))
    return reports


def figures(words: Words, reports: Reports) -> dict[str, Any]:
    """The JSON form of what came out: for each picture, for all of them, and the stages' times."""
    scores = scores_of(words, reports)
    pictures = {
        name: {
            **scores[name].as_dict(),
            **text_scores.mistakes(words[name], report.result),
            "timings_ms": report.timings_ms,
        }
        for name, report in reports.items()
    }
    whole = sum(scores.values(), TextScore()).as_dict()
    return {"pictures": pictures, ALL: whole, "stages_ms": median_ms(reports)}


def as_text(words: Words, reports: Reports) -> str:
    """The same for a person."""
    lines = [text_scores.table(scores_of(words, reports))]
    for name, report in reports.items():
        if missed := text_scores.mistakes(words[name], report.result)["missed"]:
            lines.append(f"missed on {name}: {' '.join(missed)}")
    medians = ", ".join(f"{stage} {ms:.1f}" for stage, ms in median_ms(reports).items())
    return "\n".join([*lines, f"median ms: {medians}", CAUTION])


def scores_of(words: Words, reports: Reports) -> dict[str, TextScore]:
    """The score of each picture."""
    return {name: text_scores.score(words[name], report.result) for name, report in reports.items()}


def words_in(folder: Path) -> Words:
    """The words of each picture of a folder, all of which are there; raises CommandError."""
    if not folder.is_dir():
        raise CommandError(f"There is no folder {folder}")
    path = folder / WORDS
    if not path.is_file():
        raise CommandError(f"There is no {WORDS} in {folder}: it lists the words of each picture")
    try:
        words = text_scores.checked_words(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise CommandError(f"{path} cannot be used: {error}") from error
    if missing := [name for name in words if not (folder / name).is_file()]:
        raise CommandError(f"{path} names pictures that are not there: {', '.join(missing)}")
    return words


def drawing_folder(target: Path | None, folder: Path) -> Path | None:
    """The folder to draw into, made if need be; raises CommandError, also for the pictures' own folder."""
    if target is None:
        return None
    if target.resolve() == folder.resolve():
        raise CommandError("--annotate would overwrite the pictures; name another folder")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{target} cannot be made: {error.strerror or error}") from error
    return target


def median_ms(reports: Reports) -> dict[str, float]:
    """The median over the pictures of each stage, in milliseconds, in the order in which the stages ran."""
    spent: dict[str, list[float]] = {}
    for report in reports.values():
        for stage, milliseconds in benchmark.with_rest(report.timings_ms).items():
            spent.setdefault(stage, []).append(milliseconds)
    return {stage: round(float(np.median(times)), 3) for stage, times in spent.items()}
