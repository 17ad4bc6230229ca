"""Makes log lines of what libraries write to the standard streams, so that both carry JSON alone.

Networks, codecs and readers of pictures write to the process's own descriptors, past every logger. While this
is at work those are pipes; what the log and we ourselves have to say goes where they led before.
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from forgesyte.logs import log_event

logger = logging.getLogger(__name__)

STDOUT, STDERR = 1, 2
MAX_LINE = 1000
# A process that was started meanwhile may hold the pipe open for longer.
LAST_WORDS_S = 1.0

_own: dict[int, IO[str]] = {}


def own_stream(number: int) -> IO[str]:
    """The standard stream of this number as it was at the start, for what a person is to read."""
    return _own.get(number) or (sys.stdout if number == STDOUT else sys.stderr)


def own_descriptor(number: int) -> int | None:
    """The same for a process that is started; None where the standard stream leads there itself."""
    return _own[number].fileno() if number in _own else None


@contextmanager
def as_log_lines() -> Iterator[None]:
    """Log each line that is written to the standard streams as `library_output`; JSON passes as it is."""
    flush()
    kept = {number: os.dup(number) for number in (STDOUT, STDERR)}
    readers = []
    for number, descriptor in kept.items():
        _own[number] = open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115
        readers.append(threading.Thread(target=read_lines, args=(redirect(number),), daemon=True))
    lead_logs(_own[STDERR])
    for reader in readers:
        reader.start()
    try:
        yield
    finally:
        flush()
        lead_logs(sys.stderr)
        for number, descriptor in kept.items():
            os.dup2(descriptor, number)
        for reader in readers:
            reader.join(LAST_WORDS_S)
        streams = list(_own.values())
        _own.clear()
        for stream in streams:
            stream.close()


def flush() -> None:
    """Have all that was written leave Python."""
    sys.stdout.flush()
    sys.stderr.flush()


def redirect(number: int) -> int:
    """Put a pipe in the place of a standard stream; returns its end to read from."""
    read_end, write_end = os.pipe()
    os.dup2(write_end, number)
    os.close(write_end)
    return read_end


def lead_logs(stream: IO[str]) -> None:
    """Have the log's handlers write to this stream instead of a standard one."""
    standard = (sys.stderr, sys.__stderr__, *_own.values())
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream in standard:
            handler.setStream(stream)


def read_lines(read_end: int) -> None:
    """Log each line that comes out of the pipe, to its end."""
    with open(read_end, encoding="utf-8", errors="replace", newline=None) as lines:
        for line in lines:
            # A bar of progress draws itself anew after a carriage return.
            if said := line.strip():
                pass_on(said)


def pass_on(said: str) -> None:
    """A log line of another process as it is; anything else as a log line of ours."""
    if is_log_line(said):
        own_stream(STDERR).write(said + "\n")
    else:
        log_event(logger, logging.INFO, "library_output", text=said[:MAX_LINE])


def is_log_line(said: str) -> bool:
    """True for a JSON object."""
    try:
        return said.startswith("{") and isinstance(json.loads(said), dict)
    except (ValueError, RecursionError):
        return False
