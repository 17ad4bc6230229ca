"""A web server that remembers who asked it for what, and answers with a file that is a trap."""

import pickle
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Trap:
    """A pickle that makes a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def trap(mark: Path) -> bytes:
    """The pickle; `mark` is there once somebody has unpickled it."""
    return pickle.dumps(Trap(mark), protocol=2)


@dataclass
class Listener:
    """`address` begins with http; `asked` are the paths that were asked for."""

    address: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def listening(answer: bytes) -> Iterator[Listener]:
    """A server on this machine for the body; it gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            listener.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_HEAD = do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listener = Listener(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            thread.join()
