"""A network between a page and its server that a test can take away without a word to anybody."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread


class Relay:
    """Passes bytes on between its port and the server's; while it is cut, nothing gets through."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = Event()
        self.port: int = self._listener.getsockname()[1]

    def cut(self) -> None:
        """From now on nothing gets through; whoever is connected is not told."""
        self._is_cut.set()

    def restore(self) -> None:
        """New connections get through again; the old ones stay silent for ever, as on real networks."""
        self._is_cut = Event()

    def serve(self) -> None:
        """Take connections until `close`."""
        with suppress(OSError):
            while True:
                page, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._remember(page, server)
                for source, target in ((page, server), (server, page)):
                    Thread(target=carry, args=(source, target, self._is_cut), daemon=True).start()

    def close(self) -> None:
        """Close all connections and the port."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for end in self._sockets:
                end.close()

    def _remember(self, *ends: socket.socket) -> None:
        with self._lock:
            self._sockets.extend(ends)


def carry(source: socket.socket, target: socket.socket, is_cut: Event) -> None:
    """Pass bytes on one way, and the end of them; once it is cut, not even that."""
    with suppress(OSError):
        while data := source.recv(65536):
            if is_cut.is_set():
                return
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def relaying(server_port: int) -> Iterator[Relay]:
    """A relay that runs for the body."""
    relay = Relay(server_port)
    thread = Thread(target=relay.serve, daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join()
