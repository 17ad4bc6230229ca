"""One site for all tests of this folder, with the cases' networks and pipelines."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.defaults import default_definitions
from tests.conftest import MEDIA
from tests.streaming.live import definition as steady
from tests.world.conftest import pipeline
from tests.world.served.entries import Site, site


@pytest.fixture(scope="package")
def cases(test_media: Path) -> Path:
    """The folder of the cases, which not all media have beside them."""
    folder = test_media / "cases"
    if not folder.is_dir():
        pytest.skip(f"{MEDIA} names a folder without `cases`")
    return folder


@pytest.fixture(scope="package")
def served(cases: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site; a pipeline is stored for each network, under its file's name."""
    data_dir = tmp_path_factory.mktemp("served")
    weights_dir = data_dir / "weights"
    weights_dir.mkdir()
    networks = [path for path in sorted(cases.glob("*/*")) if path.suffix in (".onnx", ".pt")]
    for path in networks:
        shutil.copyfile(path, weights_dir / path.name)
    definitions = {path.name: finding(path.name) for path in networks}
    for path in sorted(cases.glob("*/pipeline.json")):
        stored = json.loads(path.read_text())
        definitions[stored["id"]] = stored
    quick = steady("quick", {})
    for definition in (quick, *default_definitions().values()):
        definitions[definition["id"]] = definition
    with site(data_dir, list(definitions.values())) as running:
        yield running


def finding(weights: str) -> dict[str, Any]:
    """A pipeline that finds boxes with these weights."""
    node = {"plugin_id": "yolo", "tool_id": "detect", "params": {"weights": weights, "conf": 0.3}}
    return pipeline(weights.replace(".", "_"), node)
