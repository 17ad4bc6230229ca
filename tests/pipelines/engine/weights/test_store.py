"""Weights are found by name, fetched whole or not at all, and errors say what to do."""

import hashlib
import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command
from pytest_django import Settings

from pipelines.engine.served.models import ServerAddress
from pipelines.engine.weights import store as weights_module
from pipelines.engine.weights.catalog import CATALOG, KnownDownload
from pipelines.engine.weights.downloads import reason_of
from pipelines.engine.weights.files import accepts_upload
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import WeightsNotFound

CONTENT = b"PK\x03\x04 a network's file " * 10_000
HEADS = {".onnx": b"\x08\x0a", ".pt": b"PK\x03\x04", ".engine": b"ftrt", ".torchscript": b"PK\x03\x04"}


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

    def store(self, *known: KnownDownload, **options: Any) -> WeightsStore:
        return WeightsStore(
            self.folder / "weights",
            self.folder / "cache",
            bundled_dir=self.folder / "bundled",
            catalog=known,
            clock=self.clock,
            **options,
        )

    def put(self, name: str, content: bytes = b"") -> Path:
        """A file that begins as its suffix demands."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content or HEADS.get(path.suffix, b"x"))
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
    place.put("weights/net_openvino_model/model.bin")
    assert place.store().resolve("net") == folder
    assert place.store().resolve("net_openvino_model") == folder


def test_a_path_within_the_folder_is_taken(place: Place) -> None:
    path = place.put("weights/mine/net.onnx")
    for name in (str(path), "mine/net.onnx", "mine/../mine/./net.onnx", "../weights/mine/net.onnx"):
        assert place.store().resolve(name) == path
        assert place.store().status(name) is None
    with pytest.raises(WeightsNotFound, match=r"There are no weights at the path of 'other\.onnx'"):
        place.store().resolve("mine/other.onnx")


def refusal(store: WeightsStore, name: str) -> str:
    """What the store says against a name, before and when it is to be loaded."""
    with pytest.raises(WeightsNotFound) as caught:
        store.resolve(name)
    assert store.status(name) == caught.value.detail
    return caught.value.detail


@pytest.mark.parametrize("name", ["there.onnx", "nothing.onnx", "x\x00.onnx", f"{'a' * 5000}.onnx"])
def test_a_path_outside_is_refused_whether_it_exists_or_not(place: Place, name: str) -> None:
    place.put("elsewhere/there.onnx")
    for path in (str(place.folder / "elsewhere" / name), f"../elsewhere/{name}"):
        said = refusal(place.store(), path)
        assert "lie outside the folders for weights" in said
        assert str(place.folder) not in said
    assert not refusal(place.store(), f"~nobody-of-this-name/{name}").startswith("/")


def test_a_link_leads_no_further_than_the_folders(place: Place) -> None:
    outside = place.put("elsewhere/net.onnx")
    (place.folder / "weights").mkdir()
    (place.folder / "weights" / "net.onnx").symlink_to(outside)
    (place.folder / "weights" / "sub").symlink_to(outside.parent)
    for name in ("net", "net.onnx", "sub/net.onnx"):
        assert "lie outside the folders for weights" in refusal(place.store(), name)
        assert place.store(allowed=[outside.parent]).resolve(name) == outside


@pytest.mark.parametrize(
    ("filename", "kind"),
    [
        ("net.onnx", "an ONNX file"),
        ("net.pt", "a PyTorch checkpoint"),
        ("net.engine", "a TensorRT engine"),
        ("net.torchscript", "a TorchScript file"),
        ("net_openvino_model", "an OpenVINO folder"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_named(place: Place, filename: str, kind: str) -> None:
    place.put(f"weights/{filename}", b"<html>please log in</html>")
    said = f"'{filename}' is not {kind}: it is damaged, or has the wrong name. Replace it"
    assert refusal(place.store(), filename) == refusal(place.store(), "net") == said


@pytest.mark.parametrize("filename", ["net.yaml", "net.pth", ".onnx", "net.py"])
def test_what_is_no_networks_file_is_not_loaded(place: Place, filename: str) -> None:
    place.put(f"weights/{filename}")
    assert "is no network's file" in refusal(place.store(), f"./{filename}")


def test_an_empty_file_and_a_folder_are_no_networks(place: Place) -> None:
    place.put("weights/empty.onnx").write_bytes(b"")
    (place.folder / "weights" / "folder.pt").mkdir()
    assert "is not an ONNX file" in refusal(place.store(), "empty")
    assert "is not a PyTorch checkpoint" in refusal(place.store(), "folder")


def test_an_uploaded_pickle_counts_only_where_the_operator_allows_it(place: Place) -> None:
    path = place.put("weights/uploads/net.pt")
    assert "neither uploaded" in refusal(place.store(), "net")
    assert place.store().listing() == []
    assert place.store(allow_pickles=True).resolve("net") == path


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://gpu:8000/yolo", None),
        ("http://GPU:8000/yolo/", None),
        ("http://gpu:8000/prefix/yolo", None),
        ("http://one/only", None),
        ("http://gpu:8000", "names no model"),
        ("http://one/other", "is not among those"),
        ("http://gpu:8001/yolo", "is not among those"),
        ("https://gpu:8000/yolo", "is not among those"),
        ("http://gpu:8000.evil.example/yolo", "is not http://"),
        ("http://gpu:8000@evil.example/yolo", "is not http://"),
        ("http://gpu:8000/../yolo", "is not http://"),
        ("http://gpu:8000/yolo#x.pt", "is not http://"),
        ("http://gpu:8000/yolo?x.pt", "is not http://"),
        ("http://gpu:99999/yolo", "is not http://"),
        ("grpc://gpu:8000/yolo", "is not http://"),
        ("ul://gpu:8000/yolo", "is not http://"),
        ("http://gpu:8000/yolo\n", "is not http://"),
    ],
)
def test_a_model_server_is_asked_only_where_the_operator_allows_it(
    place: Place, address: str, reason: str | None
) -> None:
    allowed = [ServerAddress.parse(text) for text in ("http://gpu:8000", "http://one/only")]
    store = place.store(served=allowed)
    said = store.status(address)
    if reason is None:
        assert said is None
        assert store.served(address) in allowed[0] or store.served(address) == allowed[1]
    else:
        assert said is not None
        assert reason in said
        with pytest.raises(WeightsNotFound):
            store.served(address)


def test_an_unknown_name_says_what_was_tried_and_what_to_do(place: Place) -> None:
    store = place.store()
    with pytest.raises(WeightsNotFound) as caught:
        store.resolve("nothing")
    for part in ("'nothing'", "uploaded", "downloaded", "bundled", "Put the file into", "nothing.onnx"):
        assert part in caught.value.detail
    assert str(place.folder) not in caught.value.detail
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


def test_the_listing_has_every_network_once_with_its_source(place: Place) -> None:
    place.put("weights/mine.onnx", b"\x08\x0a345")
    place.put("bundled/both.onnx")
    place.put("bundled/README.md")
    place.put("weights/both.pt")
    place.put("weights/folder_openvino_model/model.bin", b"123")
    listing = place.store(known("http://localhost/later.pt")).listing()
    assert [(entry.name, entry.source, entry.size) for entry in listing] == [
        ("both", "uploaded", 4),
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
    with pytest.raises(CommandError, match="'other' are neither uploaded"):
        call_command("weights", "fetch", "other")


def test_the_command_verifies(command_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    command_place.put("weights/mine.onnx")
    call_command("weights", "verify")
    assert "mine.onnx: nothing to compare with" in capsys.readouterr().out
    command_place.put("weights/downloads/yolo11n.pt", b"damaged")
    with pytest.raises(CommandError, match=r"fetch again: .*yolo11n\.pt"):
        call_command("weights", "verify", "--json")
    assert {entry["ok"] for entry in json.loads(capsys.readouterr().out)} >= {None, False}


def test_the_command_takes_a_copy_in(
    command_place: Place, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    file = command_place.put("elsewhere/mine.onnx")
    call_command("weights", "add", file)
    target = command_place.folder / "weights" / "uploads" / "mine.onnx"
    assert capsys.readouterr().out == f"mine: {target}\n"
    assert WeightsStore.build(settings.PIPELINES).resolve("mine") == target
    assert target.read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("net.pt", b"", "Only .onnx files are taken in"),
        ("net.engine", b"", "Only .onnx files are taken in"),
        ("net.onnx", b"<html>", "'net.onnx' is not an ONNX file"),
        ("my net.onnx", b"", "is no plain name"),
    ],
)
def test_the_command_refuses_what_may_not_be_uploaded(
    command_place: Place, name: str, content: bytes, words: str
) -> None:
    file = command_place.put(f"elsewhere/{name}", content)
    with pytest.raises(CommandError, match=re.escape(words)):
        call_command("weights", "add", file)
    with pytest.raises(CommandError, match="There is no file"):
        call_command("weights", "add", file.with_name("nothing.onnx"))
    assert not (command_place.folder / "weights").exists()


def test_the_command_takes_pickles_where_the_operator_allows_them(
    command_place: Place, settings: Settings
) -> None:
    settings.PIPELINES = replace(settings.PIPELINES, allow_pickles=True)
    call_command("weights", "add", command_place.put("elsewhere/net.pt"))
    assert WeightsStore.build(settings.PIPELINES).resolve("net").name == "net.pt"
