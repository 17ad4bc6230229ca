"""Makes, finds and revokes API keys."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

# A word by which programs that look for lost secrets know ours, and eight letters that may be shown.
WORD = "fsk"
SHOWN_BYTES, SECRET_BYTES = 4, 32
# The longest header that is looked at.
MAX_LETTERS = 200
# A key that is used often is not written to the database each time.
NOTE_USE_EVERY = timedelta(minutes=1)
# Of one user, so that nobody fills the database: valid ones, and as many that are over, the newest.
MOST_KEYS = 50


class TooManyKeys(Exception):
    """The user has as many keys as one may have."""


def make_key(
    *, owner: "User", name: str, scopes: Collection[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key, and its text, which nobody can read again; raises TooManyKeys."""
    now = timezone.now()
    over = Q(revoked_at__isnull=False) | Q(expires_at__lte=now)
    if keys_of(owner).exclude(over).count() >= MOST_KEYS:
        raise TooManyKeys(f"You have {MOST_KEYS} keys: revoke one first")
    forgotten = keys_of(owner).filter(over)[MOST_KEYS:]
    ApiKey.objects.filter(pk__in=list(forgotten.values_list("pk", flat=True))).delete()
    prefix = f"{WORD}_{secrets.token_hex(SHOWN_BYTES)}"
    token = f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = ApiKey.objects.create(
        owner=owner,
        name=name,
        prefix=prefix,
        digest=digest_of(token),
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    return key, token


def keys_of(owner: "User") -> "QuerySet[ApiKey]":
    """The keys of a user, the newest first."""
    return ApiKey.objects.filter(owner=owner)


def revoke_key(*, key_id: int, owner: "User | None" = None) -> bool:
    """End a key now, with `owner` only one of his; False where there is none that could be ended."""
    keys = ApiKey.objects.filter(pk=key_id, revoked_at=None)
    if owner is not None:
        keys = keys.filter(owner=owner)
    return keys.update(revoked_at=timezone.now()) == 1


def find_key(token: str) -> ApiKey | None:
    """The valid key with this text, with its owner, who must be active; notes that it was used.

    The database is asked for the hash, so that how long it takes tells nothing of a key's letters.
    """
    if len(token) > MAX_LETTERS:
        return None
    now = timezone.now()
    key = valid_key(now, digest=digest_of(token))
    if key is None:
        return None
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTE_USE_EVERY)
    ApiKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=now)
    return key


def valid_key(now: datetime, **which: object) -> ApiKey | None:
    """The key with these values, with its owner; None unless it is valid and its owner active."""
    key = ApiKey.objects.select_related("owner").filter(**which).first()
    return key if key is not None and key.is_valid(now) and key.owner.is_active else None


def digest_of(token: str) -> str:
    """The text under which a key is stored."""
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
