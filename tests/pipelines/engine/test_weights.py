"""Weights are found by name, fetched whole or not at all, and errors say what to do."""

import hashlib
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command
from pytest_django import Settings

from pipelines.engine import weights as weights_module
from pipelines.engine.catalog import CATALOG, KnownDownload
from pipelines.engine.download import reason_of
from pipelines.engine.weights import WeightsStore, accepts_upload
from pipelines.errors import WeightsNotFound

CONTENT = b"a network's file " * 10_000


@dataclass
class FileServer:
    """Serves CONTENT on the loopback interface and counts the requests."""

    url: str
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[FileServer]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append(self.path)
            if self.path == "/missing.pt":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            cut = len(CONTENT) // 2 if self.path == "/cut.pt" else len(CONTENT)
            self.wfile.write(CONTENT[:cut])

        def log_message(self, format: str, *args: object) -> None:
            """Keep the test output clean."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        served = FileServer(f"http://127.0.0.1:{httpd.server_address[1]}")
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield served
        httpd.shutdown()
        thread.join(10)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Place:
    """The folders of a store, and a clock that stands still until a test moves it."""

    folder: Path
    clock: Clock = field(default_factory=Clock)

    def store(self, *known: KnownDownload) -> WeightsStore:
        return WeightsStore(
            self.folder / "weights",
            self.folder / "cache",
            bundled_dir=self.folder / "bundled",
            catalog=known,
            clock=self.clock,
        )

    def put(self, name: str, content: bytes = b"x") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def known(url: str) -> KnownDownload:
    name = url.rpartition("/")[2].removesuffix(".pt")
    return KnownDownload(name, url, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "for tests")


def test_an_uploaded_file_comes_before_a_downloaded_and_a_bundled_one(place: Place) -> None:
    bundled = place.put("bundled/net.onnx")
    store = place.store()
    assert store.resolve("net") == bundled
    downloaded = place.put("weights/downloads/net.pt")
    assert store.resolve("net") == downloaded
    uploaded = place.put("weights/uploads/net.onnx")
    assert store.resolve("net") == uploaded
    by_hand = place.put("weights/net.pt")
    assert store.resolve("net") == by_hand


@pytest.mark.parametrize("filename", ["net.onnx", "net.pt", "net.engine", "net.torchscript"])
def test_a_name_may_carry_its_suffix(place: Place, filename: str) -> None:
    path = place.put(f"weights/{filename}")
    assert place.store().resolve(filename) == path
    assert place.store().resolve("net") == path


def test_an_openvino_folder_is_found_by_name(place: Place) -> None:
    folder = place.put("weights/net_openvino_model/model.xml").parent
    assert place.store().resolve("net") == folder
    assert place.store().resolve("net_openvino_model") == folder


def test_a_path_is_taken_as_it_is(place: Place) -> None:
    path = place.put("elsewhere/net.onnx")
    assert place.store().resolve(str(path)) == path
    assert place.store().status(str(path)) is None
    with pytest.raises(WeightsNotFound, match=r"There are no weights at .*elsewhere/other\.onnx"):
        place.store().resolve(str(path.with_name("other.onnx")))


def test_an_unknown_name_says_what_was_tried_and_what_to_do(place: Place) -> None:
    store = place.store()
    with pytest.raises(WeightsNotFound) as caught:
        store.resolve("nothing")
    for part in (
        "'nothing'",
        "weights/uploads",
        "weights/downloads",
        "bundled",
        "Put the file into",
        "nothing.onnx",
    ):
        assert part in caught.value.detail
    assert store.status("nothing") == caught.value.detail


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
        ("too small", "of 170001 bytes arrived"),
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
    monkeypatch.setattr("pipelines.engine.download.TOTAL_TIMEOUT_S", -1)
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
    with pytest.raises(WeightsNotFound, match="failed"):
        place.store(known(f"{server.url}/good.pt")).resolve("good")


def test_the_listing_has_every_network_once_with_its_source(place: Place) -> None:
    place.put("weights/mine.onnx", b"12345")
    place.put("bundled/both.onnx")
    place.put("bundled/README.md")
    place.put("weights/both.pt")
    place.put("weights/folder_openvino_model/model.bin", b"123")
    listing = place.store(known("http://localhost/later.pt")).listing()
    assert [(entry.name, entry.source, entry.size) for entry in listing] == [
        ("both", "uploaded", 1),
        ("folder", "uploaded", 3),
        ("later", "downloadable", len(CONTENT)),
        ("mine", "uploaded", 5),
    ]


def test_verify_tells_good_from_damaged_from_unknown(place: Place) -> None:
    place.put("weights/downloads/good.pt", CONTENT)
    place.put("weights/downloads/bad.pt", b"not what it should be")
    place.put("weights/mine.onnx")
    place.put("bundled/ours.onnx", CONTENT)
    place.put("bundled/SHA256SUMS", f"{hashlib.sha256(CONTENT).hexdigest()}  ours.onnx\n".encode())
    place.put("weights/folder_openvino_model/model.bin")
    store = place.store(known("http://localhost/good.pt"), known("http://localhost/bad.pt"))
    verdicts = {verdict.entry.name: verdict.ok for verdict in store.verify()}
    assert verdicts == {"good": True, "bad": False, "mine": None, "ours": True, "folder": None}


def test_the_catalog_is_well_formed() -> None:
    assert len({known.name for known in CATALOG}) == len(CATALOG)
    for entry in CATALOG:
        assert entry.url.startswith("https://")
        assert entry.filename == f"{entry.name}.pt"
        assert len(entry.sha256) == 64
        assert entry.size > 1_000_000


@pytest.mark.parametrize(
    ("filename", "allow_pt", "accepted"),
    [
        ("net.onnx", False, True),
        ("NET.ONNX", False, True),
        ("net.pt", False, False),
        ("net.pt", True, True),
        ("net.onnx.exe", True, False),
        ("net", True, False),
    ],
)
def test_only_onnx_is_uploaded_unless_the_operator_allows_pickles(
    filename: str, allow_pt: bool, accepted: bool
) -> None:
    assert accepts_upload(filename, allow_pt) is accepted


@pytest.fixture
def command_place(tmp_path: Path, settings: Settings) -> Place:
    settings.PIPELINES = replace(
        settings.PIPELINES, weights_dir=tmp_path / "weights", cache_dir=tmp_path / "cache"
    )
    return Place(tmp_path)


def test_the_command_lists_as_a_table_and_as_json(
    command_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    command_place.put("weights/mine.onnx")
    call_command("weights", "list")
    assert "mine" in capsys.readouterr().out
    call_command("weights", "list", "--json")
    sources = {entry["name"]: entry["source"] for entry in json.loads(capsys.readouterr().out)}
    assert sources["mine"] == "uploaded"
    assert sources["yolo11n"] == "downloadable"


def test_the_command_fetches(
    command_place: Place,
    server: FileServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weights_module, "CATALOG", (known(f"{server.url}/good.pt"),))
    call_command("weights", "fetch", "good")
    path = Path(capsys.readouterr().out.strip())
    assert path.read_bytes() == CONTENT
    call_command("weights", "fetch", "good", "--json")
    assert json.loads(capsys.readouterr().out) == {"name": "good", "path": str(path)}
    with pytest.raises(CommandError, match="'other' were not found"):
        call_command("weights", "fetch", "other")


def test_the_command_verifies(command_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    command_place.put("weights/mine.onnx")
    call_command("weights", "verify")
    assert "mine.onnx: nothing to compare with" in capsys.readouterr().out
    command_place.put("weights/downloads/yolo11n.pt", b"damaged")
    with pytest.raises(CommandError, match=r"fetch again: .*yolo11n\.pt"):
        call_command("weights", "verify", "--json")
    assert {entry["ok"] for entry in json.loads(capsys.readouterr().out)} >= {None, False}
