"""Fixtures of the tests of users."""

from typing import Any

import pytest

from accounts import usage
from accounts.request_rate import RequestRate
from forgesyte.api import access
from tests.accounts.people import make_roles


@pytest.fixture(autouse=True)
def nobody_has_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of other tests, whose users had the same keys, do not count."""
    rate = RequestRate()
    monkeypatch.setattr(access, "request_rate", rate)
    monkeypatch.setattr(usage, "request_rate", rate)


@pytest.fixture
def roles(db: None) -> None:
    """The groups."""
    make_roles()


@pytest.fixture
def login_required(settings: Any) -> None:
    """A server that is not open to everyone."""
    settings.FORGESYTE_REQUIRE_LOGIN = True
