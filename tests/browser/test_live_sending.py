"""Encoding and sending frames of the live page, in a real browser with real networks."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WORDS, OpenPage
from tests.browser.live_page import OCR, start, streaming

pytestmark = [pytest.mark.browser, pytest.mark.model]

# Counts the frames that the page has made itself.
COUNT_FRAMES = """() => {
  window.madeInPage = 0;
  const { toBlob } = HTMLCanvasElement.prototype;
  HTMLCanvasElement.prototype.toBlob = function (...how) {
    window.madeInPage += 1;
    return toBlob.apply(this, how);
  };
}"""


def test_frames_are_made_in_a_worker(open_page: OpenPage) -> None:
    visit = open_page(OCR)
    visit.page.evaluate(COUNT_FRAMES)
    page = start(visit)
    expect(page.locator("#read-text")).to_contain_text(WORDS[0])
    assert page.evaluate("madeInPage") == 0


def test_the_page_makes_them_where_the_worker_cannot_start(open_page: OpenPage) -> None:
    visit = open_page(OCR)
    visit.page.route("**/encoder-worker.js", lambda route: route.abort())
    visit.expected = ("Failed to load resource",)
    visit.page.reload()
    visit.page.evaluate(COUNT_FRAMES)
    page = start(visit)
    expect(page.locator("#read-text")).to_contain_text(WORDS[0])
    assert page.evaluate("madeInPage") > 0


def test_a_page_that_was_left_and_comes_back_streams_again(open_page: OpenPage) -> None:
    page = start(open_page(OCR))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(page.locator("#status")).to_have_text("Camera off")
    assert page.evaluate("document.getElementById('camera').srcObject") is None
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    streaming(page)
