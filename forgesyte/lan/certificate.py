"""The certificate for HTTPS in a local network: made once, kept, and made anew when it no longer fits."""

import os
import ssl
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

FILE_NAME = "lan-certificate.pem"
# Apple's systems accept at most 825 days.
VALID_FOR = timedelta(days=820)
RENEW_BEFORE = timedelta(days=14)
# Clocks of phones may be slow.
BACKDATED = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """The server's private key and certificate and the authority that signed it, one after the other in PEM.

    The authority's own key is thrown away: a device that trusts the authority trusts this one certificate
    and nothing else that could ever be made.
    """

    pem: bytes

    @classmethod
    def make(cls, names: Collection[str], now: datetime) -> Self:
        """A new certificate for these host names and addresses."""
        import trustme

        authority = trustme.CA(
            organization_name="ForgeSyte", organization_unit_name=f"ForgeSyte {now:%Y-%m-%d %H:%M}"
        )
        leaf = authority.issue_cert(
            *names,
            organization_name="ForgeSyte",
            organization_unit_name="Server",
            not_before=now - BACKDATED,
            not_after=now - BACKDATED + VALID_FOR,
        )
        return cls(leaf.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes())

    @cached_property
    def chain(self) -> tuple[x509.Certificate, x509.Certificate]:
        """The server's certificate and the authority's; ValueError where the text holds something else."""
        server, authority = x509.load_pem_x509_certificates(self.pem)
        return server, authority

    @property
    def authority_pem(self) -> bytes:
        """The authority's certificate, which a device installs in order to trust this server."""
        return self.chain[1].public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the server's certificate, as browsers show it."""
        return self.chain[0].fingerprint(SHA256()).hex(":").upper()

    def fits(self, names: Collection[str], now: datetime) -> bool:
        """True if it is good for all of these names, and for a while yet."""
        server = self.chain[0]
        alternatives = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        covered = {str(name) for name in alternatives.get_values_for_type(x509.DNSName)}
        covered |= {str(address) for address in alternatives.get_values_for_type(x509.IPAddress)}
        is_valid = server.not_valid_before_utc <= now < server.not_valid_after_utc - RENEW_BEFORE
        return is_valid and {normal(name) for name in names} <= covered

    def trusting(self) -> ssl.SSLContext:
        """The TLS settings of a client of this server."""
        return ssl.create_default_context(cadata=self.authority_pem.decode())


def kept_certificate(folder: Path, names: Collection[str], now: datetime | None = None) -> Certificate:
    """The certificate in the folder if it fits, else a new one, kept there for its owner's eyes only."""
    now = now or datetime.now(UTC)
    path = folder / FILE_NAME
    found = stored(path)
    if found and found.fits(names, now):
        return found
    made = Certificate.make(names, now)
    write_privately(path, made.pem)
    return made


def stored(path: Path) -> Certificate | None:
    """The certificate in this file; None where there is none, or something else."""
    try:
        certificate = Certificate(path.read_bytes())
        _ = certificate.chain
    except (FileNotFoundError, ValueError):
        return None
    return certificate


def write_privately(path: Path, content: bytes) -> None:
    """Put the content into place at once, readable by the owner only."""
    # mkstemp opens its file with mode 0600.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def normal(name: str) -> str:
    """The one spelling of a host name or an address."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower()
