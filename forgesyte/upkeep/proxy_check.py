"""Asks a running server, through whatever stands before it, how requests arrive there."""

import json
import secrets
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

from forgesyte.api.client_address import is_loopback
from forgesyte.data_folder import write_once
from forgesyte.upkeep.arrival import HEADER, NOBODY, token_path
from forgesyte.upkeep.doctor import DOUBTFUL, OK, WRONG, Finding

WITHIN_S = 10.0
TRUST = (
    "Send X-Forwarded-* and add the proxy's address to FORGESYTE_TRUSTED_PROXIES, "
    "as docs/network/PROXIES.md says."
)


def stranger() -> dict[str, str]:
    """The header with which somebody would pass for another user, where the setting names one."""
    by_header = settings.FORGESYTE_REMOTE_USER_HEADER
    return {by_header: NOBODY} if by_header else {}


@contextmanager
def token() -> Iterator[str]:
    """A name that the server knows for the body."""
    name = secrets.token_hex(16)
    write_once(token_path(name), "")
    try:
        yield name
    finally:
        token_path(name).unlink(missing_ok=True)


def through(url: str) -> Iterable[Finding]:
    """Ask the server at this address of its pages."""
    base = url.rstrip("/")
    trust, warned = trusting(base)
    yield from warned
    with token() as name:
        try:
            request = Request(f"{base}/health", headers={HEADER: name, **stranger()})
            with urlopen(request, timeout=WITHIN_S, context=trust) as answer:
                seen, headers = json.loads(answer.read()), dict(answer.headers.items())
        except HTTPError as error:
            advice = "Compare the proxy's configuration with docs/network/PROXIES.md."
            yield Finding("address", WRONG, f"{base}/health answers {error.code}", advice)
            return
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            yield Finding(
                "address",
                WRONG,
                f"{base}/health does not answer: {reason}",
                "Start the server and its proxy.",
            )
            return
    yield Finding("address", OK, f"{base}/health answers, ForgeSyte {seen.get('version')}")
    yield from compared(base, seen.get("arrival") or {}, headers)
    yield socket_through(base, trust)


def trusting(base: str) -> tuple[ssl.SSLContext | None, list[Finding]]:
    """The way to reach an https address; a certificate that browsers warn of is a finding, and is taken."""
    if urlsplit(base).scheme != "https":
        return None, []
    try:
        urlopen(base + "/health", timeout=WITHIN_S).close()
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            advice = (
                "Take one of an authority, by certbot for example; cameras need a page that browsers trust."
            )
            said = f"browsers warn of the certificate: {error.reason.verify_message}"
            return ssl._create_unverified_context(), [Finding("certificate", DOUBTFUL, said, advice)]
    except (OSError, ValueError):
        pass
    return ssl.create_default_context(), []


def compared(base: str, seen: Mapping[str, Any], headers: Mapping[str, str]) -> Iterable[Finding]:
    """Compare the address that was asked for with the one that arrived."""
    asked = urlsplit(base)
    if not seen:
        advice = "Run this on the server's machine, with its FORGESYTE_DATA_DIR and as its user."
        yield Finding("headers", DOUBTFUL, "the server there does not say how requests arrive", advice)
        return
    said = ", ".join(f"{name}: {value}" for name, value in seen["forwarded"].items()) or "no X-Forwarded-*"
    yield Finding("headers", OK, f"there arrive {said}; the client is {seen['client']}")
    if seen["names_itself"]:
        by_header = settings.FORGESYTE_REMOTE_USER_HEADER
        advice = f"Have the proxy set {by_header} in every request, to nothing where nobody is signed in."
        yield Finding("sign-in", WRONG, f"whoever sends {by_header} passes for any user", advice)
    if seen["scheme"] != asked.scheme:
        yield Finding("scheme", WRONG, f"{asked.scheme} arrives as {seen['scheme']}", TRUST)
    if seen["host"] != asked.netloc:
        yield Finding("host", WRONG, f"{asked.netloc} arrives as {seen['host']}", TRUST)
    if not seen["host_is_ours"]:
        yield Finding("names", WRONG, f"{seen['host']} is refused", "Add the name to ALLOWED_HOSTS.")
    if seen["prefix"] != asked.path:
        advice = "Have the proxy send X-Forwarded-Prefix, or set FORGESYTE_PATH_PREFIX."
        yield Finding("prefix", WRONG, f"{asked.path or '/'} arrives as {seen['prefix'] or '/'}", advice)
    hops = [hop.strip() for hop in seen["forwarded"].get("X-Forwarded-For", "").split(",") if hop.strip()]
    if hops and is_loopback(seen["client"]) and not is_loopback(hops[-1]):
        yield Finding("client", WRONG, "all clients have the proxy's address", TRUST)
    if asked.scheme == "https" and "strict-transport-security" not in {name.lower() for name in headers}:
        advice = "Once https works for good, set FORGESYTE_HSTS_SECONDS=31536000."
        yield Finding("hsts", DOUBTFUL, "browsers may come over http the next time", advice)


def socket_through(base: str, trust: ssl.SSLContext | None) -> Finding:
    """Does the proxy let WebSockets through? A refusal by the server itself shows that it does."""
    asked = urlsplit(base)
    address = base.replace("http", "ws", 1) + "/ws/video/stream?pipeline_id=doctor"
    try:
        origin = Origin(f"{asked.scheme}://{asked.netloc}")
        with connect(address, ssl=trust, origin=origin, open_timeout=WITHIN_S):
            return Finding("sockets", OK, "WebSockets get through")
    except InvalidStatus as error:
        if error.response.status_code == 403:
            return Finding("sockets", OK, "WebSockets get through, after a login")
        said = f"a WebSocket is answered {error.response.status_code}"
    except (OSError, WebSocketException) as error:
        said = f"a WebSocket does not get through: {error}"
    return Finding(
        "sockets",
        WRONG,
        said,
        "Pass Upgrade and Connection on, with HTTP/1.1, as docs/network/PROXIES.md says.",
    )
