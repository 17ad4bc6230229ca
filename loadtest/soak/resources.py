"""Samples what a server and its processes hold: memory, descriptors, threads, database connections."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from forgesyte.units import MEGABYTE

DATABASE_FILE = ".sqlite3"
POSTGRESQL_PORT = 5432


@dataclass(frozen=True)
class Usage:
    """The resources that some processes hold together.

    `rss_mb` counts shared pages in each process, `private_mb` leaves them out. `database` counts open SQLite
    files, or TCP connections to PostgreSQL.
    """

    processes: int = 0
    rss_mb: float = 0.0
    private_mb: float = 0.0
    descriptors: int = 0
    threads: int = 0
    database: int = 0


@dataclass(frozen=True)
class ResourceSample:
    """At one moment, in seconds of the clock: the web process, and all that it has started."""

    at: float
    server: Usage
    beside: Usage


def sample(pid: int, now: float) -> ResourceSample | None:
    """Sample what the server holds; None where it is gone, or where another user's may not be looked at."""
    try:
        root = psutil.Process(pid)
        server, beside = usage_of([root]), usage_of(root.children(recursive=True))
    except psutil.Error:
        return None
    return ResourceSample(now, server, beside) if server.processes else None


def usage_of(processes: Iterable[psutil.Process]) -> Usage:
    """The sums over these processes; one that ends meanwhile is left out."""
    count, memory, private, descriptors, threads, database = 0, 0.0, 0.0, 0, 0, 0
    for process in processes:
        with suppress(psutil.Error), process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            # Slow and last to be allowed, so first: a process counts as a whole or not at all.
            connections = database_connections(process)
            held = process.memory_full_info()
            opened, running = process.num_fds(), process.num_threads()
            count += 1
            memory += held.rss / MEGABYTE
            private += held.uss / MEGABYTE
            descriptors += opened
            threads += running
            database += connections
    return Usage(count, round(memory, 1), round(private, 1), descriptors, threads, database)


def database_connections(process: psutil.Process) -> int:
    """The number of connections to a database that this process holds."""
    files = sum(opened.path.endswith(DATABASE_FILE) for opened in process.open_files())
    remote = sum(
        bool(found.raddr) and found.raddr.port == POSTGRESQL_PORT for found in process.net_connections("tcp")
    )
    return int(files + remote)


def workers_of(pid: int) -> list[psutil.Process]:
    """The server's own worker processes."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children():
            with suppress(psutil.Error):
                if "run_worker" in child.cmdline():
                    found.append(child)
    return found
