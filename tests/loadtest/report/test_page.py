import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from loadtest.clients.records import LoadResult
from loadtest.machine import this_machine
from loadtest.plan import Pattern
from loadtest.report.figures import Figures, figures_of
from loadtest.report.page import page
from loadtest.report.wording import describe
from tests.loadtest.made import FLAT, frame, record, result, sample, steady

SERVER = [sample(-1, 20, 500), sample(1, 150, 900), sample(11, 0, 510)]


class Page(HTMLParser):
    """Notes the titles of plots, the cells of tables and everything that would be fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.titles: list[str] = []
        self.fetched: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        # What begins with # lies in the page itself.
        self.fetched += [
            f"{tag} {value}"
            for name, value in attrs
            if name in ("src", "href", "xlink:href") and value and not value.startswith("#")
        ]

    def handle_data(self, data: str) -> None:
        if self._within == "h3" and data.strip():
            self.titles.append(data.strip())


def figures(made: LoadResult) -> Figures:
    about = {"load": describe(made.plan), "began_at": "2026-01-01", "machine": this_machine()}
    return about | figures_of(made)


def test_a_ramp_with_a_server_has_every_plot() -> None:
    late = record([frame(5 + number / 10, 0.5) for number in range(50)], 1, joins_s=5)
    text = page(figures(result(steady(0), late, pattern=Pattern.RAMP, steps=2, server=SERVER)))
    assert Page(text).titles == [
        "Age of the picture at its answer",
        "Answers",
        "Age against sessions",
        "Answers against sessions",
        "Fairness",
        "The server's CPU",
        "The server's memory",
    ]
    assert "Every frame got exactly one answer" in text


def test_one_session_has_nothing_to_be_fair_to() -> None:
    assert Page(page(figures(result(steady())))).titles == ["Age of the picture at its answer", "Answers"]


def test_the_page_stands_alone() -> None:
    text = page(figures(result(steady(0), steady(1), server=SERVER)))
    assert Page(text).fetched == []
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_plots_take_their_colours_from_the_page() -> None:
    text = page(figures(result(steady(0), steady(1), server=SERVER)))
    drawings = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(drawings) == 5
    for drawing in drawings:
        ElementTree.fromstring(drawing)
        assert set(re.findall(r"#[0-9a-f]{6}\b", drawing)) <= set(
            re.findall(r'(?:url\(|href=")(#[0-9a-f]{6})', drawing)
        )
        assert "var(--ink)" in drawing
        assert "<text" in drawing, "words stay words"
        assert "font-family" not in drawing


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "<b>"])
def test_what_a_server_says_cannot_change_the_page(words: str) -> None:
    text = page(figures(result(record([frame(1, 0.1)], ended=words), steady(1))))
    assert words not in text
    assert "&lt;" in text


def test_a_run_without_any_answer_has_a_page() -> None:
    text = page(figures(result(record([frame(1, None)]))))
    assert 'class="verdict bad"' in text
    assert "1 of 1 frames got no answer" in text


def test_a_soak_shows_what_the_server_held() -> None:
    clients = {"reads slowly": {"done": 12, "refused": 1, "failed": 0}}
    soak = {
        "flatness": {"server threads": FLAT},
        "samples": {"server threads": [(0.0, 40), (5.0, 41)]},
        "clients": clients,
    }
    text = page({**figures(result(steady())), "soak": soak})
    assert Page(text).titles[-1] == "Server threads"
    assert '<th scope="row">server threads</th><td>40.0</td><td>41.0</td><td>0.5</td>' in text
    assert '<th scope="row">reads slowly</th><td>12</td><td>1</td><td>0</td>' in text
    assert Page(text).fetched == []


def test_a_soak_of_a_server_that_was_not_watched_says_so() -> None:
    soak: dict[str, Any] = {"flatness": {}, "samples": {}, "clients": {}}
    text = page({**figures(result(steady())), "soak": soak})
    assert "The server was not watched" in text
    assert "first quarter</th>" not in text
