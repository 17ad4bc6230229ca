"""The code that `serve --lan` asks for: whoever has it is let in, and a signed cookie remembers that."""

import re
import secrets
from collections.abc import Callable, Mapping
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.http.cookie import parse_cookie
from django.shortcuts import redirect, render
from django.urls import get_script_prefix
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from forgesyte.api.client_address import client_address, network_of
from forgesyte.api.errors import error_response, limit_reached, wants_json, without_djangos_line
from forgesyte.api.guesses import Guesses, in_words
from forgesyte.api.limits import LimitReached
from forgesyte.data_folder import write_once
from forgesyte.server.hosts import log_refused

OFF = "off"
FILE_NAME = "lan-code"
PATH = "/lan/code"
# Without letters and digits that look alike: about 40 bits.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
LETTERS = 8
COOKIE = "forgesyte_lan"
COOKIE_AGE_S = 30 * 24 * 3600
PARAMETER = "code"
HEADER = "X-ForgeSyte-Code"
GUESSES, WINDOW_S = 10, 600.0

ASKED = (
    "This server asks for the code that it printed at its start: enter it on its page, or send it in the "
    f"header {HEADER} or as ?{PARAMETER}="
)
WRONG = "That is not the code. It stands where the server was started"
TOO_MANY = "Too many wrong codes came from your address: try again in {wait}"

guesses = Guesses(GUESSES, WINDOW_S)


# The code


def code_of(setting: str, data_dir: Path, *, asks_login: bool) -> str:
    """The code to ask for, as the setting says; empty for none, which a login stands in for as well."""
    if setting.lower() == OFF or (asks_login and not setting):
        return ""
    return setting or kept_code(data_dir / FILE_NAME)


def kept_code(path: Path) -> str:
    """The code in the file, made on the first call and where it is empty; raises OSError.

    Several processes may ask at once, and get one code.
    """
    if path.exists() and not path.read_text().strip():
        path.unlink(missing_ok=True)
    if not path.exists():
        write_once(path, "".join(secrets.choice(ALPHABET) for _ in range(LETTERS)))
    return path.read_text().strip()


def plain_code(text: str) -> str:
    """The code as it is compared: people may write it in capitals, with blanks and hyphens."""
    return re.sub(r"[\s-]", "", text).lower()


def shown_code(code: str) -> str:
    """The code as it is read out: two groups, where it is one of ours."""
    return f"{code[:4]}-{code[4:]}" if len(code) == LETTERS and set(code) <= set(ALPHABET) else code


# Who is let in


class Refused(Exception):
    """A request is not let in; with `wait_s` because of too many wrong codes."""

    def __init__(self, detail: str, wait_s: float = 0.0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.wait_s = wait_s


def check_code(asks: HttpRequest | Mapping[str, Any], given: str) -> None:
    """Raise Refused unless the code is right; guesses of one address are limited."""
    guesser = network_of(client_address(asks))
    wait_s = guesses.take(guesser)
    if wait_s:
        raise Refused(TOO_MANY.format(wait=in_words(wait_s)), wait_s)
    if not constant_time_compare(plain_code(given), plain_code(settings.LAN_CODE)):
        log_refused("lan_code_wrong", asks)
        raise Refused(WRONG)
    guesses.forget(guesser)


def new_cookie() -> str:
    """A signed cookie for the browser of somebody who knows the code; another code makes it worthless."""
    return _signer().sign(_mark())


def is_known(cookie: str | None) -> bool:
    """True if the cookie is one of ours for this code."""
    try:
        return constant_time_compare(_signer().unsign(cookie or "", max_age=COOKIE_AGE_S), _mark())
    except signing.BadSignature:
        return False


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="forgesyte.lan.access_code")


def _mark() -> str:
    return salted_hmac("forgesyte.lan.access_code", plain_code(settings.LAN_CODE)).hexdigest()[:32]


# Pages and the API


def refusal(request: HttpRequest) -> HttpResponseBase | None:
    """The answer to who may not come in yet, or to who comes with the code in a page's address; else None."""
    given = request.GET.get(PARAMETER)
    is_page = request.method in ("GET", "HEAD") and not wants_json(request)
    known = is_known(request.COOKIES.get(COOKIE))
    if known and not (is_page and given is not None):
        return None
    try:
        if not known:
            check_code(request, given if given is not None else asked_header(request))
    except Refused as refused:
        return answer_of(request, refused, is_page=is_page)
    # The code goes out of the address, so that it is in no history and no link that is passed on.
    return let_in(without_code(request)) if is_page and given is not None else None


def asked_header(request: HttpRequest) -> str:
    """The code in the header; raises Refused where there is none."""
    given = request.headers.get(HEADER)
    if given is None:
        raise Refused(ASKED)
    return given


def without_code(request: HttpRequest) -> str:
    """The address of the request without the code."""
    query: QueryDict = request.GET.copy()
    query.pop(PARAMETER, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def let_in(target: str) -> HttpResponse:
    """Send a browser to the page that it wanted, with the cookie."""
    response = redirect(target)
    response.set_cookie(
        COOKIE,
        new_cookie(),
        max_age=COOKIE_AGE_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    response["Cache-Control"] = "no-store"
    return response


def answer_of(request: HttpRequest, refused: Refused, *, is_page: bool) -> HttpResponse:
    """The page that asks for the code, or the same in JSON."""
    if is_page:
        return without_djangos_line(ask_page(request, without_code(request), refused))
    if refused.wait_s:
        return without_djangos_line(
            limit_reached(LimitReached("too_many_codes", refused.detail, ceil(refused.wait_s)))
        )
    return without_djangos_line(error_response(401, "code_required", refused.detail))


def ask_page(request: HttpRequest, target: str, refused: Refused | None) -> HttpResponse:
    """The page with the form; it goes on to `target`."""
    problem = refused.detail if refused and refused.detail != ASKED else ""
    context = {"target": target, "problem": problem, "path": PATH, "waits": bool(refused and refused.wait_s)}
    response = render(request, "lan_code.html", context, status=429 if context["waits"] else 401)
    if refused and refused.wait_s:
        response["Retry-After"] = str(ceil(refused.wait_s))
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Take the code from the form."""
    home = get_script_prefix()
    target = request.POST.get("next", home)
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or not target.startswith("/"):
        target = home
    if not settings.LAN_CODE or is_known(request.COOKIES.get(COOKIE)):
        return redirect(target)
    if request.method == "GET":
        return ask_page(request, target, None)
    try:
        check_code(request, request.POST.get(PARAMETER, ""))
    except Refused as refused:
        return without_djangos_line(ask_page(request, target, refused))
    return let_in(target)


# Sockets

Send = Callable[[Mapping[str, Any]], Any]


def check_socket(scope: Mapping[str, Any]) -> None:
    """Raise Refused unless the handshake has the cookie, or the code in the header or the address."""
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if is_known(parse_cookie(headers.get(b"cookie", "")).get(COOKIE)):
        return
    query = parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
    given = query.get(PARAMETER, [headers.get(HEADER.lower().encode())])[0]
    if given is None:
        raise Refused(ASKED)
    check_code(scope, given)
