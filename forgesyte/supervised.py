"""The face of a process for its supervisor: its name, its exit codes, and logs of nothing but JSON."""

import json
import logging
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, SystemCheckError

from forgesyte.foreign_output import as_log_lines
from forgesyte.logs import log_event

logger = logging.getLogger(__name__)

# As in sysexits.h: to try again is of no use before an operator has changed something.
BAD_CONFIGURATION = 78
SUPERVISED = ("serve", "run_worker")
LONGEST_NAME = 15

Raised = tuple[type[BaseException], BaseException, TracebackType | None]


class SupervisedCommand(BaseCommand):
    """A command that runs until a signal, under a name that `pgrep -x` finds."""

    process_name = "forgesyte"

    def run_from_argv(self, argv: list[str]) -> None:
        """Run it as this process's own command."""
        name_process(self.process_name)
        log_uncaught()
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run it; a reason not to start is a line of the log, and code 78 where no other try can help."""
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            log_event(logger, logging.ERROR, "cannot_start", detail=str(error))
            sys.exit(BAD_CONFIGURATION if isinstance(error, SystemCheckError) else error.returncode)

    def check(self, *args: Any, **options: Any) -> None:
        """Run the system checks; what they say are lines of the log."""
        with as_log_lines():
            super().check(*args, **options)

    def check_migrations(self) -> None:
        """Tell of missing migrations; that is a line of the log."""
        with as_log_lines():
            super().check_migrations()


def refuse_start(reason: str) -> NoReturn:
    """End the start for a setting that cannot be used: one line on the standard error, and code 78."""
    line = f"ForgeSyte cannot start: {reason}"
    if sys.argv[1:2] and sys.argv[1] in SUPERVISED:
        line = json.dumps({"level": "error", "event": "cannot_start", "detail": line})
    sys.stderr.write(f"{line}\n")
    sys.exit(BAD_CONFIGURATION)


def name_process(name: str) -> None:
    """Give this process the name that `ps -o comm` and `pgrep -x` know, where the system has such names."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name[:LONGEST_NAME])


def log_uncaught() -> None:
    """Have exceptions that nobody catches, in whatever thread, be lines of the log."""

    def uncaught(kind: type[BaseException], raised: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            tell((kind, raised, trace))

    def uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is not None and not issubclass(failed.exc_type, SystemExit):
            tell((failed.exc_type, failed.exc_value, failed.exc_traceback))

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread


def tell(raised: Raised) -> None:
    """Log an exception with its traceback."""
    logger.critical("uncaught_exception", exc_info=raised)
