"""Loads the pipelines beside any web server, and ends the process in time."""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future

from django.urls import resolve

from forgesyte.logs import log_event
from forgesyte.server import memory
from forgesyte.units import MILLISECONDS

logger = logging.getLogger(__name__)

# After the sockets are closed: a frame in flight may run on, and its thread must not keep the process.
EXIT_WITHIN_S = 1.5
# Of Python's 5 ms the loop would wait all; below this one the busy thread begins to suffer, as
# docs/network/SERVERS.md shows.
SWITCH_INTERVAL_S = 0.001


def share_fairly() -> None:
    """Shorten the event loop's wait for a thread that is busy in Python; it costs that thread little."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def warm() -> None:
    """Import what the first request would have to wait for."""
    resolve("/health")


def preload(pipeline_ids: Iterable[str]) -> None:
    """Load the networks of these pipelines, one after the other; one that fails leaves a line in the log."""
    from django.db import connection

    for pipeline_id in pipeline_ids:
        load(pipeline_id)
    connection.close()
    memory.settle()


def load(pipeline_id: str) -> None:
    """Load the networks of one pipeline, and log what came of it."""
    from pipelines.errors import PipelineError
    from pipelines.readiness import preloader
    from pipelines.services import definition_of

    started = time.monotonic()
    try:
        opening: Future[None] = preloader.open(definition_of(pipeline_id))
        opening.result()
    except PipelineError as error:
        log_event(logger, logging.WARNING, "preload_failed", pipeline_id=pipeline_id, detail=error.detail)
    except Exception:
        logger.exception("preload_failed", extra={"fields": {"pipeline_id": pipeline_id}})
    else:
        duration_ms = round((time.monotonic() - started) * MILLISECONDS)
        log_event(logger, logging.INFO, "preloaded", pipeline_id=pipeline_id, duration_ms=duration_ms)


def start_thread(work: object, *args: object) -> None:
    """Run `work` beside the server; it does not keep the process alive."""
    threading.Thread(target=work, args=args, daemon=True).start()  # type: ignore[arg-type]


def exit_soon() -> None:
    """End the process even where a thread runs on."""
    timer = threading.Timer(EXIT_WITHIN_S, os._exit, [0])
    timer.daemon = True
    timer.start()
