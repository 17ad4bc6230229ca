"""The line that tells how far a load test is."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

PLAIN_EVERY_S = 5.0
ERASE = "\r\x1b[K"


class Output(Protocol):
    """Django's wrapper of a stream, or any like it."""

    def write(self, msg: str, *, ending: str) -> object:
        """Write the text and its ending."""
        ...

    def flush(self) -> None:
        """Write out what is buffered."""
        ...

    def isatty(self) -> bool:
        """True if a person looks at it."""
        ...


class ProgressLine:
    """On a terminal one line that changes and goes away in the end, elsewhere one more every few seconds."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._terminal = output.isatty()
        self._shown = ""
        self._shown_at = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal:
            self._write(ERASE)

    def show(self, line: str) -> None:
        """This is how far it is."""
        if line == self._shown:
            return
        if self._terminal:
            self._write(ERASE + line)
        elif self._clock() - self._shown_at >= PLAIN_EVERY_S:
            self._write(line + "\n")
        else:
            return
        self._shown, self._shown_at = line, self._clock()

    def _write(self, text: str) -> None:
        self._output.write(text, ending="")
        self._output.flush()
