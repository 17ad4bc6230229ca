"""Weights are fetched whole or not at all, and errors say why."""

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests

from pipelines.engine.weights.catalog import KnownDownload
from pipelines.engine.weights.downloads import reason_of
from pipelines.errors import WeightsNotFound
from tests.pipelines.engine.weights.place import CONTENT, FileServer, Place, known


def test_a_known_network_is_downloaded_once(place: Place, server: FileServer) -> None:
    store = place.store(known(f"{server.url}/good.pt"))
    assert store.status("good") is None
    path = store.resolve("good")
    assert path.read_bytes() == CONTENT
    assert store.resolve("good.pt") == path
    assert server.requests == ["/good.pt"]


def test_sessions_that_come_together_share_one_download(place: Place, server: FileServer) -> None:
    store = place.store(known(f"{server.url}/good.pt"))
    with ThreadPoolExecutor(4) as threads:
        paths = set(threads.map(store.resolve, ["good"] * 4))
    assert len(paths) == 1
    assert server.requests == ["/good.pt"]


def refused_url() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/good.pt"


def failing(server: FileServer, case: str) -> KnownDownload:
    good = known(f"{server.url}/good.pt")
    return {
        "wrong hash": replace(good, sha256="0" * 64),
        "too large": replace(good, size=100),
        "too small": replace(good, size=len(CONTENT) + 1),
        "cut short": known(f"{server.url}/cut.pt"),
        "missing": known(f"{server.url}/missing.pt"),
        "refused": replace(good, url=refused_url()),
    }[case]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("wrong hash", "sha256 is"),
        ("too large", "larger than the expected 100 bytes"),
        ("too small", f"of {len(CONTENT) + 1} bytes arrived"),
        ("cut short", "connection broke off"),
        ("missing", "the server answered 404"),
        ("refused", "no connection to the server"),
    ],
)
def test_a_bad_download_leaves_nothing_and_says_why(
    place: Place, server: FileServer, case: str, words: str
) -> None:
    download = failing(server, case)
    store = place.store(download)
    with pytest.raises(WeightsNotFound) as caught:
        store.resolve(download.name)
    assert words in caught.value.detail
    assert download.url in caught.value.detail
    assert f"manage.py weights fetch {download.name}" in caught.value.detail
    assert list((place.folder / "weights" / "downloads").iterdir()) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.Timeout(), "the server did not answer in time"),
        (requests.TooManyRedirects(), "TooManyRedirects"),
    ],
)
def test_every_failure_has_words(error: Exception, words: str) -> None:
    assert reason_of(error) == words


def test_a_download_without_end_is_given_up(
    place: Place, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.engine.weights.downloads.TOTAL_TIMEOUT_S", -1)
    with pytest.raises(WeightsNotFound, match="it took more than"):
        place.store(known(f"{server.url}/good.pt")).resolve("good")


def test_a_failed_download_is_remembered_for_a_minute(place: Place, server: FileServer) -> None:
    store = place.store(known(f"{server.url}/missing.pt"))
    for _ in range(3):
        with pytest.raises(WeightsNotFound, match="404"):
            store.resolve("missing")
    assert server.requests == ["/missing.pt"]
    reason = store.status("missing")
    assert reason is not None
    assert "404" in reason
    place.clock.now += 61
    assert store.status("missing") is None
    with pytest.raises(WeightsNotFound):
        store.resolve("missing")
    assert len(server.requests) == 2


def test_fetching_by_hand_tries_at_once(place: Place, server: FileServer) -> None:
    store = place.store(known(f"{server.url}/missing.pt"))
    for _ in range(2):
        with pytest.raises(WeightsNotFound):
            store.fetch("missing")
    assert len(server.requests) == 2


def test_a_weights_folder_that_cannot_be_written_is_an_error_with_a_reason(
    place: Place, server: FileServer
) -> None:
    place.put("weights", b"a file where the folder should be")
    with pytest.raises(WeightsNotFound, match="failed: Not a directory") as caught:
        place.store(known(f"{server.url}/good.pt")).resolve("good")
    assert str(place.folder) not in caught.value.detail
