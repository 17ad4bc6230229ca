"""The scores of read text, worked out by hand and held to what must be true of any."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.evaluation.text_scores import (
    TextScore,
    checked_words,
    mistakes,
    score,
    table,
    text_read,
    words_of,
)

LISTS = st.lists(st.text(max_size=8), max_size=6)


def boxed(*texts: str | None) -> dict[str, Any]:
    """A result whose detections have these texts, and None has none."""
    return {"detections": [{"label": "text"} | ({"text": text} if text else {}) for text in texts]}


class TestWords:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("NO Entry\nno  entry", {"no", "entry"}),
            ("(Hello), “World”!", {"hello", "world"}),
            ("alcohol-based don't 10:45", {"alcohol-based", "don't", "10:45"}),
            ("£4.20, & … — ", {"4.20"}),
            ("\uff21\uff22\uff23\uff1a\uff15", {"abc:5"}),
            ("Straße STRASSE", {"strasse"}),
            ("", set()),
        ],
    )
    def test_are_compared_without_case_and_marks(self, text: str, words: set[str]) -> None:
        assert words_of(text) == words

    @given(st.text())
    def test_stay_what_they_are_when_taken_again(self, text: str) -> None:
        words = words_of(text)

        assert words_of(" ".join(words)) == words


class TestTextRead:
    @pytest.mark.parametrize(
        ("result", "text"),
        [
            ({"text": "one two", **boxed("three")}, "one two"),
            (boxed("one", None, "two"), "one\ntwo"),
            ({"text": None, **boxed("one")}, "one"),
            ({"counts": 3}, ""),
        ],
    )
    def test_is_the_text_or_that_of_the_boxes(self, result: dict[str, Any], text: str) -> None:
        assert text_read(result) == text


class TestScore:
    @pytest.mark.parametrize(
        ("expected", "text", "recall", "precision", "cer"),
        [
            (["Mind", "the", "gap"], "MIND THE GAP!", 1, 1, 0),
            (["Mind", "the", "gap"], "gap mind", 2 / 3, 1, 3 / 10),
            (["Mind", "the", "gap"], "mimd the qap", 1 / 3, 1 / 3, 2 / 10),
            (["Mind", "the", "gap"], "mind the gap platform", 1, 3 / 4, 0),
            (["Mind", "the", "gap"], "", 0, None, 1),
            (["one two"], "one two one two", 1, 1, 0),
            (["the", "The"], "the", 1, 1, 0),
            (["open"], "a-very-long-word-that-is-far-off", 0, 0, 1),
            (["open"], "ope n", 0, 0, 1 / 4),
            ([], "", None, None, None),
            ([], "fence", None, 0, None),
            (["…"], "", None, None, None),
        ],
    )
    def test_gives_the_rates(
        self, expected: list[str], text: str, recall: float | None, precision: float | None, cer: float | None
    ) -> None:
        found = score(expected, {"text": text})

        assert (found.recall, found.precision, found.character_error_rate) == (recall, precision, cer)

    def test_counts_boxes_and_those_that_were_read(self) -> None:
        found = score(["one"], boxed("one", None, "two"))

        assert (found.detections, found.with_text, found.read, found.right) == (3, 2, 2, 1)

    def test_adds_up_over_pictures_by_their_words(self) -> None:
        whole = score(["one", "two", "three"], {"text": "one two three"}) + score(["four"], {"text": "for"})

        assert whole == TextScore(expected=4, read=4, right=3, characters=15, edits=1)
        assert whole.as_dict() == {
            "recall": 0.75,
            "precision": 0.75,
            "cer": 0.0667,
            "expected": 4,
            "read": 4,
            "right": 3,
            "characters": 15,
            "edits": 1,
            "detections": 0,
            "with_text": 0,
        }

    def test_says_nothing_where_there_is_nothing(self) -> None:
        rates = TextScore().as_dict()

        assert (rates["recall"], rates["precision"], rates["cer"]) == (None, None, None)

    def test_names_the_mistakes(self) -> None:
        assert mistakes(["Mind", "the", "gap"], {"text": "the qap mind platform"}) == {
            "missed": ["gap"],
            "unexpected": ["platform", "qap"],
        }

    @given(LISTS)
    def test_of_the_words_themselves_is_perfect(self, expected: list[str]) -> None:
        found = score(expected, {"text": " ".join(expected)})

        assert found.recall in {1, None}
        assert found.precision == found.recall
        assert not found.edits

    @given(LISTS, st.text(max_size=30))
    def test_keeps_every_rate_between_0_and_1(self, expected: list[str], text: str) -> None:
        found = score(expected, {"text": text})

        rates = (found.recall, found.precision, found.character_error_rate)
        assert all(rate is None or 0 <= rate <= 1 for rate in rates)
        assert found.right <= min(found.expected, found.read)

    @given(LISTS, LISTS, LISTS)
    def test_reading_more_never_makes_recall_or_errors_worse(
        self, expected: list[str], some: list[str], more: list[str]
    ) -> None:
        less, all_of_it = (score(expected, {"text": " ".join(read)}) for read in (some, some + more))

        assert less.right <= all_of_it.right
        assert less.edits >= all_of_it.edits


class TestCheckedWords:
    def test_takes_words_for_each_picture(self) -> None:
        data = {"sign.jpg": ["NO", "ENTRY"], "wall.jpg": []}

        assert checked_words(data) == data

    @pytest.mark.parametrize(
        ("data", "said"),
        [
            ([], "must be an object"),
            ({}, "must be an object"),
            ("words", "must be an object"),
            ({"sign.jpg": "NO ENTRY"}, "'sign.jpg': its words must be a list of strings"),
            ({"sign.jpg": ["NO", 7]}, "'sign.jpg': its words must be a list of strings"),
            ({"": []}, "'' is not the name of a file"),
            ({"../sign.jpg": []}, "is not the name of a file"),
            ({"/sign.jpg": []}, "is not the name of a file"),
        ],
    )
    def test_says_what_is_wrong(self, data: Any, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            checked_words(data)


def test_shows_a_table() -> None:
    scores = {"sign.jpg": score(["NO", "ENTRY"], boxed("no", "entri")), "wall.jpg": score([], boxed(None))}

    assert table(scores).splitlines() == [
        "picture   words  right  recall  precision     cer  boxes  with text",
        "sign.jpg      2      1   0.500      0.500   0.143      2          2",
        "wall.jpg      0      0       -          -       -      1          0",
        "all           2      1   0.500      0.500   0.143      3          2",
    ]
