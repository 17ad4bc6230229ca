"""The page that lists videos: files are sent, progress is followed, and jobs are cancelled and deleted."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.jobs.pages import DONE_MS, TIMES_MS, finished, row, upload
from tests.browser.live_page import violations

pytestmark = pytest.mark.browser


def test_two_files_are_sent_and_worked_through_while_the_page_looks_on(
    open_page: OpenPage, clips: dict[str, Path]
) -> None:
    page = open_page("/videos/", camera=None).page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.resource_type} {request.url}"))
    for name in upload(page, "patches", clips["square"], clips["other"]):
        expect(finished(page, name)).to_contain_text(f"{len(TIMES_MS)} frames")
    expect(page.locator("#uploads li")).to_have_count(0)
    expect(page.locator("#empty")).to_be_hidden()
    sent = [request for request in asked if request.startswith(("xhr", "fetch"))]
    assert [request.rsplit("/", 1)[-1] for request in sent] == ["submit", "submit"], "nothing is polled"


def test_progress_is_shown_live_and_a_job_can_be_cancelled_retried_and_deleted(
    open_page: OpenPage, clips: dict[str, Path]
) -> None:
    page = open_page("/videos/", camera=None).page
    (name,) = upload(page, "slow", clips["long"])
    found = row(page, name)
    expect(found).to_have_attribute("data-status", "running", timeout=DONE_MS)
    expect(found).to_contain_text(re.compile(r"[1-9]\d* of 300 frames"), timeout=DONE_MS)
    found.get_by_role("button", name="Cancel").click()
    expect(found).to_have_attribute("data-status", "cancelled")
    found.get_by_role("button", name="Retry").click()
    expect(found).to_have_attribute("data-status", "running", timeout=DONE_MS)
    found.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{name} and its results will be deleted")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(found).to_have_attribute("data-status", "running")
    found.get_by_role("button", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("#jobs .job", has_text=name)).to_have_count(0)
    page.reload()
    expect(page.locator("#jobs .job", has_text=name)).to_have_count(0)


def test_a_file_that_is_no_video_is_refused_in_words(open_page: OpenPage, clips: dict[str, Path]) -> None:
    visit = open_page("/videos/", camera=None)
    visit.expected = ("status of 4",)
    page = visit.page
    (name,) = upload(page, "patches", clips["words"])
    refused = page.locator("#uploads li")
    expect(refused).to_contain_text("neither a video nor a picture", timeout=DONE_MS)
    refused.get_by_role("button", name="Dismiss").click()
    expect(refused).to_have_count(0)
    expect(page.locator("#jobs .job", has_text=name)).to_have_count(0)


def test_a_file_on_its_way_can_be_cancelled(open_page: OpenPage, clips: dict[str, Path]) -> None:
    page = open_page("/videos/", camera=None).page
    held: list[Route] = []
    page.route("**/video/submit", lambda route: held.append(route))
    upload(page, "patches", clips["square"], clips["other"])
    rows = page.locator("#uploads li")
    expect(rows.nth(0)).to_contain_text("Uploading")
    expect(rows.nth(1)).to_contain_text("Waiting")
    for place in (1, 0):
        rows.nth(place).get_by_role("button", name="Cancel").click()
        expect(rows.nth(place)).to_contain_text("Cancelled")
    assert len(held) == 1


def test_a_file_is_dropped_on_the_page(open_page: OpenPage, clips: dict[str, Path]) -> None:
    page = open_page("/videos/", camera=None).page
    data = page.evaluate_handle(
        """async (bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.mp4"));
          return transfer;
        }""",
        list(clips["square"].read_bytes()),
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": data})
    expect(page.locator("#drop")).to_have_class(re.compile("drop-ready"))
    page.dispatch_event("#drop", "drop", {"dataTransfer": data})
    finished(page, "dropped.mp4")


def test_the_list_is_filtered(open_page: OpenPage, viewer: Page) -> None:
    name = viewer.locator("h1").inner_text()
    viewer.get_by_role("link", name="All videos").click()
    viewer.get_by_role("link", name="Failed").click()
    expect(viewer.locator("#jobs .job")).to_have_count(0)
    expect(viewer.locator("#empty")).to_contain_text("No videos here")
    viewer.get_by_role("link", name="Completed").click()
    expect(row(viewer, name)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages(open_page: OpenPage, clips: dict[str, Path], scheme: str) -> None:
    page = open_page("/videos/", camera=None, color_scheme=scheme).page
    (name,) = upload(page, "signs", clips["square"])
    finished(page, name)
    page.locator(".more summary").click()
    assert violations(page) == []
    row(page, name).get_by_role("link").click()
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/videos/", "viewer"])
def test_a_phone_shows_everything_without_scrolling_sideways(
    open_page: OpenPage, clips: dict[str, Path], path: str
) -> None:
    page = open_page("/videos/", camera=None, viewport={"width": 390, "height": 844}).page
    (name,) = upload(page, "signs", clips["square"])
    found = finished(page, name)
    if path == "viewer":
        found.get_by_role("link").click()
        expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
