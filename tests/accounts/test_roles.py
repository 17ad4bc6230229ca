"""Roles: who gets which, by the command and in the admin."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from tests.accounts.people import key_of, person

pytestmark = pytest.mark.usefixtures("roles")


def add_user(monkeypatch: pytest.MonkeyPatch, password: str, *arguments: str) -> User:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    call_command("add_user", *arguments, stdout=io.StringIO())
    return User.objects.get(username=arguments[0])


@pytest.mark.parametrize(("role", "staff"), [("viewer", False), ("operator", True), ("admin", True)])
def test_a_user_with_a_role(monkeypatch: pytest.MonkeyPatch, role: str, staff: bool) -> None:
    user = add_user(monkeypatch, "long-and-right-1", "ann", "--role", role)
    assert user.check_password("long-and-right-1")
    assert ([group.name for group in user.groups.all()], user.is_staff) == ([role], staff)
    assert user.has_perm("jobs.view_job") == (role != "viewer")
    assert user.has_perm("auth.add_user") == (role == "admin")


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("ann", "12345", "too short"),
        ("ann", "", "too short"),
        ("a b", "long-and-right-1", "valid username"),
        ("taken", "long-and-right-1", "already exists"),
    ],
)
def test_a_user_that_cannot_be_made(
    monkeypatch: pytest.MonkeyPatch, name: str, password: str, said: str
) -> None:
    person("taken")
    with pytest.raises(CommandError, match=said):
        add_user(monkeypatch, password, name)
    assert User.objects.count() == 1


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change(client: Client, user: User, **fields: Any) -> Any:
    form = {"username": user.username, "date_joined_0": "2026-01-01", "date_joined_1": "00:00", **fields}
    return client.post(f"/admin/auth/user/{user.pk}/change/", form)


def test_who_is_given_a_role_in_the_admin_may_enter_it() -> None:
    ann, ada = person("ann"), person("ada", "admin")
    operator = person("olga", "operator").groups.get()
    assert change(browser(ada), ann, is_active="on", groups=[operator.pk]).status_code == 302
    ann.refresh_from_db()
    assert ann.is_staff
    assert browser(ann).get("/admin/").status_code == 200


def test_an_admin_becomes_no_superuser_and_touches_none() -> None:
    root, ada = User.objects.create_superuser("root"), person("ada", "admin")
    client = browser(ada)
    change(client, ada, is_active="on", is_staff="on", is_superuser="on", groups=[ada.groups.get().pk])
    ada.refresh_from_db()
    assert not ada.is_superuser
    assert change(client, root, is_active="").status_code == 403
    assert client.post(f"/admin/auth/user/{root.pk}/password/", {}).status_code == 403
    client.post(
        "/admin/auth/user/",
        {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"},
    )
    assert User.objects.filter(pk=root.pk, is_active=True).exists()


def test_an_admin_revokes_keys_of_others_and_edits_none() -> None:
    ann, client = person("ann"), browser(person("ada", "admin"))
    key_of(ann, "jobs")
    (key,) = ann.api_keys.all()
    listed = client.get("/admin/accounts/apikey/").content.decode()
    assert key.prefix in listed
    assert key.digest not in client.get(f"/admin/accounts/apikey/{key.pk}/change/").content.decode()
    client.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [key.pk]})
    key.refresh_from_db()
    assert key.revoked_at is not None
