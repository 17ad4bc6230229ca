"""The admin and the page of the API in a real browser, whose console has nothing to complain about."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import (
    BROWSER_ARGUMENTS,
    ROOT,
    START_TIMEOUT_S,
    Visit,
    manage,
    running_server,
    server_environment,
    visit,
)
from tests.conftest import require_tool
from tests.pipelines.pictures import drawn

pytestmark = [pytest.mark.browser, pytest.mark.model]

PASSWORD = "lovelace-1843"
ADA = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "ada@example.com"}
# The first run loads its networks, on a machine that may be busy with other things.
FIRST_RUN_MS = 120_000


@pytest.fixture(scope="module")
def staffed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server with the shipped pipelines, where `ada` may do everything."""
    data_dir = tmp_path_factory.mktemp("data")
    manage(data_dir, "migrate", "--verbosity", "0")
    manage(data_dir, "restore_pipelines", "--if-empty")
    subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username=ada"],
        env={**server_environment(data_dir), **ADA}, cwd=ROOT, check=True, capture_output=True,
        timeout=START_TIMEOUT_S,
    )  # fmt: skip
    with running_server(data_dir) as address:
        yield address


@pytest.fixture
def visitor(staffed_server: str) -> Iterator[Visit]:
    """A browser on the login page; afterwards its console must be clean."""
    executable = require_tool("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(BROWSER_ARGUMENTS))
        made = visit(browser, f"{staffed_server}/admin/", {"viewport": {"width": 1280, "height": 900}})
        yield made
        browser.close()
    assert made.unexpected() == []


def test_a_pipeline_is_checked_tried_and_saved(visitor: Visit, staffed_server: str, tmp_path: Path) -> None:
    page = visitor.page
    drawn("EXIT 42", (400, 200)).save(tmp_path / "sign.png")
    page.fill("#id_username", "ada")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.goto(f"{staffed_server}/admin/pipelines/pipeline/add/")
    definition = json.loads(page.input_value("#id_definition"))

    page.fill("#id_definition", json.dumps({**definition, "output_nodes": ["nowhere"]}))
    page.click("input[name=_check]")
    expect(page.locator(".field-definition .errorlist")).to_contain_text("nowhere")

    page.fill("#id_definition", json.dumps({**definition, "id": "signs"}))
    page.set_input_files("#id_picture", tmp_path / "sign.png")
    page.click("input[name=_try]", timeout=FIRST_RUN_MS)
    expect(page.locator(".result")).to_contain_text("EXIT 42", timeout=FIRST_RUN_MS)
    expect(page.locator("svg.graph rect")).to_have_count(1)
    assert page.evaluate("document.querySelector('.trial img').naturalWidth") == 400

    page.click("input[name=_save]")
    expect(page.locator("#result_list")).to_contain_text("signs")
    assert any(
        item["id"] == "signs"
        for item in page.request.get(f"{staffed_server}/pipelines/list").json()["pipelines"]
    )


def test_the_page_of_the_api_works_without_the_internet(visitor: Visit, staffed_server: str) -> None:
    page = visitor.page
    foreign: list[str] = []
    page.on(
        "request", lambda r: None if r.url.startswith((staffed_server, "data:")) else foreign.append(r.url)
    )

    page.goto(f"{staffed_server}/docs")
    page.locator(".opblock-summary", has_text="/pipelines/list").click()
    page.get_by_text("Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert foreign == []
