"""Finds a client's address; nothing else does."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.http import HttpRequest

# One customer of a provider has a whole such network, and so as many IPv6 addresses as it likes.
IPV6_PREFIX = 64


def client_address(asks: HttpRequest | Mapping[str, Any]) -> str:
    """The address that a request, or the scope of a socket, comes from; empty where there is none.

    It is the other end of the connection. Headers such as X-Forwarded-For are not believed.
    """
    if isinstance(asks, HttpRequest):
        return str(asks.META.get("REMOTE_ADDR", ""))
    client = asks.get("client")
    return str(client[0]) if client else ""


def limited_owner(address: str) -> str:
    """Whom a limit for each address counts: an IPv4 address, or an IPv6 network.

    Empty, which is without such a limit, for this machine itself: a reverse proxy on it speaks for many.
    """
    owner = network_of(address)
    return "" if is_loopback(owner) else owner


def network_of(address: str) -> str:
    """The IPv4 address, the IPv6 network of one customer, or what is no address as it is."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        if not parsed.is_loopback:
            return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)


def is_loopback(address: str) -> bool:
    """True if it is an address of this machine that nobody else reaches."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
