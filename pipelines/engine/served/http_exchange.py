"""One HTTP request and its answer, within a time and a size; follows no redirect and asks no proxy."""

import io
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import socket
from typing import Any

CONNECT_TIMEOUT_S = 5.0


class ExchangeFailed(Exception):
    """There is no answer that could be used; the message says why in a few words, without the address."""


class TimedReader(io.RawIOBase):
    """Reads from a socket until a moment of `time.monotonic`, however often something arrives."""

    def __init__(self, raw: Any, sock: socket, until: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until

    def readable(self) -> bool:
        """True, as io.RawIOBase asks for."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Fill what has arrived into the buffer; raises TimeoutError."""
        self._sock.settimeout(seconds_until(self._until))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Close the socket's file."""
        self._raw.close()
        super().close()


def seconds_until(until: float) -> float:
    """The seconds until a moment of `time.monotonic`; raises TimeoutError where it has passed."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class Exchanger:
    """Exchanges requests with one server over connections that stay open; several threads may use it."""

    def __init__(self, scheme: str, host: str, port: int, *, timeout_s: float, max_bytes: int) -> None:
        self._kind = HTTPSConnection if scheme == "https" else HTTPConnection
        self._place = (host, port)
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        # Appending to a list and popping from it are safe between threads.
        self._idle: list[HTTPConnection] = []
        weakref.finalize(self, close_all, self._idle)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers and body of the answer; raises ExchangeFailed."""
        until = time.monotonic() + self._timeout_s
        try:
            with self._connection() as connection:
                try:
                    return self._exchange(connection, until, method, path, body, headers or {})
                except (ConnectionError, HTTPException):
                    # Servers close what has been idle for long; a new connection tells whether it was that.
                    connection.close()
                    return self._exchange(connection, until, method, path, body, headers or {})
        except TimeoutError as error:
            raise ExchangeFailed("it did not answer in time") from error
        except OSError as error:
            raise ExchangeFailed("there is no connection to it") from error
        except HTTPException as error:
            raise ExchangeFailed("it does not speak HTTP") from error

    @contextmanager
    def _connection(self) -> Iterator[HTTPConnection]:
        """Hold a connection for the body; it is closed where the body raises."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._kind(*self._place, timeout=CONNECT_TIMEOUT_S)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def _exchange(
        self,
        connection: HTTPConnection,
        until: float,
        method: str,
        path: str,
        body: bytes,
        headers: Mapping[str, str],
    ) -> tuple[int, Mapping[str, str], bytes]:
        if connection.sock is None:
            connection.timeout = min(CONNECT_TIMEOUT_S, seconds_until(until))
            connection.connect()
        connection.sock.settimeout(seconds_until(until))
        connection.response_class = partial(timed_response, until=until)  # type: ignore[assignment]
        connection.request(method, path, body or None, dict(headers))
        response = connection.getresponse()
        content = response.read(self._max_bytes + 1)
        if len(content) > self._max_bytes:
            raise ExchangeFailed(f"its answer is larger than {self._max_bytes // 1_000_000} MB")
        return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def close_all(connections: list[HTTPConnection]) -> None:
    """Close the connections that nobody will use any more."""
    for connection in connections:
        connection.close()


def timed_response(sock: socket, *, until: float, **options: Any) -> HTTPResponse:
    """A response whose head and body have to arrive until then."""
    response = HTTPResponse(sock, **options)
    response.fp = io.BufferedReader(TimedReader(response.fp.detach(), sock, until))
    return response
