"""Tells who asks, by HTTP or over a socket; jobs and streams ask a Caller what it may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest

from accounts.models import ApiKey

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What operators may do beside what Django itself has permissions for.
VIEW_SERVER = "accounts.view_server"
LOGIN_REQUIRED = "Log in first: this server is not open to everyone"
WRONG_KEY = "This API key is not known, has ended or was revoked"
NO_SCOPE = "This API key may not do this: it lacks the scope “{}”"


class NotAllowed(Exception):
    """Someone may not do what was asked; `status` is 401 for who is not known, 403 for who may not."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class Caller:
    """A user, or with `trusted` whoever there is where no login is required, and the server itself.

    `scopes` are those of the key with which a program acts as the user; None for a session, which has all.
    """

    user: "User | None" = None
    trusted: bool = False
    scopes: frozenset[str] | None = None

    def may(self, permission: str) -> bool:
        """True if the caller may do this to what belongs to others; reads the database.

        A user needs the permission and access to the admin: those are the operators.
        """
        if self.trusted:
            return True
        user = self.user
        return user is not None and user.is_active and user.is_staff and user.has_perm(permission)

    def need(self, scope: str) -> None:
        """Raise NotAllowed where a key lacks this scope; every key will do where it is empty."""
        if scope and self.scopes is not None and scope not in self.scopes:
            raise NotAllowed(403, NO_SCOPE.format(scope))

    @property
    def user_id(self) -> int | None:
        """The user's key; None for nobody in particular."""
        return self.user.pk if self.user else None


# The server's own commands and workers.
SERVER = Caller(trusted=True)


def caller_for(user: Any) -> Caller:
    """The caller for the user of a session; raises NotAllowed where a login is required and there is none."""
    known = user if user is not None and user.is_authenticated else None
    if not settings.FORGESYTE_REQUIRE_LOGIN:
        return Caller(known, trusted=True)
    if known is None or not known.is_active:
        raise NotAllowed(401, LOGIN_REQUIRED)
    return Caller(known)


def caller_with(key: ApiKey | None) -> Caller:
    """The caller for a key; raises NotAllowed for None, which stands for one that is not valid."""
    if key is None:
        raise NotAllowed(401, WRONG_KEY)
    return Caller(key.owner, scopes=frozenset(key.scopes))


def request_token(request: HttpRequest) -> str | None:
    """The key that a request brings; None where it brings none, and where no login is required."""
    return token_in(request.headers.get("Authorization", ""))


def token_in(authorization: str) -> str | None:
    """The key in a header `Authorization: Bearer KEY`; without a required login nobody needs one."""
    scheme, _, token = authorization.partition(" ")
    if not settings.FORGESYTE_REQUIRE_LOGIN or scheme.lower() != "bearer":
        return None
    return token.strip()


def socket_caller(scope: Mapping[str, Any], needs: str) -> Caller:
    """The caller of a socket, whose key has the scope `needs`; raises NotAllowed."""
    caller = caller_with(scope["api_key"]) if "api_key" in scope else caller_for(scope.get("user"))
    caller.need(needs)
    return caller
