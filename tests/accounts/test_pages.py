"""Signing in and out, one's own page, keys and limits, as a browser meets them."""

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts.keys import MOST_KEYS, find_key, keys_of
from jobs.models import Job
from tests.accounts.people import PASSWORD, bearer, key_of, person

pytestmark = pytest.mark.usefixtures("roles", "login_required")


@pytest.fixture
def ann(roles: None) -> User:
    return person("ann")


@pytest.fixture
def signed_in(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


def text_of(response: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", response.content.decode())))


def test_who_is_not_staff_signs_in_and_comes_back_to_the_page(client: Client, ann: User) -> None:
    asked = client.get("/videos/?status=failed")
    assert asked["Location"] == "/account/login/?next=/videos/%3Fstatus%3Dfailed"
    assert "Sign in" in text_of(client.get(asked["Location"]))
    form = {"username": "ann", "password": PASSWORD, "next": "/videos/?status=failed"}
    assert client.post("/account/login/", form)["Location"] == "/videos/?status=failed"
    page = text_of(client.get("/videos/"))
    assert " ann " in page
    assert "Sign out" in page
    assert " Admin " not in page


def test_a_wrong_password_is_said(client: Client, ann: User) -> None:
    answer = client.post("/account/login/", {"username": "ann", "password": "wrong"})
    assert "enter a correct username and password" in text_of(answer)


def test_signing_out(signed_in: Client) -> None:
    assert signed_in.post("/account/logout/")["Location"] == "/account/login/"
    assert signed_in.get("/videos/")["Location"].startswith("/account/login/")


def test_changing_the_password_ends_other_sessions(signed_in: Client, ann: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ann)
    form = {"old_password": PASSWORD, "new_password1": "byron-1815-x", "new_password2": "byron-1815-x"}
    answer = signed_in.post("/account/password/", form, follow=True)
    assert "Your password is changed" in text_of(answer)
    assert elsewhere.get("/account/").status_code == 302
    assert Client().login(username="ann", password="byron-1815-x")


def test_without_a_required_login_no_page_tells_who_it_is(client: Client, settings: Any) -> None:
    settings.FORGESYTE_REQUIRE_LOGIN = False
    page = text_of(client.get("/videos/"))
    assert "Sign" not in page
    assert " Admin " in page


def test_a_new_key_is_shown_once_and_works(signed_in: Client, ann: User) -> None:
    form = {"name": "the camera", "scopes": ["jobs"], "days": "30"}
    shown = text_of(signed_in.post("/account/keys/", form))
    (token,) = re.findall(r"fsk_\w{8}_[\w-]{43}", shown)
    later = text_of(signed_in.get("/account/"))
    assert token not in later
    assert "the camera" in later
    assert token[:12] in later
    (key,) = keys_of(ann)
    assert token not in repr(key.__dict__)
    assert Client().get("/jobs", headers=bearer(token)).status_code == 200
    assert Client().get("/jobs", headers=bearer(token[:-1] + "x")).status_code == 401
    answer = signed_in.post(f"/account/keys/{key.pk}/revoke/", follow=True)
    assert "Revoked" in text_of(answer)
    assert Client().get("/jobs", headers=bearer(token)).status_code == 401


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"name": "", "scopes": ["jobs"]}, "This field is required"),
        ({"name": "x"}, "This field is required"),
        ({"name": "x", "scopes": ["everything"]}, "not one of the available choices"),
        ({"name": "x", "scopes": ["metrics"]}, "not one of the available choices"),
        ({"name": "x", "scopes": ["jobs"], "days": "7"}, "not one of the available choices"),
    ],
)
def test_a_key_that_cannot_be_made(signed_in: Client, ann: User, form: Any, problem: str) -> None:
    answer = signed_in.post("/account/keys/", form)
    assert answer.status_code == 422
    assert problem in text_of(answer)
    assert not keys_of(ann)


def test_operators_make_keys_for_metrics(roles: None) -> None:
    client, olga = Client(), person("olga", "operator")
    client.force_login(olga)
    client.post("/account/keys/", {"name": "prometheus", "scopes": ["metrics"], "days": ""})
    (key,) = keys_of(olga)
    assert (key.scopes, key.expires_at) == (["metrics"], None)


def test_nobody_fills_the_database_with_keys(signed_in: Client, ann: User) -> None:
    for _ in range(MOST_KEYS):
        key_of(ann, "jobs")
    answer = signed_in.post("/account/keys/", {"name": "x", "scopes": ["jobs"], "days": "30"})
    assert f"You have {MOST_KEYS} keys" in text_of(answer)


def test_nobody_fills_the_database_with_keys_that_are_over(ann: User) -> None:
    valid = key_of(ann, "jobs")
    for number in range(MOST_KEYS + 3):
        key_of(ann, "jobs", revoked=number % 2 == 0, days=-1)
    newest = key_of(ann, "jobs")
    assert keys_of(ann).count() == MOST_KEYS + 2
    assert find_key(valid)
    assert find_key(newest)


def test_a_key_says_when_it_was_used(ann: User, django_assert_num_queries: Any) -> None:
    token = key_of(ann, "jobs")
    assert keys_of(ann)[0].last_used_at is None
    find_key(token)
    first = keys_of(ann)[0].last_used_at
    assert first is not None
    find_key(token)
    assert keys_of(ann)[0].last_used_at == first, "at most once a minute"
    assert find_key("x" * 10_000) is None
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert find_key(token) is None


def test_ones_own_page_shows_what_is_used(signed_in: Client, ann: User) -> None:
    Job.objects.create(owner=ann, pipeline_id="p", definition={}, source_name="a", source_bytes=3 * 1024**2)
    page = text_of(signed_in.get("/account/"))
    assert "Videos that wait 1 of 200" in page
    assert "Kept videos and results 3 of 20,480 MB" in page
    assert "Live sessions 0 of 10" in page
    assert re.search("Requests of the API this minute \\d+ of 1,200", page)


def test_too_many_requests_in_a_minute(ann: User, settings: Any) -> None:
    settings.FORGESYTE_REQUESTS_PER_MINUTE = 3
    someone, headers = person("someone"), bearer(key_of(ann, "jobs"))
    answers = [Client().get("/jobs", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json()["error"] == "too_many_requests"
    assert 1 <= int(answers[3]["Retry-After"]) <= 60
    assert Client().get("/jobs", headers=bearer(key_of(someone, "jobs"))).status_code == 200


def test_a_user_keeps_no_more_than_allowed(ann: User, settings: Any) -> None:
    Job.objects.create(owner=ann, pipeline_id="p", definition={}, source_name="a", source_bytes=20 * 1024**3)
    headers = {**bearer(key_of(ann, "jobs")), "content-type": "multipart/form-data; boundary=x"}
    answer = Client().post(
        "/video/submit", b"x" * 2000, content_type="multipart/form-data; boundary=x", headers=headers
    )
    assert (answer.status_code, answer.json()["error"]) == (429, "storage_limit")
    assert "JOBS_MAX_KEPT_MB_PER_USER" in answer.json()["detail"]


def test_operators_see_all_and_filter_by_owner(ann: User) -> None:
    for owner, name in ((ann, "hers.mp4"), (person("bert"), "his.mp4"), (None, "old.mp4")):
        Job.objects.create(owner=owner, pipeline_id="p", definition={}, source_name=name)
    client = Client()
    client.force_login(person("olga", "operator"))
    page = text_of(client.get("/videos/"))
    assert [name for name in ("hers.mp4", "his.mp4", "old.mp4") if name not in page] == []
    assert "All users" in page
    filtered = text_of(client.get("/videos/?owner=ann"))
    assert "hers.mp4" in filtered
    assert "his.mp4" not in filtered
    listed = client.get("/jobs?owner=bert").json()["jobs"]
    assert [(job["source_name"], job["owner"]) for job in listed] == [("his.mp4", "bert")]


def test_a_viewer_sees_the_own_ones_only(signed_in: Client, ann: User) -> None:
    for owner, name in ((ann, "hers.mp4"), (person("bert"), "his.mp4"), (None, "old.mp4")):
        Job.objects.create(owner=owner, pipeline_id="p", definition={}, source_name=name)
    assert [job["source_name"] for job in signed_in.get("/jobs").json()["jobs"]] == ["hers.mp4"]
    page = text_of(signed_in.get("/videos/?owner=bert"))
    assert "his.mp4" not in page
    assert "All users" not in page


def test_an_operator_who_may_only_look(ann: User) -> None:
    job = Job.objects.create(owner=ann, pipeline_id="p", definition={}, source_name="a")
    olga = person("olga", "operator")
    olga.groups.get().permissions.filter(codename__in=("change_job", "delete_job")).delete()
    client = Client()
    client.force_login(olga)
    assert client.get(f"/jobs/{job.pk}").status_code == 200
    assert client.post(f"/jobs/{job.pk}/cancel").status_code == 403
    assert client.delete(f"/jobs/{job.pk}").status_code == 403
    assert Job.objects.get().status == "pending"
