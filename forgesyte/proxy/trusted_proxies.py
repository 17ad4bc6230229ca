"""Believes what trusted reverse proxies say of a request: its client, scheme, host and path prefix."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from forgesyte.api.client_address import is_in
from forgesyte.conf import PREFIX
from forgesyte.logs import log_event

Scope = Mapping[str, Any]
Network = IPv4Network | IPv6Network
Application = Callable[[Scope, Any, Any], Awaitable[None]]

logger = logging.getLogger(__name__)

SOCKET_SCHEMES = {"http": "ws", "https": "wss"}
FOR, PROTO, HOST = b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"
PREFIX_NAMES = (b"x-forwarded-prefix", b"x-script-name")
# A longer chain of proxies is none; whoever writes one has it read only so far.
MOST_PROXIES = 16
ADVICE = "if this is your reverse proxy, add its address to FORGESYTE_TRUSTED_PROXIES"


class TrustedProxies:
    """Hands each request and socket on as its client asked for it.

    From the addresses in `trusted`, `X-Forwarded-For`, `-Proto`, `-Host` and `-Prefix` (or `X-Script-Name`)
    count; from others none does, and the first of each is a line in the log. `prefix` always holds, whether
    the proxy cuts it off or not; a prefix in a header is one that was cut off. `user_header`, which names a
    user, arrives from the trusted only.
    """

    def __init__(
        self, application: Application, trusted: Sequence[Network], prefix: str, user_header: str = ""
    ) -> None:
        self._application = application
        self._user_header = user_header.lower().encode()
        self._trusted = tuple(trusted)
        self._prefix = prefix
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass the connection on."""
        if scope["type"] in ("http", "websocket"):
            scope = self._as_asked(scope)
        await self._application(scope, receive, send)

    def _as_asked(self, scope: Scope) -> Scope:
        seen, path, prefix = {**scope, "root_path": ""}, scope["path"], self._prefix
        is_whole = bool(prefix) and (path == prefix or path.startswith(f"{prefix}/"))
        if is_in(peer_of(scope), self._trusted):
            seen |= believed(scope, self._trusted)
            prefix = prefix or prefix_of(scope)
        else:
            self._tell_of(scope)
            if self._user_header:
                seen["headers"] = without(scope, self._user_header)
        if prefix:
            whole = path if is_whole else prefix + path
            seen["root_path"], seen["path"] = prefix, f"{prefix}/" if whole == prefix else whole
        return seen

    def _tell_of(self, scope: Scope) -> None:
        """Log the first request of an address that speaks for another one without being trusted."""
        peer = peer_of(scope)
        speaks = any(name in (FOR, PROTO) for name, _ in scope["headers"])
        if speaks and peer not in self._told and len(self._told) < MOST_PROXIES:
            self._told.add(peer)
            log_event(logger, logging.WARNING, "proxy_not_trusted", client=peer, advice=ADVICE)


def without(scope: Scope, name: bytes) -> list[tuple[bytes, bytes]]:
    """The headers but this one, whose name some readers find in another spelling, too."""
    return [(found, value) for found, value in scope["headers"] if found.lower().replace(b"_", b"-") != name]


def peer_of(scope: Scope) -> str:
    """The address at the other end of the connection; empty where there is none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def believed(scope: Scope, trusted: Sequence[Network]) -> dict[str, Any]:
    """The parts of the scope that the headers say, the prefix aside; what cannot be read is left out."""
    said: dict[str, Any] = {"client": (client_of(peer_of(scope), values(scope, FOR), trusted), 0)}
    proto = last(scope, PROTO).lower()
    if proto in SOCKET_SCHEMES:
        said["scheme"] = proto if scope["type"] == "http" else SOCKET_SCHEMES[proto]
    if host := last(scope, HOST):
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        said["headers"] = [*others, (b"host", host.encode("latin-1"))]
    return said


def prefix_of(scope: Scope) -> str:
    """The prefix that the proxy has cut off; empty where it says none, or one that is no plain path."""
    said = next((found for name in PREFIX_NAMES if (found := last(scope, name))), "").rstrip("/")
    return said if PREFIX.fullmatch(said) else ""


def values(scope: Scope, wanted: bytes) -> list[str]:
    """The values of a header, which may be repeated and a list, in their order."""
    found = b",".join(value for name, value in scope["headers"] if name == wanted).decode("latin-1")
    return [value.strip() for value in found.split(",") if value.strip()]


def last(scope: Scope, wanted: bytes) -> str:
    """The value that the nearest proxy has written; empty where there is none."""
    return (values(scope, wanted) or [""])[-1]


def client_of(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The last address that is no trusted proxy's; each proxy adds whom it heard from at the end."""
    address = peer
    for said in reversed(forwarded[-MOST_PROXIES:]):
        if not is_in(address, trusted) or not (named := without_port(said)):
            break
        address = named
    return address


def without_port(said: str) -> str:
    """The address in `192.0.2.7:1234`, `[2001:db8::7]:1234` or alone; empty where there is none."""
    bracketed = re.match(r"\[([0-9a-fA-F:.]+)\]", said)
    text = bracketed[1] if bracketed else said.partition(":")[0] if said.count(":") == 1 else said
    try:
        return str(ip_address(text))
    except ValueError:
        return ""
