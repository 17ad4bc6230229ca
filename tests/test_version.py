"""One version, told wherever somebody may ask for it."""

import subprocess
import sys
import tomllib

import pytest
from django.contrib.auth.models import User
from django.test import Client

from forgesyte import __version__
from tests.demo_runner import ROOT


def test_the_version_is_the_one_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert __version__ == project["version"]


@pytest.mark.parametrize("word", ["version", "--version"])
def test_the_command_line_tells_the_version(word: str) -> None:
    done = subprocess.run([sys.executable, "manage.py", word], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"ForgeSyte {__version__}\n")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/videos/", "/admin/", "/admin/login/"])
def test_every_page_tells_the_version_in_its_footer(path: str, client: Client) -> None:
    if path == "/admin/":
        client.force_login(User.objects.create_superuser("operator"))
    page = client.get(path).content.decode()
    footer = page[page.index("<footer") : page.index("</footer>")]
    assert f"ForgeSyte {__version__}" in footer


def test_the_api_description_tells_the_version(client: Client) -> None:
    assert client.get("/openapi.json").json()["info"]["version"] == __version__
