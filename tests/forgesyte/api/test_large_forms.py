"""A form that is too large is refused with a sentence that names the limit, on pages and in the API."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

PAGE = {"Accept": "text/html,*/*;q=0.8"}
LARGE = "x" * 600 * 1024
TOO_LARGE = "The form has too much text beside its files: all fields together may have 512 KB"
LOGIN, ADD = "/admin/login/", "/admin/pipelines/pipeline/add/"
URLENCODED = "application/x-www-form-urlencoded"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("path", "field"), [(LOGIN, "username"), (ADD, "definition")])
def test_a_page_says_so(admin_client: Client, path: str, field: str) -> None:
    response = admin_client.post(path, {field: LARGE}, headers=PAGE)

    assert response.status_code == 413
    assert response["Content-Type"].startswith("text/html")
    assert TOO_LARGE in response.content.decode()


def test_too_many_fields(client: Client) -> None:
    body = "&".join(f"field{number}=1" for number in range(1001))
    response = client.post(LOGIN, body, content_type=URLENCODED, headers=PAGE)

    assert response.status_code == 400
    assert "The form has too many fields: at most 1000" in response.content.decode()


def test_too_many_files(client: Client) -> None:
    files = {f"file{number}": SimpleUploadedFile("a.png", b"x") for number in range(5)}
    response = client.post(LOGIN, files, headers=PAGE)

    assert response.status_code == 400
    assert "The form has too many files: at most 4" in response.content.decode()
