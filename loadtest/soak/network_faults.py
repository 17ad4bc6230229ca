"""Clients of live sessions and uploads whose network fails, or who behave as if it did."""

import socket
from collections.abc import Callable
from contextlib import suppress

from websockets.frames import Frame, Opcode

from loadtest.soak.target import Target, Unexpected, ends_within, reset

Act = Callable[[Target], None]

# Longer than a server waits for a frame.
SILENT_S = 40.0
SLOW_S = 8.0
SMALL_BUFFER = 4096
ENDS_WITHIN_S = 20.0


def loses_its_connection(target: Target) -> None:
    """Send some frames, and be gone by a reset in the middle of the next."""
    opened = target.open_stream()
    try:
        opened.sendall(target.frame() + target.frame())
        target.wait(target.chance.uniform(0, 0.5))
        frame = target.frame()
        opened.sendall(frame[: len(frame) // 2])
    finally:
        reset(opened)


def sends_no_more(target: Target) -> None:
    """Close one half of the connection in the middle of a frame; the server must end the other half."""
    with target.open_stream() as opened:
        frame = target.frame()
        # The server may have ended it before.
        with suppress(OSError):
            opened.sendall(frame + frame[: len(frame) // 2])
            opened.shutdown(socket.SHUT_WR)
        if not ends_within(opened, ENDS_WITHIN_S):
            raise Unexpected("a half-open connection was not ended")


def falls_silent(target: Target) -> None:
    """Send one frame and nothing more, read nothing, and never say goodbye."""
    opened = target.open_stream()
    try:
        opened.sendall(target.frame())
        target.wait(SILENT_S)
    finally:
        reset(opened)


def reads_slowly(target: Target) -> None:
    """Send frames as fast as they are taken and read a byte now and then."""
    opened = target.open_stream()
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        opened.settimeout(0.1)
        for _ in range(round(SLOW_S / 0.1)):
            if target.stopping.is_set():
                return
            with suppress(TimeoutError):
                opened.send(target.frame())
            target.wait(0.1)
            with suppress(TimeoutError):
                opened.recv(1)
    except OSError:
        # It is the server's right to end such a session.
        pass
    finally:
        reset(opened)


def sends_nonsense(target: Target) -> None:
    """Send what is no frame: the server must say so and close."""
    with target.open_stream() as opened:
        opened.sendall(Frame(Opcode.BINARY, b"no picture").serialize(mask=True))
        if not ends_within(opened, ENDS_WITHIN_S):
            raise Unexpected("a session that sent no picture was not ended")


def knocks_and_runs(target: Target) -> None:
    """Send a part of a request's head, and be gone."""
    opened = target.connect()
    try:
        opened.sendall(target.request_head("GET", "/jobs", {})[:-4])
        target.wait(target.chance.uniform(0, 2))
    finally:
        reset(opened)


def breaks_an_upload_off(target: Target) -> None:
    """Send half of an upload, wait, and be gone."""
    body, content_type = target.form(target.large_film, pipeline_id=target.pipeline_id)
    opened = target.connect()
    try:
        headers = dict(target.headers) | {"Content-Type": content_type, "Content-Length": str(len(body))}
        opened.sendall(target.request_head("POST", "/video/submit", headers))
        opened.sendall(body[: len(body) // 2])
        target.wait(target.chance.uniform(0, 3))
    except OSError:
        # The server may refuse and close before all of it came.
        pass
    finally:
        reset(opened)
