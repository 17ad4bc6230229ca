"""Scores what a pipeline reads on pictures against the words that a person reads there.

A word is what stands between spaces, in compatibility form (a full-width colon is a colon), in lower case,
and without the marks at its ends. Each distinct word of a picture counts once, so a list need not say how
often a word is there.

Recall is the share of the expected words that were read exactly, precision the share of the words read that
were expected. The character error rate takes for each expected word the word read that is closest to it: the
edits (Levenshtein) between the two, at most the expected word's length, over all expected characters.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Any, Self

from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import extractOne

ALL = "all"


@dataclass(frozen=True, slots=True)
class TextScore:
    """Counts for one picture, or the sum over several."""

    expected: int = 0
    read: int = 0
    right: int = 0
    characters: int = 0
    edits: int = 0
    detections: int = 0
    with_text: int = 0

    def __add__(self, other: Self) -> Self:
        names = [field.name for field in fields(self)]
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in names))

    @property
    def recall(self) -> float | None:
        """The share of the expected words that were read; None where none is expected."""
        return ratio(self.right, self.expected)

    @property
    def precision(self) -> float | None:
        """The share of the words read that are expected; None where nothing was read."""
        return ratio(self.right, self.read)

    @property
    def character_error_rate(self) -> float | None:
        """Edits over expected characters, from 0 to 1; None where no word is expected."""
        return ratio(self.edits, self.characters)

    def as_dict(self) -> dict[str, Any]:
        """The JSON form: the rates to 4 decimals, then the counts."""
        rates = {"recall": self.recall, "precision": self.precision, "cer": self.character_error_rate}
        rounded = {name: None if rate is None else round(rate, 4) for name, rate in rates.items()}
        return rounded | {field.name: getattr(self, field.name) for field in fields(self)}


def score(expected: Iterable[str], result: Mapping[str, Any]) -> TextScore:
    """The score of a pipeline's result for a picture where these words are expected."""
    wanted, read = words_of(" ".join(expected)), words_of(text_read(result))
    boxes = result.get("detections", [])
    return TextScore(
        expected=len(wanted),
        read=len(read),
        right=len(wanted & read),
        characters=sum(len(word) for word in wanted),
        edits=sum(edits_to_closest(word, read) for word in wanted),
        detections=len(boxes),
        with_text=sum(bool(box.get("text")) for box in boxes),
    )


def mistakes(expected: Iterable[str], result: Mapping[str, Any]) -> dict[str, list[str]]:
    """The words that were `missed`, and those that were read and are `unexpected`; sorted."""
    wanted, read = words_of(" ".join(expected)), words_of(text_read(result))
    return {"missed": sorted(wanted - read), "unexpected": sorted(read - wanted)}


def words_of(text: str) -> frozenset[str]:
    """The distinct words of a text, in the form in which they are compared."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return frozenset(filter(None, map(without_marks, plain.split())))


def without_marks(word: str) -> str:
    """A word from its first letter or digit to its last one; empty where it has none."""
    places = [place for place, character in enumerate(word) if character.isalnum()]
    return word[places[0] : places[-1] + 1] if places else ""


def edits_to_closest(word: str, read: Iterable[str]) -> int:
    """Count letters to change, add or drop between `word` and the closest word read; at most its length."""
    closest = extractOne(word, read, processor=None, scorer=Levenshtein.distance, score_cutoff=len(word))
    return int(closest[1]) if closest else len(word)


def text_read(result: Mapping[str, Any]) -> str:
    """All text of a pipeline's result: its `text`, or else the texts of its detections."""
    if isinstance(result.get("text"), str):
        return str(result["text"])
    return "\n".join(found["text"] for found in result.get("detections", []) if found.get("text"))


def checked_words(data: Any) -> dict[str, list[str]]:
    """The content of a `words.json`: the words of each picture, by its file's name.

    Raises ValueError for anything else, and for names that lead to another folder.
    """
    if not isinstance(data, dict) or not data:
        raise ValueError("it must be an object that gives a list of words for each picture")
    for name, words in data.items():
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise ValueError(f"{name!r}: its words must be a list of strings")
        if not name or PurePath(name).name != name:
            raise ValueError(f"{name!r} is not the name of a file in this folder")
    return data


def table(scores: Mapping[str, TextScore]) -> str:
    """The scores of pictures, by name, and of all together, as lines for a terminal."""
    rows = {**scores, ALL: sum(scores.values(), TextScore())}
    wide = max(map(len, [*rows, "picture"]))
    lines = [f"{'picture':<{wide}}  words  right  recall  precision     cer  boxes  with text"]
    lines += [
        f"{name:<{wide}}  {row.expected:5}  {row.right:5}  {shown(row.recall):>6}  {shown(row.precision):>9}"
        f"  {shown(row.character_error_rate):>6}  {row.detections:5}  {row.with_text:9}"
        for name, row in rows.items()
    ]
    return "\n".join(lines)


def shown(rate: float | None) -> str:
    """A rate to three decimals, or a dash where there is none."""
    return "-" if rate is None else f"{rate:.3f}"


def ratio(part: int, whole: int) -> float | None:
    """A share, or None of nothing."""
    return part / whole if whole else None
