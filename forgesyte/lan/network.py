"""The addresses and names under which other devices in the same network reach this machine."""

import re
import socket
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
# Between containers and virtual machines of this very machine: no phone is in there.
VIRTUAL_INTERFACES = ("docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "lxc", "lxdbr", "podman", "cni")
# Nothing is sent there: it only makes the system say which of its addresses it would send from.
FAR_AWAY = ("198.51.100.1", 9)
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def lan_addresses() -> tuple[str, ...]:
    """IPv4 addresses in the networks of this machine, the likeliest first; nothing is sent to find them."""
    return ordered(interface_addresses(), outgoing_address())


def own_names(host_name: str) -> tuple[str, ...]:
    """The names of a machine that is called so: as it is, and as phones find it without a name server."""
    name = host_name.lower()
    if not is_host_name(name) or name == "localhost":
        return ()
    return (name, f"{name}.local") if "." not in name else (name,)


def is_host_name(name: str) -> bool:
    """True if it is one name, or an IPv4 address, that a certificate can hold: no pattern, no blank."""
    return bool(HOST_NAME.fullmatch(name.lower()))


def ordered(interfaces: Mapping[str, Iterable[str]], outgoing: str | None) -> tuple[str, ...]:
    """Addresses of real interfaces without loopback and link-local ones, the outgoing one first."""
    found = {
        address
        for name, addresses in interfaces.items()
        if not name.startswith(VIRTUAL_INTERFACES)
        for address in addresses
        if is_reachable(address)
    }
    by_number = sorted(found, key=IPv4Address)
    return tuple(sorted(by_number, key=lambda address: address != outgoing))


def is_reachable(address: str) -> bool:
    """True if another device could connect to it."""
    parsed = IPv4Address(address)
    return not (parsed.is_loopback or parsed.is_link_local or parsed.is_unspecified)


def interface_addresses() -> dict[str, list[str]]:
    """The IPv4 addresses of every interface that is up, by the interface's name."""
    import psutil

    states = psutil.net_if_stats()
    return {
        name: [address.address for address in addresses if address.family == socket.AF_INET]
        for name, addresses in psutil.net_if_addrs().items()
        if name in states and states[name].isup
    }


def outgoing_address() -> str | None:
    """The address that this machine would reach the world from; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(FAR_AWAY)
        except OSError:
            return None
        return str(probe.getsockname()[0])
