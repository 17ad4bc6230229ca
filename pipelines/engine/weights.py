"""Weights: the files of trained networks, known by name."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.engine.catalog import CATALOG, KnownDownload
from pipelines.engine.download import DownloadFailed, Downloads, Expected, file_digest
from pipelines.errors import WeightsNotFound

BUNDLED_DIR = Path(__file__).resolve().parent.parent / "bundled"
# What a name may be completed with, the first that exists wins.
SUFFIXES = ("_openvino_model", ".onnx", ".pt", ".engine", ".torchscript")


@dataclass(frozen=True)
class WeightsEntry:
    """One network that can be used by name; `path` is None where it would have to be downloaded first.

    `source` is `uploaded`, `downloaded`, `bundled` or `downloadable`. `sha256` is what the file ought to
    have, where that is known.
    """

    name: str
    source: str
    path: Path | None
    size: int
    sha256: str | None = None
    about: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {**asdict(self), "path": str(self.path) if self.path else None}


@dataclass(frozen=True)
class Verdict:
    """What came of checking one file: `ok` is None where there is nothing to compare it with."""

    entry: WeightsEntry
    actual_sha256: str | None
    ok: bool | None


class WeightsStore:
    """Finds weights: uploaded ones first, then downloaded, bundled and downloadable ones. Thread-safe.

    A file put into the weights folder by hand counts as uploaded. A download that failed is not tried again
    for a minute, so that sessions fail at once instead of waiting for a server that does not answer.
    """

    def __init__(
        self,
        weights_dir: Path,
        cache_dir: Path,
        *,
        bundled_dir: Path = BUNDLED_DIR,
        catalog: Iterable[KnownDownload] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.weights_dir = weights_dir
        self.cache_dir = cache_dir
        self._folders = {
            "uploaded": (weights_dir, weights_dir / "uploads"),
            "downloaded": (weights_dir / "downloads",),
            "bundled": (bundled_dir,),
        }
        self._catalog = {known.name: known for known in (CATALOG if catalog is None else catalog)}
        self.downloads = Downloads(clock)

    def resolve(self, name: str) -> Path:
        """The file or folder of a name or a path, downloaded where possible; raises WeightsNotFound."""
        return self._existing(name) or self._download(name)

    def status(self, name: str) -> str | None:
        """None where `resolve` would find or download it, else why not; looks at the disk only."""
        if self._existing(name):
            return None
        known = self._known(name)
        if known is None:
            return self._not_found(name)
        reason = self.downloads.recent_failure(known.url)
        return self._not_fetched(known, reason) if reason else None

    def fetch(self, name: str) -> Path:
        """Download a known network even if a try has just failed; raises WeightsNotFound."""
        if known := self._known(name):
            self.downloads.forget_failure(known.url)
        return self._existing(name, ("downloaded",)) or self._download(name)

    def listing(self) -> list[WeightsEntry]:
        """Every network that a name would find, and those that could be downloaded, by name."""
        found: dict[str, WeightsEntry] = {}
        for source, folders in self._folders.items():
            for entry in self._entries(source, folders):
                found.setdefault(entry.name, entry)
        for known in self._catalog.values():
            entry = WeightsEntry(known.name, "downloadable", None, known.size, known.sha256, known.about)
            found.setdefault(known.name, entry)
        return [found[name] for name in sorted(found)]

    def verify(self) -> list[Verdict]:
        """Compare every file on the disk with its known hash; reads them all."""
        return [verdict_of(entry) for entry in self.listing() if entry.path]

    def _existing(
        self, name: str, sources: Iterable[str] = ("uploaded", "downloaded", "bundled")
    ) -> Path | None:
        if "/" in name or "\\" in name:
            path = self.weights_dir / Path(name).expanduser()
            return path if path.exists() else None
        candidates = (
            folder / f"{name}{suffix}"
            for source in sources
            for folder in self._folders[source]
            for suffix in (("",) if name.endswith(SUFFIXES) else SUFFIXES)
        )
        return next((path for path in candidates if path.exists()), None)

    def _known(self, name: str) -> KnownDownload | None:
        known = self._catalog.get(name.removesuffix(".pt"))
        return known if known and name in (known.name, known.filename) else None

    def _download(self, name: str) -> Path:
        known = self._known(name)
        if known is None:
            raise WeightsNotFound(self._not_found(name))
        target = self._folders["downloaded"][0] / known.filename
        try:
            self.downloads.fetch(known.url, target, Expected(known.size, known.sha256))
        except DownloadFailed as error:
            raise WeightsNotFound(self._not_fetched(known, str(error))) from error
        return target

    def _not_found(self, name: str) -> str:
        if "/" in name:
            return f"There are no weights at {self.weights_dir / name}."
        tried = ", ".join(str(folder) for folders in self._folders.values() for folder in folders)
        return f"Weights '{name}' were not found in {tried}. {self._remedy(name)}."

    def _not_fetched(self, known: KnownDownload, reason: str) -> str:
        return (
            f"Weights '{known.name}' are not here, and the download of {known.url} failed: {reason}. "
            f"{self._remedy(known.name)}, or run: manage.py weights fetch {known.name}"
        )

    def _remedy(self, name: str) -> str:
        stem = Path(name).stem
        return f"Put the file into {self.weights_dir} as {stem}.onnx or {stem}.pt"

    def _entries(self, source: str, folders: Iterable[Path]) -> Iterator[WeightsEntry]:
        for folder in folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                suffix = next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), None)
                if suffix and not path.name.startswith("."):
                    yield self._entry(path.name.removesuffix(suffix), source, path)

    def _entry(self, name: str, source: str, path: Path) -> WeightsEntry:
        known = self._catalog.get(name) if source == "downloaded" else None
        sha256 = known.sha256 if known else recorded_sha256(path)
        return WeightsEntry(name, source, path, size_of(path), sha256, known.about if known else "")


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def recorded_sha256(path: Path) -> str | None:
    """The hash that a `SHA256SUMS` file beside it, made by `sha256sum`, gives; None where there is none."""
    sums = path.parent / "SHA256SUMS"
    if not sums.is_file():
        return None
    hashes = {
        name: digest for digest, _, name in (line.partition("  ") for line in sums.read_text().splitlines())
    }
    return hashes.get(path.name)


def verdict_of(entry: WeightsEntry) -> Verdict:
    """Hash one file and compare; folders have no hash."""
    actual = file_digest(entry.path) if entry.path and entry.path.is_file() else None
    return Verdict(entry, actual, actual == entry.sha256 if actual and entry.sha256 else None)


def accepts_upload(filename: str, allow_pt: bool) -> bool:
    """Whether people may upload a file of this name: `.onnx` always, `.pt` where the operator allows it.

    A `.pt` file is a pickle, which runs code of its maker's choice when it is loaded.
    """
    name = filename.lower()
    return name.endswith(".onnx") or (allow_pt and name.endswith(".pt"))
