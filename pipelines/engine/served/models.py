"""Addresses of networks that a model server runs: how they are written, and which of them may be asked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9_+-][A-Za-z0-9_.+-]*)*)/?"
)
PORTS = {"http": 80, "https": 443}


def is_address(name: str) -> bool:
    """True if it is an address rather than a name or a path."""
    return SCHEME.match(name) is not None


@dataclass(frozen=True)
class ServerAddress:
    """A place on a server; `segments` are the names in its path: those of a prefix, and of the model last."""

    scheme: str
    host: str
    port: int
    segments: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `http://HOST[:PORT][/PREFIX][/MODEL]`; raises ValueError for anything else."""
        match = ADDRESS.fullmatch(text)
        if match is None or not 0 < (port := int(match["port"] or PORTS[match["scheme"]])) < 65536:
            raise ValueError("it is not http://HOST:PORT/MODEL")
        segments = tuple(segment for segment in match["path"].split("/") if segment)
        return cls(match["scheme"], match["host"].strip("[]").lower(), port, segments)

    def __contains__(self, other: "ServerAddress") -> bool:
        """True if the other address is this one, or below it."""
        same_server = (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)
        return same_server and other.segments[: len(self.segments)] == self.segments

    @property
    def model_path(self) -> str:
        """The model's path in the protocol."""
        return "".join(f"/{part}" for part in (*self.segments[:-1], "v2", "models", self.segments[-1]))

    @property
    def server_path(self) -> str:
        """The path of the server's own metadata in the protocol."""
        return "".join(f"/{part}" for part in (*self.segments[:-1], "v2"))


def allowed_address(text: str, allowed: Iterable[ServerAddress]) -> ServerAddress:
    """The address of a model; raises ValueError with a reason where it may not be asked."""
    address = ServerAddress.parse(text)
    if not address.segments:
        raise ValueError("it names no model")
    if not any(address in place for place in allowed):
        raise ValueError("it is not among those of FORGESYTE_SERVED_NETWORKS")
    return address
