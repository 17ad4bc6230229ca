"""Tells if this process can serve: its database answers, and its default pipeline can be opened."""

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from django.db import DatabaseError, connection

from pipelines.engine.detectors.letterbox import CAMERA_SIZE_HW
from pipelines.engine.scheduling.slots import MOST_LENT
from pipelines.errors import PipelineError
from pipelines.graph.definition import PipelineDefinition
from pipelines.runtime import Runtime, get_engine
from pipelines.services import definition_of

logger = logging.getLogger(__name__)

# Less than the second that probes usually grant.
PATIENCE_S = 0.7
OK = "ok"
LOADING = "loading"


@dataclass(frozen=True)
class Opening:
    """A pipeline that is or was opened once with an engine, so that its networks are in memory."""

    engine: Runtime
    definition: PipelineDefinition
    done: Future[None]

    def serves(self, engine: Runtime, definition: PipelineDefinition) -> bool:
        """True if it still tells about this definition; a failure is worth another try."""
        failed = self.done.done() and self.done.exception() is not None
        return not failed and self.engine is engine and self.definition == definition


class Preloader:
    """Opens each pipeline once, and again after it was edited; one at a time, in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._openings: dict[str, Opening] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="preload")

    def open(self, definition: PipelineDefinition) -> Future[None]:
        """Done when the networks of the pipeline are in memory; fails with PipelineError."""
        engine = get_engine()
        with self._lock:
            known = self._openings.get(definition.id)
            if known is None or not known.serves(engine, definition):
                done = self._thread.submit(open_and_close, engine, definition)
                known = self._openings[definition.id] = Opening(engine, definition, done)
            return known.done

    def close(self) -> None:
        """Open nothing more; what is being opened is opened to the end."""
        self._thread.shutdown(cancel_futures=True)


def open_and_close(engine: Runtime, definition: PipelineDefinition) -> None:
    """Load what a live session of this pipeline needs; it stays in the engine.

    A blank frame goes through it, for some libraries are loaded and some memory is taken with the first one.
    """
    with closing(engine.open_sync(definition, live=True)) as pipeline:
        pipeline.run({"frame_index": 1, "image": np.zeros((*CAMERA_SIZE_HW, 3), np.uint8)})


preloader = Preloader()


def database_state() -> str:
    """`ok`, or why the database does not answer."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("database_unreachable", exc_info=error)
        return "does not answer"
    return OK


def pipeline_state(pipeline_id: str) -> str:
    """`ok` once the pipeline is loaded, else `loading` or why it cannot be; begins to load it if need be."""
    try:
        opening = preloader.open(definition_of(pipeline_id))
    except PipelineError as error:
        return error.detail
    except DatabaseError:
        return "cannot be looked up"
    if not wait([opening], timeout=PATIENCE_S).done:
        return LOADING
    return opening_state(opening.exception())


def opening_state(error: BaseException | None) -> str:
    """The outcome of opening a pipeline, in words; a bug shows in the log only."""
    if error is None:
        return OK
    if isinstance(error, PipelineError):
        return error.detail
    logger.error("preload_failed", exc_info=error)
    return "cannot be opened"


def slots_state() -> str:
    """`ok` while others can go on where frames do not end; a thread in native code cannot be stopped."""
    if get_engine().lent < MOST_LENT:
        return OK
    return f"{MOST_LENT} frames take too long at once, and no more can be left aside: restart the server"


def states(pipeline_id: str) -> dict[str, str]:
    """Each thing that this process needs in order to serve, and how it is."""
    return {
        "database": database_state(),
        f"pipeline {pipeline_id}": pipeline_state(pipeline_id),
        "slots": slots_state(),
    }
