"""EasyOCR's published networks: converted ones read what torch reads, offline, and print nothing."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PictureOfWords
from PIL import ImageDraw, ImageFont

from pipelines.detections import Detection
from pipelines.engine.networks import NetworkCache
from pipelines.engine.readers.easyocr import canvas
from pipelines.engine.readers.easyocr.canvas import Canvas, Maps
from pipelines.engine.readers.easyocr.files import package_folder
from pipelines.engine.readers.easyocr.lines import LineReader
from pipelines.engine.readers.easyocr.networks import open_finder, open_recogniser
from pipelines.engine.readers.easyocr.options import EasyOcrOptions
from pipelines.engine.readers.easyocr.reader import views_of
from pipelines.engine.readers.easyocr.recognisers import Recogniser, find_recogniser
from pipelines.engine.readers.easyocr.text_boxes import Quad, word_quads
from pipelines.engine.readers.easyocr.text_lines import joined_words
from pipelines.engine.scheduling.yielding import pausable
from pipelines.engine.weights.store import WeightsStore
from pipelines.tools.base import OpenContext, RunContext
from pipelines.tools.ocr.read import ReadTool
from pipelines.tools.ocr.read_params import ReadParams
from tests.pipelines.pictures import drawn
from tests.pipelines.tools.conftest import Image, picture_from

pytestmark = pytest.mark.model
ROOT = Path(__file__).resolve().parents[5]
WEBCAM_SET = ROOT / "tests" / "data" / "webcam_text"
NAMES = ("parking_rules.jpg", "newspaper.jpg", "chalkboard_menu.jpg", "ice_warning.jpg")
OPTIONS = EasyOcrOptions()
# The detector pauses seventeen times.
WITHIN_THE_DETECTOR, LIMIT_S = 6, 120


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> WeightsStore:
    """A new installation: an empty weights folder and an empty cache."""
    folder = tmp_path_factory.mktemp("easyocr-networks")
    return WeightsStore(folder / "weights", folder / "cache")


@pytest.fixture(scope="module")
def recogniser(weights: WeightsStore) -> Recogniser:
    return find_recogniser(OPTIONS, weights)


@pytest.fixture(scope="module")
def pictures() -> dict[str, Image]:
    return {name: picture_from(WEBCAM_SET / name) for name in NAMES}


def words_on(maps: Maps) -> list[Quad]:
    """The words by their places."""
    return sorted(word_quads(maps[..., 0], maps[..., 1]), key=lambda quad: tuple(quad.mean(axis=0).round(-1)))


def test_the_networks_are_those_of_the_package(recogniser: Recogniser, weights: WeightsStore) -> None:
    assert recogniser.file == package_folder() / "english_g2.pth"
    assert not weights.weights_dir.exists()


def test_the_converted_detector_finds_torchs_words(weights: WeightsStore, pictures: dict[str, Image]) -> None:
    from pipelines.engine.readers.easyocr.torch_networks import TorchMaps, load_finder

    torch_finder = TorchMaps(load_finder(package_folder() / "craft_mlt_25k.pth"), "cpu")
    finder = open_finder(OPTIONS, "cpu", weights)
    for name, image in pictures.items():
        picture = Canvas.of(image).picture
        ours, theirs = (words_on(network(picture)) for network in (finder, torch_finder))
        assert len(ours) == pytest.approx(len(theirs), abs=max(1, len(theirs) / 20)), name
        middles = np.array([quad.mean(axis=0) for quad in ours])
        near = [np.linalg.norm(middles - quad.mean(axis=0), axis=1).min() < 4 for quad in theirs]
        assert np.mean(near) > 0.9, name


@pytest.mark.parametrize("size_wh", [(1280, 720), (960, 960)])
def test_the_words_of_a_large_canvas_are_those_of_the_whole(
    weights: WeightsStore, size_wh: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines of letters of 14 to 240 pixels, all of which go through the middle."""
    picture = Canvas.of(lines_across(size_wh)).picture
    finder = open_finder(OPTIONS, "cpu", weights)
    ours = words_on(finder(picture))
    monkeypatch.setattr(canvas, "MOST_PIXELS", picture.size)
    whole = words_on(finder(picture))

    assert len(ours) == len(whole) > 20
    assert max(np.abs(one - other).max() for one, other in zip(ours, whole, strict=True)) <= 2 * canvas.CELL


def lines_across(size_wh: tuple[int, int]) -> Image:
    """A frame that is full of words, from small ones at the top to large ones at the bottom."""
    page = PictureOfWords.new("RGB", size_wh, "white")
    draw, top, words = ImageDraw.Draw(page), 8, cycle(("EXIT", "gate", "PLATFORM", "north", "42", "street"))
    for height in (14, 20, 32, 60, 110, 240):
        font, left = ImageFont.load_default(height), float(-height / 3)
        while left < size_wh[0]:
            word = next(words)
            draw.text((left, top), word, fill="black", font=font)
            left += draw.textlength(word, font=font) + height
        top += round(1.4 * height)
    return np.asarray(page, np.uint8)


def test_the_converted_recogniser_reads_torchs_words(
    weights: WeightsStore, recogniser: Recogniser, pictures: dict[str, Image]
) -> None:
    from pipelines.engine.readers.easyocr.torch_networks import TorchLines, load_recogniser

    torch_lines = LineReader(TorchLines(load_recogniser(recogniser), "cpu"), recogniser)
    lines = LineReader(open_recogniser(recogniser, "cpu", weights.cache_dir), recogniser)
    finder = open_finder(OPTIONS, "cpu", weights)
    crops = []
    for image in pictures.values():
        boxes, _ = joined_words(words_on(finder(Canvas.of(image).picture)), (640, 480))
        crops += [crop for _, crop in views_of(image, boxes)]
    ours, theirs = (network.read(crops, OPTIONS) for network in (lines, torch_lines))

    sure = [(one, other) for one, other in zip(ours, theirs, strict=True) if other.score > 0.5]
    assert len(sure) > 20
    alike = [one.text == other.text for one, other in sure]
    assert np.mean(alike) > 0.95
    assert np.mean([abs(one.score - other.score) for one, other in sure]) < 0.05


@pytest.mark.parametrize("pipeline", ["easyocr_only", "yolo_easyocr"])
def test_a_picture_is_read_at_the_first_start_and_nothing_else_is_printed(
    pipeline: str, tmp_path: Path
) -> None:
    drawn("EXIT 42", (400, 200)).save(tmp_path / "exit.png")
    command = [sys.executable, "manage.py", "run_pipeline", f"pipelines/defaults/{pipeline}.json"]
    # Whatever wants to be fetched finds nobody.
    nowhere = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    env = {**os.environ, **nowhere, "FORGESYTE_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run(
        [*command, str(tmp_path / "exit.png"), "--json"],
        cwd=ROOT,
        env={**env, "DJANGO_SETTINGS_MODULE": "forgesyte.settings"},
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert '"text": "EXIT 42"' in line


def test_a_long_frame_gives_way_and_holds_nothing_meanwhile(weights: WeightsStore) -> None:
    context = OpenContext(NetworkCache(), weights, device="cpu")
    long, short = (ReadTool(ReadParams(engine="easyocr"), context) for _ in range(2))
    image = np.asarray(drawn("EXIT 42", (400, 200)), np.uint8)
    box = Detection(0.04, 0.28, 0.6, 0.3, "text", 0.9)
    payloads: dict[str, dict[str, Any]] = {
        "whole": {"image": image},
        "boxes": {"image": image, "detections": [box]},
    }
    expected = {name: short.run(payload, RunContext(1))["text"] for name, payload in payloads.items()}
    assert expected["whole"] == "EXIT 42"
    pauses: list[str] = []

    with ThreadPoolExecutor(1) as other:

        def pause() -> None:
            """Another session has its turn; it also finds lines while the detector is in its middle."""
            pauses.append("whole" if len(pauses) == WITHIN_THE_DETECTOR else "boxes")
            payload = payloads[pauses[-1]]
            answer = other.submit(short.run, payload, RunContext(1)).result(LIMIT_S)
            assert answer["text"] == expected[pauses[-1]]

        answer = pausable(pause, lambda: long.run(payloads["whole"], RunContext(1)))

    assert answer["text"] == expected["whole"]
    assert len(pauses) > 2 * WITHIN_THE_DETECTOR
