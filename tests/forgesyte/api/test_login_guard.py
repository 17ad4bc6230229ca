"""Wrong passwords are slowed down, for a name and an address together."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as project_settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import F
from django.test import AsyncClient, Client

from forgesyte.api import login_guard

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
NEAR, FAR = "10.0.0.7", "10.0.0.8"


@pytest.fixture(autouse=True)
def operator(monkeypatch: pytest.MonkeyPatch) -> User:
    """An operator, and nobody who has tried to log in yet."""
    monkeypatch.setattr(login_guard, "_logins", {})
    return User.objects.create_superuser("ann", password="right and long")


def log_in(client: Client, password: str = "wrong", username: str = "ann", address: str = NEAR) -> Any:
    data, headers = {"username": username, "password": password}, {"accept": "text/html,*/*"}
    return client.post(LOGIN, data, REMOTE_ADDR=address, headers=headers)


def fail(client: Client, times: int = 5, **more: Any) -> list[int]:
    return [log_in(client, **more).status_code for _ in range(times)]


def test_the_sixth_wrong_password_is_not_looked_at(client: Client) -> None:
    assert fail(client, 4) == [200] * 4
    answer = log_in(client)
    assert answer.status_code == 429, "the fifth locks"
    assert 890 <= int(answer["Retry-After"]) <= 900
    page = re.sub(r"\s+", " ", answer.content.decode())
    assert "Too many wrong passwords were given for this name from your address" in page
    assert "try again in 15 minutes." in page
    assert log_in(client, "right and long").status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_stranger_elsewhere_locks_nobody_out(client: Client) -> None:
    fail(client, address=FAR)
    assert log_in(client, "right and long").status_code == 302


def test_another_name_from_the_same_address_is_not_locked(client: Client) -> None:
    User.objects.create_superuser("bob", password="right and long")
    fail(client)
    assert log_in(client, "right and long", "bob").status_code == 302


def test_another_browser_or_a_forged_header_changes_nothing(client: Client) -> None:
    for number in range(5):
        headers = {"user-agent": f"browser {number}", "x-forwarded-for": f"1.2.3.{number}"}
        client.post(LOGIN, {"username": "ann", "password": "wrong"}, REMOTE_ADDR=NEAR, headers=headers)
    assert log_in(Client(), "right and long").status_code == 429


def test_one_ipv6_network_is_one_address(client: Client) -> None:
    for number in range(5):
        log_in(client, address=f"2001:db8:1:2::{number}")
    assert log_in(client, "right and long", address="2001:db8:1:2:ffff::1").status_code == 429
    assert log_in(client, "right and long", address="2001:db8:1:3::1").status_code == 302


def test_it_is_over_after_a_while_even_if_one_goes_on_trying(client: Client) -> None:
    fail(client, 20)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - timedelta(minutes=15, seconds=1))
    assert log_in(client, "right and long").status_code == 302


def test_a_right_password_begins_anew(client: Client) -> None:
    fail(client, 4)
    assert log_in(client, "right and long").status_code == 302
    assert fail(client, 4) == [200] * 4


@pytest.mark.parametrize("command", [["axes_reset"], ["axes_reset_username", "ann"], ["axes_reset_ip", NEAR]])
def test_the_operator_can_unlock(client: Client, command: list[str]) -> None:
    fail(client)
    call_command(*command, verbosity=0)
    assert log_in(client, "right and long").status_code == 302


def test_many_names_from_one_address_are_slowed_down_too(client: Client) -> None:
    statuses = [log_in(client, username=f"name{number}").status_code for number in range(51)]
    assert statuses == [200] * 50 + [429]
    answer = log_in(client, "right and long")
    assert answer.status_code == 429
    assert "Too many logins were tried from your address" in answer.content.decode()
    assert 0 < int(answer["Retry-After"]) <= 900
    assert log_in(client, "right and long", address=FAR).status_code == 302


def test_a_program_reads_json(client: Client) -> None:
    fail(client)
    data = {"username": "ann", "password": "wrong"}
    answer = client.post(LOGIN, data, REMOTE_ADDR=NEAR, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many_logins")
    assert int(answer["Retry-After"]) > 800


@pytest.mark.django_db(transaction=True)
async def test_on_an_event_loop_as_in_the_server(async_client: AsyncClient) -> None:
    for _ in range(5):
        answer = await async_client.post(LOGIN, {"username": "ann", "password": "wrong"})
    assert answer.status_code == 429
    assert "try again in 15 minutes" in answer.content.decode()


def test_a_locked_login_is_one_line_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    fail(client, 4)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        log_in(client)
    (line,) = [record for record in caplog.records if not record.name.startswith("axes")]
    assert line.message == "login_locked"
    assert line.__dict__["fields"] == {"username": "ann", "path": LOGIN, "client": NEAR}


def test_no_password_is_stored(client: Client) -> None:
    log_in(client, "my secret password")
    (attempt,) = AccessAttempt.objects.all()
    assert "my secret password" not in repr(attempt.__dict__)


def test_the_server_itself_may_ask(operator: User) -> None:
    assert authenticate(username="ann", password="right and long") == operator


def test_an_address_that_is_none(client: Client) -> None:
    assert fail(client, 5, address="") == [200] * 4 + [429]


def test_the_settings() -> None:
    assert project_settings.AXES_FAILURE_LIMIT == 5
    assert timedelta(minutes=15) == project_settings.AXES_COOLOFF_TIME
