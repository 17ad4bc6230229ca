"""Turned pictures of the webcam set, found and read by the real networks of `yolo_ocr`."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.defaults import default_definitions
from pipelines.evaluation.text_scores import TextScore, score
from pipelines.evaluation.turning import turned
from pipelines.graph.definition import parse
from pipelines.graph.execution import OpenPipeline
from pipelines.media.images import decode_image
from pipelines.runtime import get_engine

pytestmark = pytest.mark.model
FOLDER = Path(__file__).parents[3] / "data" / "webcam_text"
WORDS: dict[str, list[str]] = json.loads((FOLDER / "words.json").read_text())
# Every other picture, to save time; `manage.py evaluate_text --turn` measures all of them.
NAMES = [name for name in WORDS if WORDS[name]][::2]


@pytest.fixture(scope="module")
def pipeline() -> Iterator[OpenPipeline]:
    definition, _ = parse(default_definitions()["yolo_ocr"])
    assert definition
    with closing(get_engine().open_sync(definition, live=False)) as opened:
        yield opened


def read(pipeline: OpenPipeline, degrees: float) -> TextScore:
    total = TextScore()
    for name in NAMES:
        image_bgr = turned(decode_image((FOLDER / name).read_bytes()), degrees)
        total += score(WORDS[name], pipeline.run({"frame_index": 1, "image": image_bgr}).result)
    return total


@pytest.fixture(scope="module")
def level(pipeline: OpenPipeline) -> TextScore:
    return read(pipeline, 0)


def test_level_pictures_are_read(level: TextScore) -> None:
    assert level.right >= 0.97 * level.expected


@pytest.mark.parametrize("degrees", [15, 45, 90, 180])
def test_turned_pictures_are_read_nearly_as_well(
    pipeline: OpenPipeline, level: TextScore, degrees: float
) -> None:
    assert read(pipeline, degrees).right >= 0.95 * level.right
