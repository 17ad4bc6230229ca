"""Signs users in whom a trusted proxy names in a header; from anybody else the header never arrives here."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.contrib.auth.models import AnonymousUser, Group, User

from accounts.roles import VIEWER

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

MAX_NAME = 150
# What a session keeps of how its user signed in.
PROXY_USERS = "accounts.remote_user.ProxyUserBackend"


def is_name(said: str) -> bool:
    """True for one name; a header that was sent twice arrives as a list with commas, and names nobody."""
    return 0 < len(said) <= MAX_NAME and "," not in said and said.isprintable()


class ProxyUserBackend(RemoteUserBackend):
    """Takes the proxy's word for who it is; a new user begins as a viewer."""

    def authenticate(  # type: ignore[override]
        self, request: Any, remote_user: Any = None, **more: Any
    ) -> Any:
        """The user of this name, made where there is none; None for what is no name."""
        if not is_name(remote_user or ""):
            return None
        return super().authenticate(request, remote_user=remote_user)

    async def aauthenticate(  # type: ignore[override]
        self, request: Any, remote_user: Any = None, **more: Any
    ) -> Any:
        """The same on an event loop."""
        return await sync_to_async(self.authenticate)(request, remote_user)

    def configure_user(self, request: Any, user: Any, created: bool = True) -> Any:
        """Give a new user the role of viewers, if there still is one."""
        user = super().configure_user(request, user, created=created)
        if created:
            user.set_unusable_password()
            user.save(update_fields=["password"])
            user.groups.add(*Group.objects.filter(name=VIEWER))
        return user


class ProxyUserMiddleware(RemoteUserMiddleware):
    """Signs in by the header FORGESYTE_REMOTE_USER_HEADER, and out where it is gone.

    On an event loop Django's own looks for a header of another name, and leaves `request.auser` as it was.
    """

    @property
    def header(self) -> str:  # type: ignore[override]
        """The name of the header as Django keeps it."""
        return f"HTTP_{settings.FORGESYTE_REMOTE_USER_HEADER.upper().replace('-', '_')}"

    def process_request(self, request: Any) -> None:
        """Sign in or out, and know the user from here on."""
        super().process_request(request)
        user = request.user if request.user.is_authenticated else AnonymousUser()

        async def auser() -> Any:
            return user

        request.auser = auser

    async def aprocess_request(self, request: Any) -> None:
        """The same on an event loop."""
        await sync_to_async(self.process_request)(request)


def socket_user(scope: Mapping[str, Any]) -> "AbstractBaseUser | AnonymousUser | None":
    """The user whom the proxy names for a socket; None where the session's counts.

    A session that the proxy's word has begun counts no more without it, as on pages. Reads the database.
    """
    wanted = settings.FORGESYTE_REMOTE_USER_HEADER.lower().encode()
    said = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)
    if not said:
        begun_by = (scope.get("session") or {}).get(BACKEND_SESSION_KEY)
        return AnonymousUser() if begun_by == PROXY_USERS else None
    found = User.objects.filter(username=said, is_active=True).first() if is_name(said) else None
    return found or AnonymousUser()
