"""The users of the tests, with their roles, and their keys."""

from datetime import timedelta
from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone

from accounts.keys import make_key, revoke_key
from accounts.roles import give_role

PASSWORD = "lovelace-1843"


def make_roles() -> None:
    """The groups of the migration, which tests that empty the database take away."""
    import_module("accounts.migrations.0002_roles").make_roles(apps, None)


def person(name: str, role: str = "viewer") -> User:
    """A new user with this role."""
    user = User.objects.create_user(name, password=PASSWORD)
    give_role(user, role)
    return User.objects.get(pk=user.pk)


def key_of(owner: User, *scopes: str, days: int = 1, revoked: bool = False) -> str:
    """The text of a new key; with days below nought one that has ended."""
    key, token = make_key(
        owner=owner, name="a key", scopes=scopes, expires_at=timezone.now() + timedelta(days=days)
    )
    if revoked:
        assert revoke_key(key_id=key.pk)
    return token


def bearer(token: str) -> dict[str, str]:
    """The header of a program with this key."""
    return {"authorization": f"Bearer {token}"}
