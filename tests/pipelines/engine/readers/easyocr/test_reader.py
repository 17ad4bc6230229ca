"""EasyOCR reads with a network of one's own, finds its files, and says what it misses."""

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.engine.networks import NetworkCache
from pipelines.engine.readers.calibration import EASYOCR
from pipelines.engine.readers.easyocr import files
from pipelines.engine.readers.easyocr.reader import EARLIER, longer_views
from pipelines.engine.weights.downloads import Downloads
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import WeightsNotFound
from pipelines.tools.base import OpenContext, RunContext
from pipelines.tools.ocr.read import ReadTool, unavailable
from pipelines.tools.ocr.read_params import ReadParams
from tests.pipelines.engine.readers.easyocr.custom_reader import NAME, draw, make_digit_reader
from tests.pipelines.tools.conftest import Image

pytestmark = pytest.mark.model
LIMIT_S = 60
NUMBERS = ["10724", "204", "421"]


@pytest.fixture(scope="module")
def weights_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("easyocr-weights")
    (root / "easyocr").mkdir()
    make_digit_reader(root / "easyocr")
    return root


@pytest.fixture
def no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the package of EasyOCR's networks."""
    monkeypatch.setattr(files, "package_folder", lambda: tmp_path / "no-package")


@pytest.fixture(scope="module")
def networks() -> NetworkCache:
    return NetworkCache()


def params(**options: object) -> ReadParams:
    return ReadParams.model_validate(
        {"engine": "easyocr", "min_score": 0.2, "easyocr": {"recog_network": NAME, **options}}
    )


def context_for(weights_dir: Path, networks: NetworkCache | None = None, **options: bool) -> OpenContext:
    store = WeightsStore(weights_dir, weights_dir / "cache")
    return OpenContext(networks or NetworkCache(), store, device="cpu", **options)


def numbers_on_paper() -> tuple[Image, list[Detection]]:
    """A page, and boxes so tight that they have with their air the margins which the reader has learnt."""
    image = np.full((480, 640, 3), 255, np.uint8)
    boxes = []
    for row, number in enumerate(NUMBERS):
        picture = draw(number)
        height, width = picture.shape[:2]
        left, top = 60, 40 + 120 * row
        image[top : top + height, left : left + width] = picture
        inner_height = height / (1 + 2 * EASYOCR.padding_across)
        before, after = EASYOCR.padding_before * inner_height, EASYOCR.padding_after * inner_height
        x, y = left + before, top + EASYOCR.padding_across * inner_height
        w, h = width - before - after, inner_height
        boxes.append(Detection(x / 640, y / 480, w / 640, h / 480, "text", 0.9))
    return image, boxes


def test_a_recogniser_of_ones_own_reads(weights_dir: Path, networks: NetworkCache) -> None:
    tool = ReadTool(params(), context_for(weights_dir, networks))
    image, boxes = numbers_on_paper()
    context = RunContext(1)
    # The order of the boxes is not the order on the paper, in which they come out.
    shuffled = [boxes[2], boxes[0], boxes[1]]
    outputs = tool.run({"frame_index": 1, "image": image, "detections": shuffled}, context)
    assert [box.text for box in outputs["detections"]] == NUMBERS
    assert outputs["text"] == "10724\n204\n421"
    assert context.counters["ocr_reads"] == 3
    assert tool.metadata()["engine"] == "easyocr"
    assert tool.metadata()["device_used"] == "cpu"


def test_a_box_that_begins_within_a_letter_is_also_read_from_before_it() -> None:
    picture = draw("421")
    page = np.full((200, 400, 3), 255, np.uint8)
    height, width = picture.shape[:2]
    page[80 : 80 + height, 100 : 100 + width] = picture
    ink = np.flatnonzero((page < 128).any(axis=(0, 2)))
    whole, cut = ((int(ink[0]) + by, 80, int(ink[-1]) + 10, 80 + height) for by in (-10, 5))

    ((number, longer),) = longer_views(page, [whole, cut])

    assert number == 1
    assert longer.shape[1] == cut[2] - cut[0] + round(EARLIER * height)


def test_a_live_session_reads_with_it_once(weights_dir: Path, networks: NetworkCache) -> None:
    tool = ReadTool(params(), context_for(weights_dir, networks, live=True))
    image, boxes = numbers_on_paper()
    reads = []
    for index in range(3):
        context = RunContext(index)
        outputs = tool.run({"frame_index": index, "image": image, "detections": boxes}, context)
        reads.append(context.counters["ocr_reads"])
    assert outputs["text"] == "10724\n204\n421"
    assert reads[0] == 3
    assert reads[2] == 0


def test_only_the_characters_asked_for_are_read(weights_dir: Path, networks: NetworkCache) -> None:
    tool = ReadTool(params(allowlist="024"), context_for(weights_dir, networks))
    image, boxes = numbers_on_paper()
    outputs = tool.run({"frame_index": 1, "image": image, "detections": boxes}, RunContext(1))
    assert set(outputs["text"]) <= set("024\n")
    assert "204" in outputs["text"]


def test_the_files_of_ones_own_recogniser_are_asked_for_by_name(tmp_path: Path) -> None:
    context = context_for(tmp_path)
    reason = unavailable(params(), context.weights)
    assert reason is not None
    for suffix in ("yaml", "py", "pth"):
        assert f"{NAME}.{suffix}" in reason
    assert str(tmp_path) not in reason
    with pytest.raises(WeightsNotFound, match="Put the files into the folders of"):
        ReadTool(params(), context)


def test_the_folders_can_be_given(weights_dir: Path) -> None:
    folder = str(weights_dir / "easyocr")
    options = params(user_network_directory=folder, model_storage_directory=folder)
    elsewhere = weights_dir / "elsewhere"
    assert unavailable(options, WeightsStore(elsewhere, elsewhere, allowed=[weights_dir])) is None
    reason = unavailable(options, WeightsStore(elsewhere, elsewhere))
    assert reason is not None
    assert "lies outside the folders for weights" in reason
    with pytest.raises(WeightsNotFound, match="lies outside"):
        ReadTool(options, OpenContext(NetworkCache(), WeightsStore(elsewhere, elsewhere)))
    assert not elsewhere.exists()


@pytest.mark.parametrize("name", ["latin_g2", "standard"])
def test_the_folder_of_published_recognisers_is_held_to_the_same(tmp_path: Path, name: str) -> None:
    options = params(recog_network=name, model_storage_directory=str(tmp_path / "out"))
    with pytest.raises(WeightsNotFound, match="lies outside"):
        ReadTool(options, context_for(tmp_path / "weights"))
    assert not (tmp_path / "out").exists()


@pytest.fixture
def download_server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a real server, and the folder that it serves."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Keep the test output clean."""

    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}", folder
        httpd.shutdown()
        thread.join(10)


def publish(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Serve an untrained network in the place of EasyOCR's English one; returns the archive."""
    import torch
    from easyocr.config import recognition_models
    from easyocr.model.vgg_model import Model

    english = recognition_models["gen2"]["english_g2"]
    network = Model(1, 256, 256, len(english["characters"]) + 1)
    weights = folder / english["filename"]
    torch.save({f"module.{key}": value for key, value in network.state_dict().items()}, weights)
    archive = folder / "english.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(weights, weights.name)
    monkeypatch.setitem(english, "url", f"{url}/{archive.name}")
    monkeypatch.setitem(english, "md5sum", hashlib.md5(weights.read_bytes()).hexdigest())
    return archive


def test_a_published_recogniser_is_fetched_on_first_use(
    tmp_path: Path, download_server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = download_server
    publish(folder, url, monkeypatch)
    options = ReadParams(engine="easyocr", min_score=0)
    tool = ReadTool(options, context_for(tmp_path / "weights"))
    assert [path.name for path in (tmp_path / "weights" / "easyocr").iterdir()] == ["english_g2.pth"]
    image, boxes = numbers_on_paper()
    outputs = tool.run({"frame_index": 1, "image": image, "detections": boxes}, RunContext(1))
    assert len(outputs["detections"]) == 3


def test_others_read_while_a_recogniser_is_fetched(
    weights_dir: Path,
    networks: NetworkCache,
    tmp_path: Path,
    download_server: tuple[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, folder = download_server
    publish(folder, url, monkeypatch)
    tool = ReadTool(params(), context_for(weights_dir, networks))
    image, boxes = numbers_on_paper()
    began, may_go_on = threading.Event(), threading.Event()

    def fetch(*args: Any) -> None:
        began.set()
        assert may_go_on.wait(LIMIT_S)
        Downloads.fetch(*args)

    slow = context_for(tmp_path / "weights")
    monkeypatch.setattr(slow.weights.downloads, "fetch", partial(fetch, slow.weights.downloads))
    with ThreadPoolExecutor(4) as threads:
        # Both miss the same file, and neither knows of the other.
        alike = [slow, replace(slow, networks=NetworkCache())]
        opening = [threads.submit(ReadTool, ReadParams(engine="easyocr"), context) for context in alike]
        try:
            assert began.wait(LIMIT_S)
            payload = {"frame_index": 1, "image": image, "detections": boxes}
            outputs = threads.submit(tool.run, payload, RunContext(1)).result(LIMIT_S)
        finally:
            may_go_on.set()
        for future in opening:
            assert future.result(LIMIT_S).metadata()["engine"] == "easyocr"
    assert outputs["text"] == "10724\n204\n421"


@pytest.mark.parametrize("damage", ["not an archive", "wrong hash", "missing"])
def test_a_bad_download_leaves_nothing_and_says_what_to_do(
    tmp_path: Path, download_server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    from easyocr.config import recognition_models

    url, folder = download_server
    archive = publish(folder, url, monkeypatch)
    if damage == "not an archive":
        archive.write_bytes(b"<html>please log in</html>")
    elif damage == "missing":
        archive.unlink()
    else:
        monkeypatch.setitem(recognition_models["gen2"]["english_g2"], "md5sum", "0" * 32)
    storage = tmp_path / "weights" / "easyocr"
    with pytest.raises(WeightsNotFound, match=r"EasyOCR needs .*english_g2\.pth.*put the english_g2\.pth"):
        ReadTool(ReadParams(engine="easyocr"), context_for(tmp_path / "weights"))
    assert list(storage.iterdir()) == []


@pytest.mark.usefixtures("no_package")
def test_a_damaged_file_is_not_replaced_behind_ones_back(tmp_path: Path) -> None:
    damaged = tmp_path / "easyocr" / "english_g2.pth"
    damaged.parent.mkdir()
    damaged.write_bytes(b"damaged")
    with pytest.raises(WeightsNotFound, match="there and damaged: delete it"):
        ReadTool(ReadParams(engine="easyocr"), context_for(tmp_path))
    assert damaged.read_bytes() == b"damaged"


@pytest.mark.usefixtures("no_package")
def test_the_whole_frame_needs_easyocrs_own_detector(
    weights_dir: Path, networks: NetworkCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    from easyocr.config import detection_models

    monkeypatch.setitem(detection_models["craft"], "url", "http://127.0.0.1:9/craft.zip")
    tool = ReadTool(params(), context_for(weights_dir, networks))
    image, _ = numbers_on_paper()
    with pytest.raises(WeightsNotFound, match=r"EasyOCR needs .*craft_mlt_25k\.pth.*no connection"):
        tool.run({"frame_index": 1, "image": image}, RunContext(1))


def test_readers_that_need_the_same_networks_share_them(weights_dir: Path, networks: NetworkCache) -> None:
    before = ReadTool(params(), context_for(weights_dir, networks))
    count = networks.count
    own_way = params(
        allowlist="024", decoder="beamsearch", languages=("en", "en"), model_storage_directory="./easyocr/."
    )
    tool = ReadTool(own_way, context_for(weights_dir, networks))
    image, boxes = numbers_on_paper()
    payload = {"frame_index": 1, "image": image, "detections": boxes}

    assert networks.count == count
    assert set(tool.run(payload, RunContext(1))["text"]) <= set("024\n")
    assert not set(before.run(payload, RunContext(1))["text"]) <= set("024\n")
