"""Tells a user how much of each limit is used; the apps that have limits say so themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.request_rate import request_rate

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True)
class Usage:
    """The amount that a user has of something, and the most that is allowed; None for no limit."""

    name: str
    used: float
    most: float | None
    unit: str = ""


Provider = Callable[["User"], Usage]
_providers: dict[str, Provider] = {}


def register_usage(name: str, provider: Provider) -> None:
    """Show what `provider` tells of a user on the user's own page; an app calls it when it is ready."""
    _providers[name] = provider


def usage_of(user: "User") -> list[Usage]:
    """The use of every limit, in the order of registration."""
    return [provider(user) for provider in _providers.values()]


def requests_of(user: "User") -> Usage:
    """The requests of the current minute, as this process has counted them."""
    most = settings.FORGESYTE_REQUESTS_PER_MINUTE
    return Usage("Requests of the API this minute", request_rate.count(user.pk), most)
