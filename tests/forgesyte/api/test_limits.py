"""Counting who is there, and who a client is."""

import threading

import pytest
from django.test import RequestFactory

from forgesyte.api.client_address import client_address, limited_owner
from forgesyte.api.limits import Places, Quota


def test_places_in_all_and_for_each_owner() -> None:
    places, quota = Places(), Quota(in_all=3, per_owner=2)
    assert [places.take(owner, quota) for owner in ("ann", "ann", "ann", "bob", "bob")] == [
        *("", "", "per_owner", "", "in_all")
    ]
    places.leave("ann")
    assert places.take("bob", quota) == ""
    assert len(places) == 3


def test_no_limit_and_nobody_in_particular() -> None:
    places = Places()
    assert not any(places.take("ann", Quota()) for _ in range(100))
    assert not any(places.take("", Quota(per_owner=1)) for _ in range(100))
    assert places.take("", Quota(in_all=200)) == "in_all"


def test_owners_that_are_gone_leave_nothing() -> None:
    places = Places()
    for number in range(10):
        places.take(f"10.0.0.{number}", Quota())
        places.leave(f"10.0.0.{number}")
    assert len(places) == 0
    assert not places._taken


def test_threads_never_share_the_last_place() -> None:
    places, start = Places(), threading.Barrier(16)
    outcomes: list[str] = []

    def take() -> None:
        start.wait(10)
        outcomes.extend(places.take("ann", Quota(in_all=1000, per_owner=50)) for _ in range(20))

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert outcomes.count("") == 50


def test_the_address_is_that_of_the_other_end() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.7", headers={"x-forwarded-for": "1.2.3.4"})
    assert client_address(request) == "10.0.0.7"
    assert client_address({"client": ("10.0.0.7", 1234), "headers": []}) == "10.0.0.7"
    assert client_address({"client": None}) == ""
    assert client_address({}) == ""


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", ""),
        ("127.8.8.8", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_whom_a_limit_for_each_address_counts(address: str, owner: str) -> None:
    assert limited_owner(address) == owner
