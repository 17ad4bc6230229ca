"""A file is looked for in the package, then in the weights folder, and checked before it is used."""

import hashlib
from pathlib import Path

import pytest

from pipelines.engine.readers.easyocr import files
from pipelines.engine.readers.easyocr.files import PublishedFile, published_file, why_not_easyocr
from pipelines.engine.readers.easyocr.options import EasyOcrOptions
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import WeightsNotFound

NETWORK = b"a network"
# Nobody listens there.
FILE = PublishedFile("net.pth", "http://127.0.0.1:9/net.zip", hashlib.md5(NETWORK).hexdigest())


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    monkeypatch.setattr(files, "package_folder", lambda: folder)
    return folder


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    folder = tmp_path / "weights" / "easyocr"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "weights", tmp_path / "cache")


def test_the_package_comes_before_the_folder(package: Path, storage: Path, weights: WeightsStore) -> None:
    for folder in (package, storage):
        (folder / FILE.name).write_bytes(NETWORK)
    assert published_file(FILE, storage, weights) == package / FILE.name


def test_what_the_package_has_under_that_name_is_checked(
    package: Path, storage: Path, weights: WeightsStore
) -> None:
    (package / FILE.name).write_bytes(b"another network")
    (storage / FILE.name).write_bytes(NETWORK)
    assert published_file(FILE, storage, weights) == storage / FILE.name


@pytest.mark.usefixtures("package")
def test_a_damaged_file_in_the_folder_is_told(storage: Path, weights: WeightsStore) -> None:
    (storage / FILE.name).write_bytes(b"half a net")
    with pytest.raises(WeightsNotFound, match=r"EasyOCR needs net\.pth.*there and damaged: delete it"):
        published_file(FILE, storage, weights)
    assert (storage / FILE.name).read_bytes() == b"half a net"


@pytest.mark.usefixtures("package")
def test_what_is_nowhere_and_cannot_be_fetched_is_named(storage: Path, weights: WeightsStore) -> None:
    with pytest.raises(WeightsNotFound) as caught:
        published_file(FILE, storage, weights)
    assert caught.value.detail == (
        "EasyOCR needs net.pth, and the download of http://127.0.0.1:9/net.zip failed: no connection to the "
        "server. Fetch that archive elsewhere, and put the net.pth from it into the folder of "
        "model_storage_directory."
    )
    assert list(storage.iterdir()) == []


def test_languages_are_checked_when_a_pipeline_is_saved(weights: WeightsStore) -> None:
    assert why_not_easyocr(EasyOcrOptions(languages=("de", "en")), weights) is None
    reason = why_not_easyocr(EasyOcrOptions(languages=("de", "ja")), weights)
    assert reason == "EasyOCR reads 'de' and 'ja' with different recognisers: choose one"
