"""Functions that the tests of isolation run in child processes."""

import ctypes
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Point:
    x: int
    where: str


class Refused(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Evil:
    def __reduce__(self) -> Any:
        return os.system, ("true",)


def add(a: int, b: int) -> int:
    return a + b


def point(x: int) -> Point:
    return Point(x, "there")


def picture(side: int) -> NDArray[np.uint8]:
    return np.full((side, side, 3), 7, np.uint8)


def refuse() -> None:
    raise Refused(413, "too large")


def foreign_error() -> None:
    raise np.linalg.LinAlgError("singular")


def evil() -> Evil:
    return Evil()


def fill(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024**2))


def hang() -> None:
    signal.pause()


def burn() -> None:
    while True:
        pass


def crash() -> None:
    ctypes.string_at(0)


def hang_connected(address: str) -> None:
    """Hold a connection open for ever."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        connection.sendall(b"!")
        signal.pause()


def hang_with_grandchild(address: str) -> None:
    """Hold a connection open in this process and in one that it starts, for ever."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        os.fork()
        connection.sendall(b"!")
        signal.pause()


def surroundings() -> dict[str, Any]:
    """The things that the child has of its parent: variables, descriptors, threads, heavy modules, ids."""
    links = [str(Path(f"/proc/self/fd/{name}").readlink()) for name in open_descriptors()]
    return {
        "environ": sorted(os.environ),
        "descriptors": links,
        "threads": len(os.listdir("/proc/self/task")),
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
        "parent": os.getppid(),
    }


def open_descriptors() -> list[str]:
    return [name for name in os.listdir("/proc/self/fd") if Path(f"/proc/self/fd/{name}").exists()]


def write_file(path: str) -> None:
    Path(path).write_bytes(b"x" * 100)


def speak() -> int:
    os.write(1, b"noise on 1")
    os.write(2, b"noise on 2")
    return 1
