"""A viewer and an operator at a server that asks for a login."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright

from tests.browser.conftest import ASKS_NOBODY, ROOT, launch
from tests.browser.jobs.pages import DONE_MS, write_clip
from tests.streaming.live import LiveServer, environment, prepare, serving

pytestmark = pytest.mark.browser

PASSWORD = "lovelace-1843"
SETTINGS = {"FORGESYTE_REQUIRE_LOGIN": "1", "FORGESYTE_WORKERS": "1", "FORGESYTE_DEFAULT_PIPELINE": "signs"}
BAD = ("error", "warning")
# Where a person wants to look at the pages.
PICTURES = os.environ.get("FORGESYTE_PICTURES", "")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("accounts")
    prepare(data_dir, {"signs": {"finds": True}})
    for name, role in (("ann", "viewer"), ("bert", "viewer"), ("olga", "operator")):
        command = [sys.executable, "manage.py", "add_user", name, "--role", role]
        subprocess.run(
            command,
            input=PASSWORD,
            text=True,
            cwd=ROOT,
            env=environment(data_dir),
            check=True,
            stdout=subprocess.DEVNULL,
        )
    with serving(data_dir, **SETTINGS) as server:
        yield server


@pytest.fixture
def browser(videos: dict[str, Path]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield launch(playwright, videos["plain"], ASKS_NOBODY)


def picture(page: Page, name: str) -> None:
    """Keep pictures of a page, wide, of a phone, and dark, where somebody asks for them."""
    if not PICTURES:
        return
    for kind, width, height in (("desktop", 1280, 860), ("phone", 390, 844)):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(
                path=f"{PICTURES}/{name}-{kind}-{scheme}.png", full_page=True, animations="disabled"
            )
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 860})


def person(browser: Browser, server: LiveServer, name: str, complaints: list[str]) -> Page:
    """The first page after a sign-in."""
    page = browser.new_context().new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in BAD else None)
    page.goto(f"http://127.0.0.1:{server.port}/?pipeline=signs")
    expect(page).to_have_url(re.compile("/account/login/"))
    picture(page, "login")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/\\?pipeline=signs"))
    expect(page.get_by_role("link", name=name)).to_be_visible()
    return page


def test_a_viewer_and_an_operator(browser: Browser, server: LiveServer, tmp_path: Path) -> None:
    complaints: list[str] = []
    ann = person(browser, server, "ann", complaints)
    picture(ann, "live")
    # Its scripts listen by then.
    ann.wait_for_load_state("networkidle")
    ann.click("#start")
    expect(ann.locator("#figure-found")).to_have_text(re.compile("[0-9]"))

    olga = person(browser, server, "olga", complaints)
    olga.get_by_role("link", name="Operations").click()
    expect(olga.locator(".row-name", has_text="ann")).to_be_visible()
    expect(olga.locator(".figures")).to_contain_text("ms")
    picture(olga, "operations")
    olga.get_by_label("Reason that the client reads").fill("maintenance")
    olga.get_by_role("button", name="End the session of ann").click()
    expect(olga.get_by_text("The session is ended.")).to_be_visible()
    expect(ann.get_by_text("An operator ended your stream")).to_be_visible()
    expect(ann.get_by_text("maintenance")).to_be_visible()

    upload(ann, write_clip(tmp_path / "clip.mp4"))
    ann.get_by_role("link", name="ann").click()
    ann.get_by_label("Name").fill("the camera at the door")
    ann.get_by_label("Videos and their results").check()
    ann.get_by_role("button", name="Make a key").click()
    expect(ann.locator(".key-text")).to_have_text(re.compile("^fsk_"))
    picture(ann, "account")

    bert = person(browser, server, "bert", complaints)
    bert.get_by_role("link", name="Videos").click()
    expect(bert.get_by_text("No videos yet")).to_be_visible()
    olga.get_by_role("link", name="Videos").click()
    expect(olga.locator("#jobs .job")).to_contain_text("ann")
    picture(olga, "videos-of-all")

    ann.get_by_role("button", name="Sign out").click()
    expect(ann).to_have_url(re.compile("/account/login/"))
    ann.goto(f"http://127.0.0.1:{server.port}/videos/")
    expect(ann).to_have_url(re.compile("/account/login/"))
    assert complaints == []


def upload(page: Page, clip: Path) -> None:
    """Upload a video, and wait until it is analysed; it is the only one in the list."""
    page.get_by_role("link", name="Videos").click()
    page.wait_for_load_state("networkidle")
    page.select_option("#upload-pipeline", "signs")
    page.set_input_files("#files", [FilePayload(name="clip.mp4", mimeType="", buffer=clip.read_bytes())])
    expect(page.locator("#jobs .job")).to_have_count(1)
    expect(page.locator("#jobs .job")).to_have_attribute("data-status", "completed", timeout=DONE_MS)
