"""The folders of a store, and a server of files for it."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.engine.weights.catalog import KnownDownload
from pipelines.engine.weights.store import WeightsStore
from tests.clock import Clock
from tests.world.networks.builders import checkpoint, network

CONTENT = checkpoint("ultralytics.nn.tasks", "DetectionModel", numbers=b" a network's numbers " * 10_000)
HEADS = {
    ".onnx": network(),
    ".pt": checkpoint("ultralytics.nn.tasks", "DetectionModel"),
    ".engine": b"ftrt",
    ".torchscript": b"PK\x03\x04",
}


@dataclass
class FileServer:
    """Serves CONTENT on the loopback interface and counts the requests."""

    url: str
    requests: list[str] = field(default_factory=list)


@contextmanager
def serving_files() -> Iterator[FileServer]:
    """A file server for the body."""

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
        try:
            yield served
        finally:
            httpd.shutdown()
            thread.join(10)


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


def known(url: str) -> KnownDownload:
    name = url.rpartition("/")[2].removesuffix(".pt")
    return KnownDownload(name, url, len(CONTENT), hashlib.sha256(CONTENT).hexdigest(), "for tests")
