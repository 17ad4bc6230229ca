"""A small web server that answers as a test tells it, and a target that reaches it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from loadtest.soak.target import Target

JOB = "5b2f1f7e-0000-4000-8000-000000000001"
# What a request gets: a status and a body; a list gives one answer after the other, the last again and again.
Said = tuple[int, Any]
Answers = Mapping[str, Said | list[Said]]

ANSWERS: Answers = {
    "POST /video/submit": (202, {"job_id": JOB}),
    f"GET /jobs/{JOB}": (200, {"status": "completed", "frames_done": 2}),
    f"GET /video/results/{JOB}": (200, "{}\n{}\n"),
    f"DELETE /jobs/{JOB}": (204, ""),
    f"GET /jobs/{JOB}/video": (200, "film"),
    f"POST /jobs/{JOB}/cancel": (200, {}),
    "GET /ws/video/stream": (101, ""),
    "GET /v1/realtime": (101, ""),
}


class Handler(BaseHTTPRequestHandler):
    """Says what it was told to; after a 101 or to a download it says nothing more and waits."""

    protocol_version = "HTTP/1.1"
    server: "Scripted"

    def answer(self) -> None:
        name = f"{self.command} {self.path.split('?')[0]}"
        self.server.asked.append(name)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        found = self.server.answers[name]
        status, content = (found.pop(0) if len(found) > 1 else found[0]) if isinstance(found, list) else found
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        if status >= 200:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if status == 101 or self.path.endswith("/video"):
            self.server.over.wait()
            self.close_connection = True

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Scripted(ThreadingHTTPServer):
    """The server."""

    daemon_threads = False

    def __init__(self, answers: Answers) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.asked: list[str] = []
        self.over = threading.Event()

    def handle_error(self, *arguments: Any) -> None:
        """Clients that reset their connections are what this is for."""


@contextmanager
def scripted(answers: Answers | None = None) -> Iterator[tuple[Target, Scripted]]:
    """A target for the body; `answers` take the place of the usual ones."""
    with Scripted({**ANSWERS, **(answers or {})}) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield target_at(f"http://127.0.0.1:{server.server_address[1]}"), server
        finally:
            server.shutdown()
            server.over.set()
            thread.join()


def target_at(url: str, pipeline_id: str = "quick", **more: Any) -> Target:
    """A target with one frame and a film that is none."""
    return Target(url, pipeline_id, (b"\xff\xd8 a frame",), b"film", b"a large film", **more)
