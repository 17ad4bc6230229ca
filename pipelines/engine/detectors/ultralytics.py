"""Loads Ultralytics so that it installs, fetches and prints nothing by itself."""

import logging
import os
import threading
from pathlib import Path
from typing import Any

from PIL import Image

from pipelines.engine.weights.files import suffix_of
from pipelines.errors import PipelineError

SETTINGS = {
    "YOLO_AUTOINSTALL": "false",
    "YOLO_OFFLINE": "true",
    "YOLO_VERBOSE": "false",
    # Of a checkpoint it makes what networks are made of, and nothing else.
    "ULTRALYTICS_SAFE_LOAD": "true",
}
_importing = threading.Lock()


def allow_pickles(allowed: bool) -> None:
    """Say for this process whether checkpoints may run the code in them; call it before any is loaded."""
    SETTINGS["ULTRALYTICS_SAFE_LOAD"] = "false" if allowed else "true"


def import_ultralytics() -> Any:
    """The module; the first call takes seconds, because it brings torch."""
    with _importing:
        os.environ.update(SETTINGS)
        # Ultralytics puts a function of its own in the place of Pillow's, which misses a package for HEIC.
        opening = Image.open
        import ultralytics

        Image.open = opening
        # Ultralytics writes to stdout with a handler of its own; its warnings belong into the log.
        logger = logging.getLogger("ultralytics")
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.ERROR)
        return ultralytics


def open_yolo(path: Path, task: str | None = None) -> Any:
    """Ultralytics' network of a file or folder; the one way by which anything is given to it.

    Ultralytics takes a string for a path, a name, or an address, and downloads what it does not find. So
    nothing gets there but the absolute path of what exists, where it reads it as it is. Raises PipelineError.
    """
    if not (path.is_absolute() and path.exists() and suffix_of(path.name)):
        raise PipelineError(f"'{path.name}' is no network's file")
    ultralytics = import_ultralytics()
    if as_read(ultralytics, path) != str(path):
        raise PipelineError(
            f"Ultralytics takes the path of '{path.name}' for another one: rename it, or its folder"
        )
    from ultralytics.nn import tasks

    # Ultralytics reads this from the environment once; whoever imported it first may not have set it.
    tasks.SAFE_LOAD = SETTINGS["ULTRALYTICS_SAFE_LOAD"] == "true"
    try:
        return ultralytics.YOLO(str(path), task=task)
    except TypeError as error:
        raise PipelineError(
            f"'{path.name}' is damaged, or holds more than a network: "
            "FORGESYTE_ALLOW_PICKLES=1 lets checkpoints run code"
        ) from error


def as_read(ultralytics: Any, path: Path) -> str:
    """The path that Ultralytics would look for, which renames some."""
    checks = ultralytics.utils.checks
    text = checks.check_yolov5u_filename(str(path).strip().replace("'", ""), verbose=False)
    return str(checks.check_model_file_from_stem(text))
