"""A model server that speaks the Open Inference Protocol and runs what a test gives it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LENGTH = "Inference-Header-Content-Length"
DTYPES = {"FP32": "<f4", "FP16": "<f2"}


@dataclass
class ModelServer:
    """One model `yolo`: what it tells about itself, and what runs it; `replace` answers a path otherwise."""

    run: Callable[[Array], Array]
    binary: bool = True
    datatype: str = "FP32"
    shape: tuple[int, ...] = (-1, 3, -1, -1)
    metadata: str | None = None
    address: str = ""
    asked: list[str] = field(default_factory=list)
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    replace: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        if path in self.replace:
            status, content = self.replace[path]
            return status, {"Location": f"{self.address}/elsewhere"}, content
        if path == "/v2":
            return as_json({"name": "test", "extensions": ["binary_tensor_data"] if self.binary else []})
        if path == "/v2/models/yolo":
            given = {"name": "images", "datatype": self.datatype, "shape": self.shape}
            outputs = [{"name": name, "datatype": "FP32", "shape": [-1]} for name in ("output1", "output0")]
            return as_json({"name": "yolo", "inputs": [given], "outputs": outputs})
        if path == "/v2/models/yolo/config" and self.metadata is not None:
            return as_json({"parameters": {"metadata": {"string_value": self.metadata}}})
        if path == "/v2/models/yolo/infer":
            return self.infer(headers, body)
        return 404, {}, b"{}"

    def infer(self, headers: Any, body: bytes) -> tuple[int, dict[str, str], bytes]:
        end = int(headers.get(LENGTH, len(body)))
        request = json.loads(body[:end])
        (given,), (wanted,) = request["inputs"], request["outputs"]
        dtype = DTYPES[given["datatype"]]
        flat = np.frombuffer(body[end:], dtype) if end < len(body) else np.array(given["data"], dtype)
        assert (end < len(body)) == self.binary
        pixels = flat.reshape(given["shape"]).astype(np.float32)
        self.shapes.append(pixels.shape)
        found = np.asarray(self.run(pixels), "<f4")
        output = {"name": wanted["name"], "datatype": "FP32", "shape": list(found.shape)}
        if not self.binary:
            return as_json({"outputs": [{**output, "data": found.ravel().tolist()}]})
        # What nobody asked for comes first.
        other = {"name": "other", "datatype": "UINT8", "shape": [3], "parameters": {"binary_data_size": 3}}
        output["parameters"] = {"binary_data_size": found.nbytes}
        head = json.dumps({"outputs": [other, output]}).encode()
        return 200, {LENGTH: str(len(head))}, head + b"abc" + found.tobytes()


def as_json(data: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(data).encode()


@contextmanager
def serving(model: ModelServer) -> Iterator[ModelServer]:
    """Run the server on this machine for the body."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = model.answer(self.path, self.headers, body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        # Clients keep their connections open.
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        model.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield model
        finally:
            server.shutdown()
            thread.join()
