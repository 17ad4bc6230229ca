"""Finds the files of EasyOCR's networks: in their package, in the weights folder, or by a download."""

import hashlib
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.engine.readers.easyocr.options import PUBLISHED, EasyOcrOptions, recogniser_of
from pipelines.engine.weights.downloads import DownloadFailed, Expected, file_digest, whole_file
from pipelines.engine.weights.files import real_path
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import WeightsNotFound

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublishedFile:
    """A file that EasyOCR publishes: its name, the address of a zip archive with it, and its MD5."""

    name: str
    url: str
    md5: str

    @classmethod
    def of(cls, model: dict[str, Any]) -> "PublishedFile":
        """From EasyOCR's own list."""
        return cls(model["filename"], model["url"], model["md5sum"])

    def is_at(self, path: Path) -> bool:
        """True if the very file lies there, not one that only has its name."""
        return path.is_file() and file_digest(path, "md5") == self.md5


def published_file(wanted: PublishedFile, storage: Path, weights: WeightsStore) -> Path:
    """The checked file: that of the package, that in the folder, or one that is fetched into the folder.

    Raises WeightsNotFound.
    """
    for folder in (package_folder(), storage):
        if wanted.is_at(folder / wanted.name):
            return folder / wanted.name
    target = storage / wanted.name
    archive = storage / f"{wanted.name}.zip"
    try:
        if target.exists():
            raise DownloadFailed("the file is there and damaged: delete it")
        weights.downloads.fetch(wanted.url, archive, Expected())
        unpack(archive, target, Expected(None, wanted.md5, "md5"))
    except (DownloadFailed, zipfile.BadZipFile, KeyError) as error:
        raise WeightsNotFound(
            f"EasyOCR needs {target.name}, and the download of {wanted.url} failed: {error}. "
            f"Fetch that archive elsewhere, and put the {target.name} from it into the folder of "
            "model_storage_directory."
        ) from error
    finally:
        archive.unlink(missing_ok=True)
    return target


def package_folder() -> Path:
    """The folder of the networks that are installed with ForgeSyte."""
    from easyocr_en_models import model_dir

    return Path(model_dir())


def unpack(archive: Path, target: Path, expected: Expected) -> None:
    """Take one file out of an archive; DownloadFailed where its hash is wrong, KeyError where it misses."""
    with zipfile.ZipFile(archive) as files:
        content = files.read(target.name)
    expected.check(len(content), hashlib.new(expected.algorithm, content).hexdigest())
    with whole_file(target) as file:
        file.write(content)


def folders(options: EasyOcrOptions, weights: WeightsStore) -> tuple[Path, Path]:
    """The folder of the networks' files, and that of one's own code; raises WeightsNotFound."""
    return weights.folder(options.model_storage_directory), weights.folder(options.user_network_directory)


def why_not_easyocr(options: EasyOcrOptions, weights: WeightsStore) -> str | None:
    """A sentence on what these options ask for and cannot be had, or None; published files are fetched."""
    try:
        storage, user_networks = folders(options, weights)
        name = recogniser_of(options)
    except (WeightsNotFound, ValueError) as error:
        return error.detail if isinstance(error, WeightsNotFound) else str(error)
    if name in PUBLISHED:
        return None
    wanted = [user_networks / f"{name}.yaml", user_networks / f"{name}.py", storage / f"{name}.pth"]
    missing = [path.name for path in wanted if real_path(path, weights.roots) is None or not path.is_file()]
    if not missing:
        return None
    return (
        f"The EasyOCR recogniser '{name}' misses {', '.join(missing)}. Put the files into the folders of "
        "user_network_directory and model_storage_directory."
    )
