"""Invents the strings that scenes show: words, numbers, plates, prices, addresses."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

_COMMON = """
the of and to in is for on with as at by from or an be this that it are was not all can our your new out
open close closed entry exit no yes stop push pull please keep clear left right north south east west
street road avenue park parking bus train station room floor office hotel cafe bar shop store market
price sale free hot cold fresh water coffee tea bread milk sugar salt danger warning caution fire alarm
emergency push button do use before after hours monday friday sunday january march page chapter report
total name date number phone address welcome thank you service team world home time day night school city
hand safe health energy data system computer network screen file edit view help settings search
"""
_ONSETS = (
    "b bl br c ch cl cr d dr f fl fr g gl gr h j k kl l m n p pl pr qu r s sc sh sl sp st str t th tr v w z"
)
_VOWELS = "a e i o u ai ea ee ie oo ou y"
_CODAS = "b ck d ft g l ll m mp n nd ng nt p r rd rk rn s sh ss st t th x"
COMMON = tuple(_COMMON.split())
ONSETS, VOWELS, CODAS = _ONSETS.split(), _VOWELS.split(), ["", *_CODAS.split()]
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
PLATES = ("AAA 000", "AA00 AAA", "A AA 0000", "AAA-0000", "0000 AAA", "AA-000-AA", "00-AAA-0", "A000AA 00")


def word(rng: Random) -> str:
    """One word: a common one, or syllables that look like a language."""
    if rng.random() < 0.45:
        return rng.choice(COMMON)
    count = rng.randint(1, 3)
    return "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(count))


def number(rng: Random) -> str:
    """A number as print shows it: plain, price, percentage, time, date or phone."""
    forms: tuple[Callable[[], str], ...] = (
        lambda: str(rng.randrange(10 ** rng.randint(1, 6))),
        lambda: f"{rng.choice('$€£')}{rng.randrange(0, 200)}.{rng.randrange(0, 100):02d}",
        lambda: f"{rng.randrange(1, 100)}%",
        lambda: f"{rng.randrange(0, 24)}:{rng.randrange(0, 60):02d}",
        lambda: f"{rng.randrange(1, 29):02d}/{rng.randrange(1, 13):02d}/{rng.randrange(1990, 2040)}",
        lambda: f"+{rng.randrange(1, 99)} {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}",
    )
    return rng.choice(forms)()


def code(rng: Random) -> str:
    """A text as on doors, buses, platforms, price tags and speed signs: one to five characters."""
    forms: tuple[Callable[[], str], ...] = (
        lambda: str(rng.randrange(10)),
        lambda: str(rng.randrange(10, 100)),
        lambda: str(rng.randrange(5, 131, 5)),
        lambda: str(rng.randrange(100, 1000)),
        lambda: f"{rng.randrange(1, 40)}{rng.choice('ABCDabc')}",
        lambda: f"{rng.choice(UPPER)}{rng.randrange(1, 100)}",
        lambda: rng.choice("ABCDEFGHKMNPQRSTUVWXYZ?!&%"),
        lambda: f"{rng.randrange(24)}:{rng.randrange(60):02d}",
        lambda: f"{rng.randrange(30)}{rng.choice('.,')}{rng.randrange(100):02d}",
        lambda: f"{rng.choice('$€£')}{rng.randrange(1, 100)}",
        lambda: f"{rng.randrange(1, 100)}%",
        lambda: rng.choice(UPPER) + rng.choice(UPPER),
    )
    return rng.choice(forms)()


def plate(rng: Random) -> str:
    """A number plate in one of several countries' patterns."""
    pattern = rng.choice(PLATES)
    choices = {"A": UPPER, "0": DIGITS}
    return "".join(rng.choice(choices.get(char, char)) for char in pattern)


def address(rng: Random) -> str:
    """A web or mail address."""
    site = f"{word(rng)}{word(rng)}.{rng.choice(['com', 'org', 'net', 'de', 'io'])}"
    return rng.choice([f"www.{site}", site, f"{word(rng)}@{site}", f"https://{site}/{word(rng)}"])


def phrase(rng: Random, words: int) -> str:
    """A run of words with the capitals, numbers and marks of ordinary print."""
    parts = [number(rng) if rng.random() < 0.08 else word(rng) for _ in range(words)]
    if rng.random() < 0.15:
        parts[rng.randrange(words)] += rng.choice(",.:;!?")
    text = " ".join(parts)
    style = rng.random()
    if style < 0.25:
        return text.upper()
    if style < 0.45:
        return text.title()
    return text[:1].upper() + text[1:] if style < 0.8 else text


def short(rng: Random) -> str:
    """A text of one to four words, as on signs, labels and buttons."""
    draw = rng.random()
    if draw < 0.12:
        return number(rng)
    if draw < 0.18:
        return plate(rng)
    if draw < 0.22:
        return address(rng)
    return phrase(rng, rng.randint(1, 4))
