"""Serving phones: HTTPS in the networks of this machine, and what their owners must know of it."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from forgesyte.lan.access_code import PARAMETER, code_of, shown_code
from forgesyte.lan.certificate import Certificate, kept_certificate
from forgesyte.lan.network import LOOPBACK_NAMES, is_host_name, lan_addresses, own_names
from forgesyte.lan.qr import terminal_code

AUTHORITY_PATH = "lan/forgesyte.crt"
ANY_ADDRESS = ("0.0.0.0", "::", "[::]")

PHONE = "With a phone in the same network, scan the code or type the address."
WARNING = """\
The browser warns once that it does not know this server. That is as it should be: this machine made the
certificate itself, and nobody vouches for it. Choose "Advanced", in Safari "Show Details", and go on to the
page. Whoever wants to be sure compares the certificate's SHA-256 fingerprint:
{fingerprint}"""
APPLE = """\
An iPhone or iPad shows the page after that warning, but streams only once it trusts the certificate:
open {url} in Safari, install the profile in Settings,
and switch it on under General > About > Certificate Trust Settings."""
CODE = """\
Whoever has the code gets in; the QR code and the address above have it: {code}
FORGESYTE_LAN_CODE chooses another one, or none with "off"; FORGESYTE_REQUIRE_LOGIN=1 asks for a login
instead."""
OPEN = (
    "Everybody in this network can open the page: it asks for neither a code nor a login. "
    "FORGESYTE_REQUIRE_LOGIN=1 asks for a login; without FORGESYTE_LAN_CODE=off it asks for a code."
)
NO_NETWORK = """\
This machine is in no network now, so only a browser on this machine can open the page.
Connect to the network that the phone is in, and start again."""


@dataclass(frozen=True)
class Lan:
    """A server that devices in the same network reach by these addresses, the likeliest first."""

    addresses: tuple[str, ...]
    certificate: Certificate
    code: str = ""

    def url(self, port: int, path: str = "") -> str:
        """The address to type into a phone; without a network it only works on this machine."""
        return self.url_at(self.addresses[0] if self.addresses else "localhost", port, path)

    def url_at(self, address: str, port: int, path: str = "") -> str:
        """The same at one of the addresses; that of the page has the code."""
        query = f"?{urlencode({PARAMETER: self.code})}" if self.code and not path else ""
        return f"https://{address}:{port}/{path}{query}"


def open_to_network(host: str) -> Lan:
    """Admit devices of the same network while this process runs, over HTTPS only.

    Beyond the hosts of the settings only this machine's own names and addresses are let in.
    """
    addresses = addresses_of(host, settings.ALLOWED_HOSTS)
    hosts = dict.fromkeys([*settings.ALLOWED_HOSTS, *addresses, *own_names(socket.gethostname())])
    names = dict.fromkeys([*LOOPBACK_NAMES, *filter(is_host_name, hosts)])
    certificate = kept_certificate(settings.PROJECT.data_dir, names)
    settings.ALLOWED_HOSTS = list(hosts)
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.LAN_AUTHORITY_PEM = certificate.authority_pem
    project = settings.PROJECT
    settings.LAN_CODE = code_of(
        project.lan_code, project.data_dir, asks_login=settings.FORGESYTE_REQUIRE_LOGIN
    )
    return Lan(addresses, certificate, settings.LAN_CODE)


def addresses_of(host: str, allowed_hosts: Iterable[str]) -> tuple[str, ...]:
    """The addresses of a server that listens on this host: what its owner named comes first."""
    own = lan_addresses() if host in ANY_ADDRESS else (host,)
    named = filter(is_host_name, allowed_hosts)
    return tuple(dict.fromkeys(name for name in (*named, *own) if name not in LOOPBACK_NAMES))


def introduction(lan: Lan, port: int, *, draws: bool) -> str:
    """The instructions for a phone; `draws` where a person sees the colours of a terminal."""
    if not lan.addresses:
        return NO_NETWORK
    parts = [terminal_code(lan.url(port))] if draws else []
    parts.append(f"{PHONE}{also_at(lan, port)}")
    parts.append(WARNING.format(fingerprint=lan.certificate.fingerprint))
    parts.append(APPLE.format(url=lan.url(port, AUTHORITY_PATH)))
    if lan.code:
        parts.append(CODE.format(code=shown_code(lan.code)))
    elif not settings.FORGESYTE_REQUIRE_LOGIN:
        parts.append(OPEN)
    return "\n\n".join(parts)


def also_at(lan: Lan, port: int) -> str:
    """The other addresses, for a machine in several networks."""
    others = [lan.url_at(address, port) for address in lan.addresses[1:]]
    return f"\nIf that does not answer: {' or '.join(others)}" if others else ""


@require_safe
def authority(request: HttpRequest) -> HttpResponse:
    """The certificate to install on a phone."""
    if not settings.LAN_AUTHORITY_PEM:
        raise Http404
    return HttpResponse(settings.LAN_AUTHORITY_PEM, content_type="application/x-x509-ca-cert")
