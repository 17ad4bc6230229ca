"""The process from which isolated calls are forked, and what the children do; see `pool`; no Django.

It has one thread, imports what the calls need once, and forks a child for each call, which takes a few
milliseconds. It obeys its control socket: START answers with the child's process id, END kills the child's
process group and answers with its exit status. When the control socket closes, it kills all children and
ends; when it ends otherwise, the kernel kills the children (on Linux).
"""

import ctypes
import importlib
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from errno import ENOMEM
from typing import Any, NoReturn, Protocol

START, END = b"s", b"e"
RESULT, ERROR, OUT_OF_MEMORY = b"r", b"e", b"m"
NUMBER = struct.Struct("!q")
MAX_REQUEST = 512
MAX_BUFFERS = 1000
MAX_OPEN_FILES = 64
CHILD_OOM_SCORE, WORKER_OOM_SCORE, MOST_OOM_SCORE = 1000, 500, 1000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
ON_LINUX = sys.platform == "linux"


class Readable(Protocol):
    """A source of messages: a socket, or one with a deadline."""

    def recv_into(self, buffer: memoryview, /) -> int:
        """Read what has arrived into the buffer; 0 at the end."""


def send_message(connection: socket.socket, kind: bytes, value: object) -> None:
    """Send one pickled value; arrays go from where they lie, without a copy."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(data), *(buffer.raw() for buffer in buffers)]
    connection.sendall(kind + NUMBER.pack(len(parts)) + b"".join(NUMBER.pack(part.nbytes) for part in parts))
    for part in parts:
        connection.sendall(part)


def receive_message(connection: Readable, max_bytes: int) -> tuple[bytes, bytearray, list[bytearray]]:
    """The kind, the pickle and the arrays of a message; EOFError where it ends early or is too large."""
    head = receive_exactly(connection, 1 + NUMBER.size)
    (count,) = NUMBER.unpack(head[1:])
    if not 1 <= count <= MAX_BUFFERS:
        raise EOFError("a message of too many parts")
    sizes = struct.unpack(f"!{count}q", receive_exactly(connection, count * NUMBER.size))
    if min(sizes) < 0 or sum(sizes) > max_bytes:
        raise EOFError("a message that is too large")
    data, *buffers = [receive_exactly(connection, size) for size in sizes]
    return bytes(head[:1]), data, buffers


def receive_exactly(connection: Readable, size: int) -> bytearray:
    """So many bytes; raises EOFError."""
    data = bytearray(size)
    rest = memoryview(data)
    while rest:
        count = connection.recv_into(rest)
        if not count:
            raise EOFError
        rest = rest[count:]
    return data


def serve(control: socket.socket) -> NoReturn:
    """Start and end children until the control socket closes."""
    children: set[int] = set()
    while message := receive_request(control):
        request, connection = message
        if connection is not None:
            preload(request[1:].decode())
            pid = fork_child(control, connection)
            connection.close()
            children.add(pid)
            control.sendall(NUMBER.pack(pid))
        else:
            (pid,) = NUMBER.unpack(request[1:])
            control.sendall(NUMBER.pack(end_child(pid) if pid in children else 0))
            children.discard(pid)
    for pid in children:
        end_child(pid)
    os._exit(0)


def receive_request(control: socket.socket) -> tuple[bytes, socket.socket | None] | None:
    """The next request with the connection that came with it; None at the end."""
    try:
        request, descriptors, _, _ = socket.recv_fds(control, MAX_REQUEST, 1)
    except OSError:
        return None
    if not request:
        return None
    return request, socket.socket(fileno=descriptors[0]) if descriptors else None


def preload(module: str) -> None:
    """Import what the function needs, so that each child has it already; the child tells what fails."""
    with suppress(Exception):
        importlib.import_module(module)


def fork_child(control: socket.socket, connection: socket.socket) -> int:
    """Fork a child in a process group of its own."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        # Both sides do it: whoever comes first.
        with suppress(OSError):
            os.setpgid(pid, pid)
        return pid
    try:
        os.setpgid(0, 0)
        control.close()
        die_with(parent)
        die_first()
        answer(connection)
    except MemoryError:
        os._exit(ENOMEM)
    finally:
        os._exit(0)


def end_child(pid: int) -> int:
    """Kill the child's process group; its exit status as `os.waitpid` gives it."""
    with suppress(OSError):
        os.killpg(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    return status


def die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, and let it gain no rights; Linux only."""
    if ON_LINUX:
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


def die_first(more: int = CHILD_OOM_SCORE) -> None:
    """Have the kernel kill this process before others when memory runs out; Linux only.

    The one with the highest score goes first: calls, then workers, and the web server last, whose score this
    process has inherited and adds to.
    """
    with suppress(OSError), open("/proc/self/oom_score_adj", "r+") as file:
        score = min(int(file.read()) + more, MOST_OOM_SCORE)
        file.seek(0)
        file.write(str(score))


def answer(connection: socket.socket) -> None:
    """Run the one call that arrives and send what came of it."""
    _, data, _ = receive_message(connection, sys.maxsize)
    function, arguments, memory_bytes, cpu_s = pickle.loads(data)
    limit_resources(memory_bytes, cpu_s)
    try:
        send_message(connection, RESULT, function(*arguments))
    except BaseException as error:
        if is_out_of_memory(error):
            send_message(connection, OUT_OF_MEMORY, None)
        else:
            send_error(connection, error, function)


def limit_resources(memory_bytes: int, cpu_s: int) -> None:
    """Bound what this process maps beyond what it has, its processor time, and what it opens and writes."""
    limit(resource.RLIMIT_AS, mapped_bytes() + memory_bytes)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    limit(resource.RLIMIT_FSIZE, 0)
    limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES)
    limit(resource.RLIMIT_CORE, 0)


def limit(kind: int, most: int) -> None:
    """Set a limit that cannot be raised again; macOS refuses some."""
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, most))


def mapped_bytes() -> int:
    """The address space of this process; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def is_out_of_memory(error: BaseException) -> bool:
    """True if an allocation failed, in Python or in a library that tells it by number."""
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM


def send_error(connection: socket.socket, error: BaseException, function: Callable[..., Any]) -> None:
    """Send what the function raised, with the traceback as a note for logs.

    An exception of another library is sent as a RuntimeError: the caller need not import that library.
    """
    note = "".join(traceback.format_exception(error))
    kind, arguments, state = type(error), error.args, error.__dict__
    if root(kind.__module__) not in {"builtins", "pipelines", root(function.__module__)}:
        kind, arguments, state = RuntimeError, (f"{kind.__name__}: {error}",), {}
    try:
        send_message(connection, ERROR, (kind, arguments, state, note))
    except Exception:
        send_message(connection, ERROR, (RuntimeError, (f"{kind.__name__}: {error}",), {}, note))


def root(module: str) -> str:
    """The package at the top."""
    return module.partition(".")[0]
