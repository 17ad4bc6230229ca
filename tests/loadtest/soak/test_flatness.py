import random

import pytest

from loadtest.soak.flatness import COUNT, MEMORY, flatness, growing

CHANCE = random.Random(1)
NOISE = [CHANCE.uniform(-8, 8) for _ in range(360)]


def judged(values: list[float], every_s: float = 5.0) -> dict[str, object]:
    return flatness([(number * every_s, value) for number, value in enumerate(values)], MEMORY)


def test_noise_is_flat() -> None:
    figures = judged([800 + noise for noise in NOISE])
    assert figures["flat"] is True
    assert figures["first_quarter"] == pytest.approx(800, abs=3)
    assert figures["slope_per_hour"] == pytest.approx(0, abs=20)
    assert figures["samples"] == 324


def test_a_leak_grows_through_all_noise() -> None:
    figures = judged([800 + noise + number * 0.25 for number, noise in enumerate(NOISE)])
    assert figures["flat"] is False
    assert figures["slope_per_hour"] == pytest.approx(180, rel=0.15)
    assert figures["last_quarter"] - figures["first_quarter"] == pytest.approx(60, abs=6)  # type: ignore[operator]


def test_what_is_loaded_once_is_no_leak() -> None:
    assert judged([800 + noise + 300 * (number > 150) for number, noise in enumerate(NOISE)])["flat"] is True


def test_what_fills_at_the_beginning_is_left_out() -> None:
    figures = judged([min(800, 400 + 20 * number) + noise for number, noise in enumerate(NOISE)])
    assert figures["flat"] is True
    assert figures["min"] > 780  # type: ignore[operator]


def test_what_comes_and_goes_is_flat() -> None:
    assert judged([800.0 + 200 * (number // 30 % 2) for number in range(360)])["flat"] is True


def test_what_falls_is_flat() -> None:
    assert judged([1200 - number for number in range(360)])["flat"] is True


def test_descriptors_that_leak_one_by_one() -> None:
    assert flatness([(number * 5.0, 40 + number // 30) for number in range(360)], COUNT)["flat"] is False


def test_a_short_run_is_not_judged() -> None:
    assert judged([float(number) for number in range(360)], every_s=0.1)["flat"] is None
    assert judged([1.0, 2.0]) == {"flat": None, "samples": 1}
    assert judged([]) == {"flat": None, "samples": 0}


def test_which_grow() -> None:
    assert growing({"a": {"flat": False}, "b": {"flat": None}, "c": {"flat": True}}) == ["a"]
