"""Samples the CPU time and memory of the server's whole process tree."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import psutil

from forgesyte.units import MEGABYTE
from loadtest.clients.records import ServerSample

LISTENS = psutil.CONN_LISTEN


class ServerSampler:
    """Watches one server; every `sample` looks at it anew."""

    def __init__(self, pid: int, now: float) -> None:
        self._root = psutil.Process(pid)
        self._spent_s: dict[int, float] = {}
        self._seen_at = now
        self.sample(now)

    def sample(self, now: float) -> ServerSample | None:
        """Sample what the server took since the last time; None when it is gone."""
        cpu_s, memory, threads, spent = 0.0, 0, 0, {}
        for process in self._tree():
            with suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                spent[process.pid] = times.user + times.system
                # A process that is new has spent all it has since the last look.
                cpu_s += spent[process.pid] - self._spent_s.get(process.pid, 0.0)
                memory += process.memory_info().rss
                threads += process.num_threads()
        elapsed, self._seen_at, self._spent_s = now - self._seen_at, now, spent
        if not spent:
            return None
        cpu_percent = round(100 * cpu_s / elapsed, 1) if elapsed > 0 else 0.0
        return ServerSample(now, cpu_percent, round(memory / MEGABYTE, 1), len(spent), threads)

    def _tree(self) -> Iterator[psutil.Process]:
        yield self._root
        with suppress(psutil.Error):
            yield from self._root.children(recursive=True)


def listener(url: str) -> int | None:
    """The process of this machine that listens at this address; None where none is found."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    if not is_this_machine(parts.hostname or ""):
        return None
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == LISTENS and connection.laddr.port == port and connection.pid:
                return int(connection.pid)
    return None


def is_this_machine(host: str) -> bool:
    """True if a server under this name runs here."""
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    own = {address.address for found in psutil.net_if_addrs().values() for address in found}
    return bool(addresses & own)
