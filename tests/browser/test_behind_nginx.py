"""Everything a person does works through nginx with TLS, and below a path as well as at its root."""

import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect, sync_playwright

from tests.browser.conftest import ASKS_NOBODY, ROOT, launch
from tests.browser.jobs.pages import DONE_MS, write_clip
from tests.forgesyte.proxy.nginx import NAME, in_front_of
from tests.streaming.live import environment, prepare, serving

pytestmark = pytest.mark.browser

BAD = ("error", "warning")
PASSWORD = "lovelace-1843"
SETTINGS = {
    "ALLOWED_HOSTS": NAME,
    "FORGESYTE_TRUSTED_PROXIES": "127.0.0.1",
    "FORGESYTE_HSTS_SECONDS": "3600",
    "FORGESYTE_WORKERS": "1",
    "FORGESYTE_REQUIRE_LOGIN": "1",
    "FORGESYTE_DEFAULT_PIPELINE": "signs",
}


@dataclass
class Place:
    """The address of the pages, and the server's log."""

    url: str
    prefix: str
    log: Path


@pytest.fixture(scope="module", params=["", "/vision"], ids=["root", "path"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    data_dir, prefix = tmp_path_factory.mktemp("proxied"), request.param
    prepare(data_dir, {"signs": {"finds": True}})
    subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username=ada"],
        env=environment(data_dir, DJANGO_SUPERUSER_PASSWORD=PASSWORD, DJANGO_SUPERUSER_EMAIL="a@b.example"),
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    with (
        serving(data_dir, **SETTINGS) as server,
        in_front_of(server.port, tmp_path_factory.mktemp("nginx"), below_a_path=bool(prefix)) as port,
    ):
        yield Place(f"https://{NAME}:{port}{prefix}/", prefix, server.log)


@pytest.fixture
def context(videos: dict[str, Path]) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
        browser = launch(playwright, videos["plain"], ASKS_NOBODY, rules)
        yield browser.new_context(ignore_https_errors=True)


def test_all_of_it(context: BrowserContext, place: Place, tmp_path: Path) -> None:
    page = context.new_page()
    outside, failed, complaints = [], [], []
    page.on("request", lambda asked: outside.append(asked.url) if not is_inside(asked.url, place) else None)
    page.on("response", lambda got: failed.append((got.status, got.url)) if got.status >= 400 else None)
    page.on("console", lambda said: complaints.append(said.text) if said.type in BAD else None)

    log_in(page, place)
    for cookie in context.cookies():
        assert cookie["secure"]
        assert cookie["path"] == f"{place.prefix}/"
    live(page, place)
    watch_a_video(page, place, write_clip(tmp_path / "square.mp4"))
    page.goto(f"{place.url}admin/pipelines/pipeline/")
    expect(page.get_by_role("link", name="signs").first).to_be_visible()
    page.get_by_role("link", name="View site").click()
    expect(page).to_have_url(place.url)

    assert (outside, failed, complaints) == ([], [], [])


def is_inside(url: str, place: Place) -> bool:
    """True if the address is the place's own."""
    return url.startswith((place.url, place.url.replace("https:", "wss:"), "blob:", "data:"))


def log_in(page: Page, place: Place) -> None:
    answer = page.goto(place.url)
    assert answer
    assert answer.headers["strict-transport-security"] == "max-age=3600"
    expect(page).to_have_url(re.compile(re.escape(f"{place.url}account/login/")))
    page.fill("#id_username", "ada")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(place.url)


def live(page: Page, place: Place) -> None:
    page.goto(f"{place.url}?pipeline=signs")
    with page.expect_websocket() as opened:
        page.click("#start")
    assert is_inside(opened.value.url, place)
    expect(page.locator("#status")).to_contain_text("Connected", timeout=30_000)
    expect(page.locator("#figure-found")).to_have_text(re.compile("[0-9]"), timeout=30_000)
    page.click("#stop")


def watch_a_video(page: Page, place: Place, clip: Path) -> None:
    page.goto(f"{place.url}videos/")
    page.select_option("#upload-pipeline", "signs")
    page.set_input_files("#files", [FilePayload(name="clip.mp4", mimeType="", buffer=clip.read_bytes())])
    row = page.locator("#jobs .job").first
    expect(row).to_have_attribute("data-status", "completed", timeout=DONE_MS)
    row.get_by_role("link", name="clip.mp4").click()
    expect(page).to_have_url(re.compile(re.escape(f"{place.url}videos/") + "[0-9a-f-]{36}/"))
    expect(page.locator("#media")).to_have_js_property("readyState", 4, timeout=30_000)
    with page.expect_download() as downloaded:
        page.click("[data-format=csv]")
    assert Path(downloaded.value.path()).read_text().count("\n") > 1


def test_a_page_of_another_site_is_refused_in_words(place: Place) -> None:
    parts = urlsplit(place.url)
    connection = HTTPSConnection("127.0.0.1", parts.port, context=ssl._create_unverified_context())
    headers = {"Host": parts.netloc, "Origin": "https://elsewhere.example"}
    with closing(connection):
        connection.request("POST", f"{parts.path}account/login/", headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()

    assert answer.status == 403
    assert "does not come from a page of this server" in text
    assert '"form_refused"' in place.log.read_text()
    assert "https://elsewhere.example" in place.log.read_text()
