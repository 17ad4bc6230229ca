"""One picture through a real reader, over HTTP and in the admin."""

import html
import json

import pytest
from django.test import Client

from pipelines.defaults import default_definitions
from pipelines.defaults.restore import restore
from tests.pipelines.pictures import drawn, picture_file

pytestmark = [pytest.mark.model, pytest.mark.django_db(transaction=True)]

OCR_ONLY = default_definitions()["ocr_only"]


def test_a_drawn_picture_is_read_over_http(client: Client) -> None:
    restore(OCR_ONLY, overwrite=False)

    body = client.post(
        "/pipelines/ocr_only/run", {"file": picture_file(drawn("EXIT 42", (400, 200)), "JPEG")}
    ).json()

    assert body["result"]["text"] == "EXIT 42"
    box = body["result"]["detections"][0]
    assert 0 <= box["x"] < 0.15
    assert 0.2 < box["y"] < 0.4
    assert body["timings_ms"]["read"] > 0


def test_a_drawn_picture_is_read_in_the_admin(admin_client: Client) -> None:
    form = {"definition": json.dumps({**OCR_ONLY, "id": "mine"}), "_try": "Try it"}

    response = admin_client.post(
        "/admin/pipelines/pipeline/add/", {**form, "picture": picture_file(drawn("GATE B7", (400, 200)))}
    )

    assert '"text": "GATE B7"' in html.unescape(response.content.decode())
