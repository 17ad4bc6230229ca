"""Runs the web server until a signal: announces it, loads networks beside it, stops it cleanly."""

import http.client
import logging
import os
import signal
import ssl
import time
from functools import partial
from types import FrameType
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from forgesyte.api.client_address import is_loopback
from forgesyte.foreign_output import STDOUT, own_stream
from forgesyte.lan.lan import Lan, introduction
from forgesyte.logs import log_event
from forgesyte.server import memory
from forgesyte.server.startup import exit_soon, preload, share_fairly, start_thread
from forgesyte.server.web_server import WebServer, stop_soon

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 60.0
ASK_EVERY_S = 0.05
EVERYBODY = (
    "Warning: everybody who reaches {host} port {port} can use this server, for it asks for no login. "
    "FORGESYTE_REQUIRE_LOGIN=1 asks for one; HOST=127.0.0.1 keeps it to this machine."
)


class Companion(Protocol):
    """Something that runs beside the server, such as the workers of video jobs."""

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self) -> None:
        """End, also where it never began; may take some seconds."""
        ...


def serve(host: str, port: int, lan: Lan | None = None) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code. A second signal ends the process at once.

    For a local network it speaks HTTPS.
    """
    memory.keep_one_arena()
    from forgesyte.asgi import application

    failures: list[str] = []
    companions: list[Companion] = [import_string(name)() for name in settings.SERVED_BESIDE]

    def listening(real_port: int) -> None:
        for companion in companions:
            companion.start()
        start_thread(announce, host, real_port, lan)

    server = WebServer(
        application,
        host,
        port,
        listening=listening,
        failed=failures.append,
        certificate_pem=lan.certificate.pem if lan else b"",
    )
    handle_signals(server)
    share_fairly()
    server.run()
    for companion in companions:
        companion.stop()
    if failures:
        detail = f"ForgeSyte cannot listen on {host}:{port}: {failures[0]}"
        log_event(logger, logging.ERROR, "cannot_start", detail=detail)
        return 1
    exit_soon()
    return 0


def handle_signals(server: WebServer) -> None:
    """The first signal stops the server, the second one the process."""
    # No event: the second signal may find the first one's handler holding its lock.
    heard: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        if heard:
            os._exit(128 + number)
        heard.append(number)
        stop_soon(server)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def announce(host: str, port: int, lan: Lan | None) -> None:
    """Say that the server is ready once it really answers; then load the pipelines of the settings."""
    if not answers(host, port, ANSWER_WITHIN_S, lan.certificate.trusting() if lan else None):
        log_event(logger, logging.ERROR, "server_does_not_answer", host=host, port=port)
        return
    address = lan.url(port) if lan else f"http://{host_in_url(host)}:{port}/"
    out = own_stream(STDOUT)
    print(f"ForgeSyte is ready at {address}", file=out, flush=True)
    tell_who_gets_in(host, port, lan)
    if lan:
        print(f"\n{introduction(lan, port, draws=out.isatty())}\n", file=out, flush=True)
    preload(settings.PIPELINES.preload)


def tell_who_gets_in(host: str, port: int, lan: Lan | None) -> None:
    """Say in one line that everybody gets in, where others reach the server and it asks for nothing."""
    if is_local(host) or settings.FORGESYTE_REQUIRE_LOGIN or (lan and lan.code):
        return
    log_event(logger, logging.WARNING, "open_to_everybody", host=host, port=port)
    print(EVERYBODY.format(host=host, port=port), file=own_stream(STDOUT), flush=True)


def is_local(host: str) -> bool:
    """True if only this machine itself reaches a server that listens there."""
    return host == "localhost" or is_loopback(host.strip("[]"))


def answers(host: str, port: int, within_s: float, trust: ssl.SSLContext | None = None) -> bool:
    """True if `/health` answers 200 over a socket before the time is over; with whom to trust, over HTTPS."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if health_status(host, port, trust) == 200:
            return True
        time.sleep(ASK_EVERY_S)
    return False


def health_status(host: str, port: int, trust: ssl.SSLContext | None) -> int | None:
    """The HTTP status of `/health`; None where nothing answers."""
    kind = partial(http.client.HTTPSConnection, context=trust) if trust else http.client.HTTPConnection
    connection = kind(reachable(host), port, timeout=10)
    try:
        connection.request("GET", "/health", headers={"Host": "localhost"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def reachable(host: str) -> str:
    """An address that reaches this machine: one cannot connect to `any`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}.get(host, host.strip("[]"))


def host_in_url(host: str) -> str:
    """The host as one types it into a browser."""
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(host.strip("[]"), host.strip("[]"))
    return f"[{host}]" if ":" in host else host
