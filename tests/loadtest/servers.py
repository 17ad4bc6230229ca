"""Small servers on real sockets that answer, or misbehave, as a test tells them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

Handler = Callable[[ServerConnection], None]


@contextmanager
def running(handler: Handler, **options: Any) -> Iterator[str]:
    """A server for the body, each of whose connections is handled by `handler`; yields its address."""

    def handle(socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            handler(socket)

    server = serve(handle, "127.0.0.1", 0, compression=None, max_size=None, close_timeout=1, **options)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
    finally:
        server.shutdown()
        thread.join()


def say(socket: ServerConnection, **content: Any) -> None:
    socket.send(json.dumps(content))


def by_index(socket: ServerConnection) -> None:
    """Answer each frame with its index, as ForgeSyte does."""
    for index, _ in enumerate(socket, start=1):
        say(socket, frame_index=index, result={"detections": []})


def in_order(socket: ServerConnection) -> None:
    """Answer frames in order and without an index, as servers of tutorials do."""
    for _ in socket:
        socket.send("[]")


def drops_every_second(socket: ServerConnection) -> None:
    for index, _ in enumerate(socket, start=1):
        if index % 2 == 0:
            say(socket, warning="slow_down", suggested_fps=5)
            say(socket, frame_index=index, dropped=True)
        else:
            say(socket, frame_index=index, result={})


def silent(socket: ServerConnection) -> None:
    for _ in socket:
        pass


def falls_silent(socket: ServerConnection) -> None:
    """Answers the first frame only."""
    socket.recv()
    socket.send("{}")
    silent(socket)


def stops_reading(socket: ServerConnection) -> None:
    """Answers the first frame, and then takes nothing more until the client leaves."""
    socket.recv()
    socket.send("{}")
    socket.recv_events_thread.join()


def answers_twice(socket: ServerConnection) -> None:
    for index, _ in enumerate(socket, start=1):
        if index > 1:
            say(socket, frame_index=index - 1, dropped=True)
        say(socket, frame_index=index, result={})


def closes_after(frames: int, code: int, reason: str) -> Handler:
    """Answers so many frames, then closes."""

    def handler(socket: ServerConnection) -> None:
        for index in range(1, frames + 1):
            socket.recv()
            say(socket, frame_index=index, result={})
        socket.recv()
        socket.close(code, reason)

    return handler


def fails_at(frame: int) -> Handler:
    """Says that the pipeline failed at this frame, and closes."""

    def handler(socket: ServerConnection) -> None:
        for index in range(1, frame):
            socket.recv()
            say(socket, frame_index=index, result={})
        socket.recv()
        say(socket, error="pipeline_failure", detail="It failed", frame_index=frame)
        socket.close(4500, "pipeline_failure")

    return handler


def breaks_off(socket: ServerConnection) -> None:
    """Answers the first frame, then is gone without a word."""
    socket.recv()
    socket.send("{}")
    socket.recv()
    socket.socket.close()
