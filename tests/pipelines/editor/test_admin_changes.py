"""The user who changed a pipeline is kept with it, and every change in its history."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from pipelines.models import Pipeline
from tests.pipelines.test_admin import CHANGE, LIST, form, page, store
from tests.pipelines.toy import toy_definition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]


@pytest.fixture
def olga() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("olga"))
    return client


def changer_of(pipeline_id: str) -> str:
    return str(Pipeline.objects.get(pk=pipeline_id).updated_by)


def history(client: Client, pipeline_id: str = "boxes") -> str:
    return re.sub(r"\s+", " ", page(client.get(f"{LIST}{pipeline_id}/history/")))


def test_an_edit(olga: Client) -> None:
    store()
    assert "by a command of the server" in page(olga.get(CHANGE))
    olga.post(CHANGE, form(toy_definition("boxes", label="dog"), _save="Save"))
    assert changer_of("boxes") == "olga"
    assert "UTC, by olga" in page(olga.get(CHANGE))
    assert "olga" in page(olga.get(LIST))
    assert "Changed definition." in history(olga)


def test_a_check_changes_nothing(olga: Client) -> None:
    store()
    olga.post(CHANGE, form(toy_definition("boxes", label="dog"), _check="Check"))
    assert changer_of("boxes") == "None"


@pytest.mark.parametrize(("action", "said"), [("disable", "Disabled."), ("enable", "Enabled.")])
def test_an_action(olga: Client, action: str, said: str) -> None:
    store()
    olga.post(LIST, {"action": action, "_selected_action": ["boxes"]})
    assert changer_of("boxes") == "olga"
    assert said in history(olga)


def test_putting_back(olga: Client) -> None:
    store("ocr_only", {**toy_definition("ocr_only")})
    olga.post(LIST, {"action": "restore_shipped", "_selected_action": ["ocr_only"]})
    assert changer_of("ocr_only") == "olga"
    assert "The shipped pipeline: put back as shipped." in history(olga, "ocr_only")


def test_a_command_is_nobody(olga: Client) -> None:
    call_command("restore_pipelines", verbosity=0)
    assert changer_of("ocr_only") == "None"


def test_a_user_who_is_deleted(olga: Client) -> None:
    store(updated_by=User.objects.get())
    User.objects.all().delete()
    assert changer_of("boxes") == "None"
