"""A stranger learns nothing of how a request has arrived, and stops nothing with the doctor's header."""

import pytest
from django.test import Client

from forgesyte.upkeep.arrival import HEADER


@pytest.mark.parametrize(
    "word",
    ["a" * 400, "ä" * 40, "../secret_key", "", "0" * 32],
    ids=["long", "letters", "path", "empty", "unknown"],
)
def test_other_words_than_the_doctors_are_ignored(word: str) -> None:
    answer = Client().get("/health", headers={HEADER: word})

    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "version"}
