"""Downloads a file whole or not at all."""

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.engine.underway import wait_for

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
TOTAL_TIMEOUT_S = 1800.0
RETRY_S = 60.0
CHUNK = 1 << 20


class DownloadFailed(Exception):
    """A file could not be fetched; the message says why in a few words."""


@dataclass(frozen=True)
class Expected:
    """The size of a file in bytes and its hash in hexadecimal digits, each where it is known."""

    size: int | None = None
    digest: str | None = None
    algorithm: str = "sha256"

    def check(self, size: int, digest: str) -> None:
        """Raise DownloadFailed where the file is not what it has to be."""
        if self.size is not None and size != self.size:
            raise DownloadFailed(f"{size} of {self.size} bytes arrived")
        if self.digest is not None and digest != self.digest:
            raise DownloadFailed(f"the file's {self.algorithm} is {digest}, not {self.digest}")


class Downloads:
    """Fetches each file once, however many ask, and remembers for a minute what failed. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        # By the URL: done when what is being fetched from there has arrived, or has failed.
        self._underway: dict[str, Future[None]] = {}

    def fetch(self, url: str, target: Path, expected: Expected) -> None:
        """Download `url` to `target` unless it is there; DownloadFailed, at once after a recent failure.

        Waits while another thread downloads it; raises Underway where the calling thread gives way.
        """
        with self._turn(url):
            if target.exists():
                return
            if reason := self.recent_failure(url):
                raise DownloadFailed(reason)
            try:
                with whole_file(target) as file:
                    copy_checked(url, file, expected)
            except (DownloadFailed, OSError) as error:
                # What the system says of a file has its path in it.
                reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
                self._failures[url] = (self._clock(), reason)
                raise DownloadFailed(reason) from error

    @contextmanager
    def _turn(self, url: str) -> Iterator[None]:
        """Be the only one that downloads this URL."""
        mine = Future[None]()
        while (underway := self._first(url, mine)) is not mine:
            wait_for(underway)
        try:
            yield
        finally:
            with self._lock:
                del self._underway[url]
            mine.set_result(None)

    def _first(self, url: str, mine: "Future[None]") -> "Future[None]":
        with self._lock:
            return self._underway.setdefault(url, mine)

    def recent_failure(self, url: str) -> str | None:
        """The reason for which the download failed in the last minute, or None."""
        failed_at, reason = self._failures.get(url, (float("-inf"), ""))
        return reason if self._clock() - failed_at < RETRY_S else None

    def forget_failure(self, url: str) -> None:
        """Forget a failed download, so that the next fetch tries again at once."""
        self._failures.pop(url, None)


@contextmanager
def whole_file(target: Path) -> Iterator[BinaryIO]:
    """A file to write that takes the name `target` when the body ends well, and vanishes when it raises.

    Two processes may write the same target at once.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        partial.chmod(0o644)
        partial.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            partial.unlink()
        raise


def copy_checked(url: str, file: BinaryIO, expected: Expected) -> None:
    """Write what `url` answers to `file`; raises DownloadFailed where it is not what was expected."""
    import requests

    digest, size = hashlib.new(expected.algorithm), 0
    deadline = time.monotonic() + TOTAL_TIMEOUT_S
    try:
        with requests.get(url, stream=True, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S)) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                if expected.size is not None and size > expected.size:
                    raise DownloadFailed(f"the file is larger than the expected {expected.size} bytes")
                if time.monotonic() > deadline:
                    raise DownloadFailed(f"it took more than {TOTAL_TIMEOUT_S:.0f} s")
    except requests.RequestException as error:
        raise DownloadFailed(reason_of(error)) from error
    expected.check(size, digest.hexdigest())


def reason_of(error: Exception) -> str:
    """A few words for a person, without the library's nested representations."""
    import requests

    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    if isinstance(error, requests.Timeout):
        return "the server did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(error, requests.ConnectionError):
        return "no connection to the server"
    return type(error).__name__


def file_digest(path: Path, algorithm: str = "sha256") -> str:
    """The hash of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
