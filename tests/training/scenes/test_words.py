"""The invented strings."""

import re
from random import Random

import pytest

from training.scenes import words


def test_the_same_seed_says_the_same() -> None:
    assert words.phrase(Random(3), 8) == words.phrase(Random(3), 8)
    assert words.phrase(Random(3), 8) != words.phrase(Random(4), 8)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_a_phrase_has_at_least_the_words_asked_for(count: int) -> None:
    assert all(len(words.phrase(Random(seed), count).split()) >= count for seed in range(50))


def test_numbers_have_digits_and_plates_have_both() -> None:
    for seed in range(200):
        assert re.search(r"\d", words.number(Random(seed)))
        assert re.search(r"[A-Z].*\d|\d.*[A-Z]", words.plate(Random(seed)))


def test_addresses_have_a_domain() -> None:
    assert all(re.search(r"\w\.\w", words.address(Random(seed))) for seed in range(50))


def test_short_texts_are_never_empty_and_come_in_all_kinds() -> None:
    texts = [words.short(Random(seed)) for seed in range(400)]
    assert all(text.strip() for text in texts)
    assert any("." in text and "@" in text for text in texts)
    assert any(text.isupper() and not text.isalpha() for text in texts)
