"""The judge of polite sessions is strict, and refuses to judge by a base that is none."""

import pytest

from tests.hostile.polite import FPS, Figures, Judge, NotQuiet

SECONDS = 6.0
FRAMES = round(FPS * SECONDS)
QUIET = Figures([0.02] * FRAMES, 0, SECONDS)


def figures(results: int = FRAMES, took_s: float = 0.02, late: int = 0, late_s: float = 1.0) -> Figures:
    """So many results, of which some are late; the other frames gave way."""
    return Figures([took_s] * (results - late) + [late_s] * late, FRAMES - results, SECONDS)


@pytest.mark.parametrize(
    "beside", [QUIET, figures(took_s=0.04), figures(results=FRAMES - 9), figures(late=4)]
)
def test_what_is_about_as_good_is_good(beside: Figures) -> None:
    assert Judge().complaints(QUIET, QUIET, beside) == []


@pytest.mark.parametrize(
    ("beside", "words"),
    [
        (figures(took_s=0.041), "late: p95 41.0 ms"),
        (figures(late=5), "late: p95 1000.0 ms"),
        (figures(results=FRAMES - 10), "few results: p95 20.0 ms, 13.3 results/s, 10 dropped"),
        (figures(results=30, took_s=0.3), "late and few results"),
        (Figures(seconds=SECONDS), "late and few results: p95 inf ms, 0.0 results/s"),
    ],
)
def test_what_is_worse_is_told(beside: Figures, words: str) -> None:
    (complaint,) = Judge().complaints(QUIET, QUIET, beside)

    assert complaint.startswith(words)
    assert complaint.endswith("while it was quiet p95 20.0 ms, 15.0 results/s, 0 dropped")


@pytest.mark.parametrize(
    "base", [Figures(), Figures(seconds=SECONDS), figures(results=FRAMES - 3), figures(took_s=0.07)]
)
def test_a_base_that_is_not_quiet_is_refused(base: Figures) -> None:
    for before, after in ((base, QUIET), (QUIET, base)):
        with pytest.raises(NotQuiet, match="The machine is busy"):
            Judge().complaints(before, after, QUIET)


def test_nothing_is_late_within_what_a_judge_allows() -> None:
    assert Judge(not_late_s=0.5).complaints(QUIET, QUIET, figures(took_s=0.4)) == []
    assert Judge(not_late_s=0.5).complaints(QUIET, QUIET, figures(took_s=0.6)) != []
