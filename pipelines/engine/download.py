"""Downloads a file whole or not at all."""

import hashlib
import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
TOTAL_TIMEOUT_S = 1800.0
CHUNK = 1 << 20


class DownloadFailed(Exception):
    """A file could not be fetched; the message says why in a few words."""


@dataclass(frozen=True)
class Expected:
    """What the file has to be: its size in bytes and its hash in hexadecimal digits."""

    size: int
    digest: str
    algorithm: str = "sha256"


def fetch(url: str, target: Path, expected: Expected) -> None:
    """Download `url` to `target`, which appears only when size and hash are right; raises DownloadFailed.

    Two processes may fetch the same file at once.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            copy_checked(url, file, expected)
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
                if size > expected.size:
                    raise DownloadFailed(f"the file is larger than the expected {expected.size} bytes")
                if time.monotonic() > deadline:
                    raise DownloadFailed(f"it took more than {TOTAL_TIMEOUT_S:.0f} s")
    except requests.RequestException as error:
        raise DownloadFailed(reason_of(error)) from error
    if size != expected.size:
        raise DownloadFailed(f"{size} of {expected.size} bytes arrived")
    if digest.hexdigest() != expected.digest:
        raise DownloadFailed(
            f"the file's {expected.algorithm} is {digest.hexdigest()}, not {expected.digest}"
        )


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
