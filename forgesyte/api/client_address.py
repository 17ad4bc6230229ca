"""Finds a client's address; nothing else does."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest

# One customer of a provider has a whole such network, and so as many IPv6 addresses as it likes.
IPV6_PREFIX = 64


def client_address(asks: HttpRequest | Mapping[str, Any]) -> str:
    """The address that a request, or the scope of a socket, comes from; empty where there is none.

    It is the other end of the connection, or whom a trusted proxy there names. Nobody else is believed.
    """
    if isinstance(asks, HttpRequest):
        return str(asks.META.get("REMOTE_ADDR", ""))
    client = asks.get("client")
    return str(client[0]) if client else ""


def limited_owner(address: str) -> str:
    """Whom a limit for each address counts: an IPv4 address, or an IPv6 network.

    Empty, which is without such a limit, for this machine itself and trusted proxies: they speak for many.
    """
    speaks_for_many = is_loopback(network_of(address)) or is_in(address, settings.FORGESYTE_TRUSTED_PROXIES)
    return "" if speaks_for_many else network_of(address)


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


def is_in(address: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    """True if the address lies in one of the networks; what is no address lies in none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain in network for network in networks)


def is_loopback(address: str) -> bool:
    """True if it is an address of this machine that nobody else reaches."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
