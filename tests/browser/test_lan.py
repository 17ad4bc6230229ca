"""The live page as a phone in the same network opens it: by another name than localhost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from forgesyte.lan.lan import AUTHORITY_PATH
from tests.browser.conftest import ASKS_NOBODY, BEGINNING, launch, let_every_try_fail
from tests.streaming.live import LiveServer, prepare, serving

pytestmark = pytest.mark.browser

# Nobody's real name: the browser finds this machine under it, and makes no exception for it.
NAME = "studio.example"
VIEWPORT: ViewportSize = {"width": 390, "height": 844}
HOSTS = f"localhost,127.0.0.1,{NAME}"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lan")
    prepare(folder)
    return folder


@pytest.fixture(scope="module")
def phones_server(data_dir: Path) -> Iterator[LiveServer]:
    with serving(data_dir, "--lan", ALLOWED_HOSTS=HOSTS, FORGESYTE_LAN_CODE="off") as server:
        yield server


@pytest.fixture
def browser(videos: dict[str, Path]) -> Iterator[Browser]:
    """A browser with a camera, which finds this machine by another name."""
    with sync_playwright() as playwright:
        yield launch(playwright, videos["plain"], ASKS_NOBODY, f"--host-resolver-rules=MAP {NAME} 127.0.0.1")


@pytest.fixture
def phone(browser: Browser) -> Page:
    """A page of somebody who went on after the browser's warning."""
    return browser.new_page(ignore_https_errors=True, viewport=VIEWPORT, is_mobile=True, has_touch=True)


def test_a_phone_has_a_camera_and_a_secure_stream(phone: Page, phones_server: LiveServer) -> None:
    phone.goto(f"https://{NAME}:{phones_server.port}/?pipeline=quick")
    assert phone.evaluate("window.isSecureContext")
    with phone.expect_websocket() as opened:
        phone.click("#start")
    assert opened.value.url.startswith(f"wss://{NAME}:{phones_server.port}/")
    expect(phone.locator("#figure-found")).to_have_text("0", timeout=30_000)
    expect(phone.locator("#status")).to_contain_text("Connected")


def test_a_page_that_cannot_connect_says_what_apples_browsers_want(
    phone: Page, phones_server: LiveServer
) -> None:
    phone.clock.install(time=BEGINNING)
    phone.route_web_socket(re.compile("^wss:"), lambda stream: stream.close(code=3000))
    phone.goto(f"https://{NAME}:{phones_server.port}/?pipeline=quick")
    phone.click("#start")
    expect(phone.locator("#status")).to_contain_text("Reconnecting", timeout=30_000)
    let_every_try_fail(phone)
    banner = phone.locator("#error-banner")
    expect(banner).to_contain_text("The server cannot be reached", timeout=30_000)
    certificate = banner.get_by_role("link", name="its certificate")
    expect(certificate).to_be_visible()
    assert certificate.get_attribute("href") == f"/{AUTHORITY_PATH}"


def test_an_address_typed_without_https_leads_to_the_secure_page(
    phone: Page, phones_server: LiveServer
) -> None:
    phone.goto(f"http://{NAME}:{phones_server.port}/?pipeline=quick")
    assert phone.url == f"https://{NAME}:{phones_server.port}/?pipeline=quick"
    expect(phone.locator("#start")).to_be_enabled()


def test_the_plain_page_says_how_a_phone_gets_a_camera(phone: Page, data_dir: Path) -> None:
    with serving(data_dir, ALLOWED_HOSTS=HOSTS) as server:
        phone.goto(f"http://{NAME}:{server.port}/?pipeline=quick")
        assert not phone.evaluate("window.isSecureContext")
        phone.click("#start")
        expect(phone.locator("#error-banner")).to_contain_text("secure pages only")
        expect(phone.locator("#error-banner")).to_contain_text("make run-lan")
        expect(phone.locator("#status")).to_contain_text(re.compile("Camera off"))


def test_a_phone_without_the_code_is_asked_for_it(phone: Page, data_dir: Path, tmp_path: Path) -> None:
    with serving(data_dir, "--lan", ALLOWED_HOSTS=HOSTS, FORGESYTE_LAN_CODE="k7mq3xwd") as server:
        home = f"https://{NAME}:{server.port}"
        phone.goto(f"{home}/?pipeline=quick")
        expect(phone.get_by_role("heading", name="Enter the code")).to_be_visible()
        expect(phone.get_by_label("Code")).to_be_focused()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
        phone.screenshot(path=tmp_path / "asks.png")
        phone.get_by_label("Code").fill("not this")
        phone.get_by_role("button", name="Continue").click()
        expect(phone.get_by_role("alert")).to_contain_text("That is not the code")
        phone.screenshot(path=tmp_path / "wrong.png")
        phone.get_by_label("Code").fill("K7MQ 3XWD")
        with phone.expect_navigation(wait_until="load"):
            phone.get_by_role("button", name="Continue").click()
        expect(phone.locator("#start")).to_be_enabled()
        assert phone.url == f"{home}/?pipeline=quick"
        phone.click("#start")
        expect(phone.locator("#status")).to_contain_text("Connected")


def test_the_address_of_the_code_leads_straight_to_the_stream(phone: Page, data_dir: Path) -> None:
    with serving(data_dir, "--lan", ALLOWED_HOSTS=HOSTS, FORGESYTE_LAN_CODE="k7mq3xwd") as server:
        home = f"https://{NAME}:{server.port}"
        phone.goto(f"{home}/?code=k7mq3xwd")
        expect(phone.locator("#start")).to_be_enabled()
        assert phone.url == f"{home}/"
        # The server has another code now: the page that is open says so.
        phone.context.clear_cookies()
        phone.click("#start")
        expect(phone.locator("#error-banner")).to_contain_text("This server asks for a code")
