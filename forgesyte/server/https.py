"""HTTPS for the web server; who speaks plain HTTP on the same port is sent to the right address."""

import logging
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from twisted.internet import ssl
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.protocols.policies import TimeoutMixin
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.web.resource import Resource
from twisted.web.server import Site

from forgesyte.logs import log_event

logger = logging.getLogger(__name__)

# The first byte of every TLS connection announces a handshake.
HANDSHAKE = 0x16
FIRST_BYTE_WITHIN_S = 20
SAYS = b"This server speaks HTTPS. Open %s instead.\n"


class SecureFactory(ServerFactory):  # type: ignore[misc]  # Twisted is not checked
    """Gives each connection to the server behind TLS, or to the one that tells of it."""

    noisy = False

    def __init__(self, factory: Any, certificate_pem: bytes) -> None:
        options = ssl.PrivateCertificate.loadPEM(certificate_pem).options()
        self.secure = TLSMemoryBIOFactory(options, isClient=False, wrappedFactory=factory)
        self.plain = Site(ToHttps())

    def doStart(self) -> None:
        """A port begins to listen."""
        super().doStart()
        for factory in (self.secure, self.plain):
            factory.noisy = False
            factory.doStart()

    def doStop(self) -> None:
        """A port stops listening."""
        for factory in (self.secure, self.plain):
            factory.doStop()
        super().doStop()

    def buildProtocol(self, address: Any) -> "FirstByte":
        """One connection, of which nothing is known yet."""
        return FirstByte(self, address)


class FirstByte(Protocol, TimeoutMixin):  # type: ignore[misc]
    """Waits for the first byte and hands the connection over; who sends none is cut off."""

    def __init__(self, factory: SecureFactory, address: Any) -> None:
        self.factory = factory
        self.address = address

    def connectionMade(self) -> None:
        """Somebody connected."""
        self.setTimeout(FIRST_BYTE_WITHIN_S)

    def dataReceived(self, data: bytes) -> None:
        """The first bytes came."""
        self.setTimeout(None)
        chosen = self.factory.secure if data[0] == HANDSHAKE else self.factory.plain
        protocol = chosen.buildProtocol(self.address)
        self.transport.protocol = protocol
        protocol.makeConnection(self.transport)
        protocol.dataReceived(data)

    def connectionLost(self, reason: Any = None) -> None:
        """They went away without a word."""
        self.setTimeout(None)


class ToHttps(Resource):  # type: ignore[misc]
    """Every address, at its place under https."""

    isLeaf = True

    def render(self, request: Any) -> bytes:
        """The answer that leads to HTTPS; only hosts that are this server's own are sent anywhere.

        The redirection is a temporary one: a browser must not remember it when the server is plain again.
        """
        host = request.getHeader("host") or ""
        name, _ = split_domain_port(host)
        request.setHeader("Content-Type", "text/plain; charset=utf-8")
        if not name or not validate_host(name, settings.ALLOWED_HOSTS):
            log_event(logger, logging.WARNING, "host_refused", host=host[:200], client=request.getClientIP())
            request.setResponseCode(400)
            return SAYS % b"the https:// address that it printed"
        target = b"https://" + host.encode() + (request.uri if request.uri.startswith(b"/") else b"/")
        request.setResponseCode(307)
        request.setHeader("Location", target)
        return bytes(SAYS % target)
