"""Weights: the files of trained networks, known by name."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipelines.engine.served.models import ServerAddress, allowed_address, is_address
from pipelines.engine.weights.catalog import CATALOG, KnownDownload
from pipelines.engine.weights.downloads import DownloadFailed, Downloads, Expected, file_digest, whole_file
from pipelines.engine.weights.facts import Facts, FactsCache, check_whole
from pipelines.engine.weights.files import SUFFIXES, accepts_upload, real_path, suffix_of
from pipelines.errors import WeightsNotFound, WeightsRefused
from pipelines.tools.parameters import PLAIN_NAME

if TYPE_CHECKING:
    from pipelines.conf import PipelineSettings

BUNDLED_DIR = Path(__file__).resolve().parents[2] / "bundled"
UPLOADS = "uploads"


@dataclass(frozen=True)
class WeightsEntry:
    """One network that can be used by name; `path` is None where it would have to be downloaded first.

    `about` says what it is, `problem` why it cannot run. `source` is `uploaded`, `downloaded`, `bundled` or
    `downloadable`. `sha256` is what the file ought to have, where that is known.
    """

    name: str
    source: str
    path: Path | None
    size: int
    sha256: str | None = None
    about: str = ""
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {**asdict(self), "path": str(self.path) if self.path else None}


@dataclass(frozen=True)
class Verdict:
    """The result of checking one file: `ok` is None where there is nothing to compare it with."""

    entry: WeightsEntry
    actual_sha256: str | None
    ok: bool | None


class WeightsStore:
    """Finds weights: uploaded ones first, then downloaded, bundled and downloadable ones. Thread-safe.

    A file put into the weights folder by hand counts as uploaded. A download that failed is not tried again
    for a minute, so that sessions fail at once instead of waiting for a server that does not answer.

    Without links and `..`, every file lies in the weights folder, among the bundled ones, or in one of the
    `allowed` folders. What its errors say tells no path of the server: clients read it.
    """

    def __init__(
        self,
        weights_dir: Path,
        cache_dir: Path,
        *,
        bundled_dir: Path = BUNDLED_DIR,
        allowed: Iterable[Path] = (),
        allow_pickles: bool = False,
        served: Iterable[ServerAddress] = (),
        catalog: Iterable[KnownDownload] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.weights_dir = weights_dir
        self.cache_dir = cache_dir
        self.roots = (weights_dir, bundled_dir, *allowed)
        self._allow_pickles = allow_pickles
        self._served = tuple(served)
        self._folders = {
            "uploaded": (weights_dir, weights_dir / UPLOADS),
            "downloaded": (weights_dir / "downloads",),
            "bundled": (bundled_dir,),
        }
        self._catalog = {known.name: known for known in (CATALOG if catalog is None else catalog)}
        self.downloads = Downloads(clock)
        self._facts = FactsCache()

    @classmethod
    def build(cls, settings: "PipelineSettings") -> Self:
        """The store as the settings ask for it."""
        return cls(
            settings.weights_dir,
            settings.cache_dir,
            allowed=settings.weights_paths,
            allow_pickles=settings.allow_pickles,
            served=settings.served_networks,
        )

    def resolve(self, name: str) -> Path:
        """The file or folder of a name or a path, without links, downloaded where possible.

        Its first bytes are those of its format. Raises WeightsNotFound.
        """
        return self._existing(name) or self._download(name)

    def status(self, name: str) -> str | None:
        """None where `resolve` would find or download it, else why not; looks at the disk only."""
        try:
            if is_address(name):
                self.served(name)
                return None
            if self._existing(name):
                return None
        except WeightsNotFound as error:
            return error.detail
        known = self._known(name)
        if known is None:
            return self._not_found(name)
        reason = self.downloads.recent_failure(known.url)
        return self._not_fetched(known, reason) if reason else None

    def served(self, name: str) -> ServerAddress:
        """The address of a network on a model server; raises WeightsNotFound where it may not be asked."""
        try:
            return allowed_address(name, self._served)
        except ValueError as error:
            raise WeightsNotFound(
                f"The address that is given for weights cannot be asked: {error}."
            ) from error

    def fetch(self, name: str) -> Path:
        """Download a known network even if a try has just failed; raises WeightsNotFound."""
        if known := self._known(name):
            self.downloads.forget_failure(known.url)
        return self._existing(name, ("downloaded",)) or self._download(name)

    def add(self, source: Path) -> Path:
        """Take a copy of a file in as an uploaded network; raises WeightsRefused and WeightsNotFound."""
        if not accepts_upload(source.name, self._allow_pickles):
            raise WeightsRefused(
                "Only .onnx files are taken in: others may run code when they are loaded. "
                "FORGESYTE_ALLOW_PICKLES=1 lets .pt files be taken in, too."
            )
        if not re.fullmatch(PLAIN_NAME, source.name):
            raise WeightsRefused(f"'{source.name}' is no plain name: use letters, digits, '-', '_' and '.'.")
        if not source.is_file():
            raise WeightsRefused(f"There is no file {source}.")
        check_whole(source, FactsCache())
        target = self.weights_dir / UPLOADS / source.name
        with source.open("rb") as read, whole_file(target) as written:
            shutil.copyfileobj(read, written)
        return target

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
        if is_path(name):
            return self._at(name)
        found = next(self._found(name, sources), None)
        return found and self._checked(found)

    def _found(
        self, name: str, sources: Iterable[str] = ("uploaded", "downloaded", "bundled")
    ) -> Iterator[Path]:
        """The files and folders of a name, the one that is taken first."""
        candidates = (
            folder / f"{name}{suffix}"
            for source in sources
            for folder in self._folders[source]
            for suffix in (("",) if suffix_of(name) else SUFFIXES)
        )
        return (path for path in candidates if self._is_usable(path))

    def _at(self, name: str) -> Path:
        """The file or folder at a path, which is taken from the weights folder unless it is absolute."""
        path = self._checked(self._path(name))
        if not os.path.exists(path):
            raise WeightsNotFound(
                f"There are no weights at the path of '{path.name}'. {self._remedy(path.name)}."
            )
        return path

    def _checked(self, path: Path) -> Path:
        """The path without links; raises WeightsNotFound where nothing may be loaded from there."""
        real = real_path(path, self.roots)
        if real is None:
            raise WeightsNotFound(
                f"Weights '{path.name}' lie outside the folders for weights: "
                "put them into the weights folder, or name their folder in FORGESYTE_WEIGHTS_PATHS."
            )
        if os.path.exists(real):
            check_whole(real, self._facts)
        return real

    def is_here(self, name: str) -> bool:
        """True if a file or folder has this name, whatever it is."""
        if is_address(name) or is_path(name):
            return False
        return any(True for _ in self._found(name))

    def facts(self, name: str) -> Facts | None:
        """The known facts of a network that is here; None of others, and of those that cannot run."""
        if is_address(name):
            return None
        try:
            path = self._existing(name)
        except WeightsNotFound:
            return None
        return self._facts.facts(path) if path else None

    def folder(self, name: str) -> Path:
        """A folder without links, taken from the weights folder unless it is absolute; it need not exist.

        Raises WeightsNotFound where nothing may be loaded from there.
        """
        real = real_path(self._path(name), self.roots)
        if real is None:
            raise WeightsNotFound(
                f"The folder '{Path(name).name}' lies outside the folders for weights: "
                "name one in the weights folder, or this one in FORGESYTE_WEIGHTS_PATHS."
            )
        return real

    def _path(self, name: str) -> Path:
        try:
            return self.weights_dir / Path(name).expanduser()
        # There is no such user.
        except RuntimeError:
            return self.weights_dir / name

    def _is_usable(self, path: Path) -> bool:
        """True if it exists, and was not uploaded in a format that is not allowed."""
        is_upload = path.parent == self.weights_dir / UPLOADS
        return os.path.exists(path) and (not is_upload or accepts_upload(path.name, self._allow_pickles))

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
        return self._checked(target)

    def _not_found(self, name: str) -> str:
        return f"Weights '{name}' are neither uploaded, downloaded nor bundled. {self._remedy(name)}."

    def _not_fetched(self, known: KnownDownload, reason: str) -> str:
        return (
            f"Weights '{known.name}' are not here, and the download of {known.url} failed: {reason}. "
            f"{self._remedy(known.name)}, or run: manage.py weights fetch {known.name}"
        )

    def _remedy(self, name: str) -> str:
        stem = Path(name).stem
        return f"Put the file into the weights folder as {stem}.onnx or {stem}.pt"

    def _entries(self, source: str, folders: Iterable[Path]) -> Iterator[WeightsEntry]:
        for folder in folders:
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                suffix = suffix_of(path.name)
                if suffix and not path.name.startswith(".") and self._is_usable(path):
                    yield self._entry(path.name.removesuffix(suffix), source, path)

    def _entry(self, name: str, source: str, path: Path) -> WeightsEntry:
        known = self._catalog.get(name) if source == "downloaded" else None
        sha256 = known.sha256 if known else recorded_sha256(path)
        facts = self._facts.facts(path)
        about = facts.problem or (known.about if known else facts.summary())
        return WeightsEntry(name, source, path, size_of(path), sha256, about, facts.problem)


def is_path(name: str) -> bool:
    """True if it is more than the plain name of a file."""
    return "/" in name or "\\" in name or name.startswith((".", "~"))


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
