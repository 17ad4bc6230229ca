"""Runs a function in a process of its own, with bounds on its memory and its time; no Django.

For what strangers send and native code reads: a decoder that fills the memory, never ends or crashes costs
its own call only. The children are forked from one small process (`server`), which is started with
the first call and has one thread, no variables with secrets and no descriptors of ours. On Linux all limits
hold. On macOS memory is not limited, as its kernel ignores RLIMIT_AS, and a child outlives a killed caller
until its call is over; the deadline holds everywhere.
"""

import atexit
import json
import math
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from errno import ENOMEM
from io import BytesIO
from typing import Any, TypeVar

from forgesyte.units import MEGABYTE
from pipelines.isolation.server import (
    END,
    ERROR,
    NUMBER,
    OUT_OF_MEMORY,
    RESULT,
    START,
    receive_exactly,
    receive_message,
    root,
    send_message,
)

T = TypeVar("T")
Message = tuple[bytes, bytearray, list[bytearray]]
# How long the process beside may take to start and import what a call needs.
START_TIMEOUT_S = 60
BOOT = (
    "import json, socket, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from pipelines.isolation.server import serve; serve(socket.socket(fileno=int(sys.argv[2])))"
)
# What the children get to know of our environment.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TZ")
# Threads must not exist where children are forked, and each arena of the allocator reserves address space.
FIXED_VARIABLES = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "MALLOC_ARENA_MAX": "1",
}
ARRAY_PARTS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
}
# Of the classes among Python's own, beside exceptions.
PLAIN = (set, frozenset, bytearray, complex, slice, range)


class IsolationError(Exception):
    """A call in a process of its own has no result."""


class OverBudget(IsolationError):
    """The call took more than it was given; `of` says what: `memory` or `time`."""

    def __init__(self, of: str, detail: str) -> None:
        super().__init__(detail)
        self.of = of


class Crashed(IsolationError):
    """The process ended before it answered: native code crashed, or somebody killed it."""


class Busy(IsolationError):
    """Too many calls run and wait already, or this one waited too long."""


class Pool:
    """Limits how many calls of one kind run at once, how many may wait, and for how many seconds."""

    def __init__(self, at_once: int = 2, waiting: int = 16, wait_s: float = 30.0) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._wait_s = wait_s

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for the body; raises Busy."""
        if not self._places.acquire(blocking=False):
            raise Busy("Too many calls wait already")
        try:
            if not self._free.acquire(timeout=self._wait_s):
                raise Busy(f"Nothing became free within {self._wait_s:g} s")
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._places.release()


SHARED_POOL = Pool()


def run_isolated(
    function: Callable[..., T], *args: Any, memory_mb: int, deadline_s: float, pool: Pool = SHARED_POOL
) -> T:
    """Run a function of a module in a child process and return its result; blocks: call it in a thread.

    `memory_mb` is what the child may map beyond what its imports take; `deadline_s` counts from its start,
    and bounds the processor time of all its threads as well. The child can write to no file. The result may
    hold numbers, strings, containers, arrays and our dataclasses. The function's module must import neither
    Django nor torch. Raises IsolationError (OverBudget, Crashed, Busy) or what the function raised.
    """
    with pool.place():
        server = running_server()
        child = server.start(function.__module__)
        try:
            answer = child.call(function, args, memory_mb * MEGABYTE, deadline_s)
        finally:
            status = server.end(child)
    if answer is None:
        raise ended_without_answer(status, memory_mb, deadline_s)
    kind, data, buffers = answer
    if kind == OUT_OF_MEMORY:
        raise out_of_memory(memory_mb)
    value = unpickled(data, buffers, root(function.__module__))
    if kind == ERROR:
        raise rebuilt(*value)
    result: T = value
    return result


class Child:
    """A forked process that waits for its one call."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        self.pid = pid
        self.connection = connection

    def call(
        self, function: Callable[..., Any], args: tuple[Any, ...], memory_bytes: int, deadline_s: float
    ) -> Message | None:
        """Run the call and return its answer, None where it ends without one. Raises OverBudget."""
        ends_at = time.monotonic() + deadline_s
        try:
            self.connection.settimeout(deadline_s)
            send_message(self.connection, RESULT, (function, args, memory_bytes, math.ceil(deadline_s) + 1))
            return receive_message(Timed(self.connection, ends_at), memory_bytes)
        except TimeoutError:
            raise out_of_time(deadline_s) from None
        except (EOFError, OSError):
            return None


class Timed:
    """A socket that is read until a moment of the monotonic clock; raises TimeoutError."""

    def __init__(self, connection: socket.socket, ends_at: float) -> None:
        self._connection = connection
        self._ends_at = ends_at

    def recv_into(self, buffer: memoryview) -> int:
        """Read what has arrived."""
        remaining = self._ends_at - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._connection.settimeout(remaining)
        return self._connection.recv_into(buffer)


class Server:
    """The process beside this one from which children are forked; one for each process that makes calls."""

    def __init__(self) -> None:
        self.owner_pid = os.getpid()
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair()
        self._control.settimeout(START_TIMEOUT_S)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", BOOT, json.dumps(sys.path), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
                | FIXED_VARIABLES,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """True if this process can ask it for children."""
        return self.owner_pid == os.getpid() and self._control.fileno() >= 0 and self._process.poll() is None

    def start(self, module: str) -> Child:
        """A child that has imported the module; raises Crashed."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                return Child(self._ask(START + module.encode(), theirs), ours)
            except BaseException:
                ours.close()
                raise

    def end(self, child: Child) -> int:
        """Kill the child and what it started; its exit status, 0 where nobody knows it."""
        child.connection.close()
        try:
            return self._ask(END + NUMBER.pack(child.pid))
        except Crashed:
            return 0

    def close(self) -> None:
        """End it and all its children."""
        self._control.close()
        if self.owner_pid == os.getpid():
            self._process.kill()
            self._process.wait()

    def _ask(self, request: bytes, connection: socket.socket | None = None) -> int:
        with self._lock:
            try:
                descriptors = [connection.fileno()] if connection else []
                socket.send_fds(self._control, [request], descriptors)
                (number,) = NUMBER.unpack(receive_exactly(self._control, NUMBER.size))
            except (EOFError, OSError) as error:
                self.close()
                raise Crashed("The process beside ended or does not answer") from error
        return int(number)


_server: Server | None = None
_starting = threading.Lock()


def running_server() -> Server:
    """The process beside this one, started anew where it has ended."""
    global _server
    with _starting:
        if _server is None or not _server.is_running:
            if _server is not None:
                _server.close()
            _server = Server()
        return _server


@atexit.register
def stop_server() -> None:
    """End the process beside, if there is one; the next call starts another."""
    global _server
    with _starting:
        if _server is not None:
            _server.close()
        _server = None


class Unpickler(pickle._Unpickler):
    """Reads what a child answers, which may have been taken over by what it read.

    Classes are looked up among the modules that are loaded here: arrays, exceptions and our dataclasses only.
    None of them is changed, which is why it is the reader in Python: the one in C has no place to look.
    """

    dispatch = dict(pickle._Unpickler.dispatch)

    def __init__(self, data: bytearray, buffers: list[bytearray], package: str) -> None:
        super().__init__(BytesIO(data), buffers=buffers)
        self._packages = {"pipelines", package}

    def find_class(self, module: str, name: str) -> Any:
        """The class; raises UnpicklingError for anything else."""
        if (module, name) in ARRAY_PARTS:
            return super().find_class(module, name)
        found = getattr(sys.modules.get(module), name, None)
        if isinstance(found, type) and (
            (module == "builtins" and (found in PLAIN or issubclass(found, Exception)))
            or (root(module) in self._packages and (is_dataclass(found) or issubclass(found, Exception)))
        ):
            return found
        raise pickle.UnpicklingError(f"{module}.{name} is not expected from a child")

    def load_build(self) -> None:
        """Give an object its state; raises UnpicklingError where that is a class."""
        changed = self.stack[-2]  # type: ignore[attr-defined]
        if isinstance(changed, type):
            raise pickle.UnpicklingError(f"the class {changed.__name__} is not to be changed")
        super().load_build()  # type: ignore[misc]

    dispatch[pickle.BUILD[0]] = load_build  # type: ignore[assignment]


def unpickled(data: bytearray, buffers: list[bytearray], package: str) -> Any:
    """Read a child's answer; raises Crashed where that is not what a child of ours answers."""
    try:
        return Unpickler(data, buffers, package).load()
    # Damaged pickles raise all kinds of errors.
    except Exception as error:
        raise Crashed(f"Its process answered with nonsense: {error}") from error


def rebuilt(kind: type[Exception], args: tuple[Any, ...], state: dict[str, Any], note: str) -> Exception:
    """An exception of the child, whatever its constructor takes."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    error.add_note(note)
    return error


def ended_without_answer(status: int, memory_mb: int, deadline_s: float) -> IsolationError:
    """The error that says why a child is gone."""
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == ENOMEM:
        return out_of_memory(memory_mb)
    if not os.WIFSIGNALED(status):
        return Crashed("Its process ended without an answer")
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return out_of_time(deadline_s)
    return Crashed(f"Its process ended with signal {signal.Signals(number).name}")


def out_of_memory(memory_mb: int) -> OverBudget:
    """The call wanted more memory than it was given."""
    return OverBudget("memory", f"It needs more than {memory_mb:,} MB of memory")


def out_of_time(deadline_s: float) -> OverBudget:
    """The call was not done in time."""
    return OverBudget("time", f"It takes more than {deadline_s:g} s")
