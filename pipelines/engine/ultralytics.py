"""Loads Ultralytics so that it installs, fetches and prints nothing by itself."""

import logging
import os
import threading
from typing import Any

QUIET = {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false"}
_importing = threading.Lock()


def import_ultralytics() -> Any:
    """The module; the first call takes seconds, because it brings torch."""
    with _importing:
        os.environ.update(QUIET)
        import ultralytics

        # Ultralytics writes to stdout with a handler of its own; its warnings belong into the log.
        logger = logging.getLogger("ultralytics")
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.ERROR)
        return ultralytics
