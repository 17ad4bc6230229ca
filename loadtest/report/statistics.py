"""Figures of plain numbers."""

from collections.abc import Iterable, Sequence

import numpy as np

Summary = dict[str, float | int | None]
PERCENTILES = {"p50": 50, "p95": 95, "p99": 99}


def summary_ms(seconds: Iterable[float]) -> Summary:
    """Count, mean, p50, p95, p99 and max in milliseconds; None where there is nothing to tell of."""
    values = np.fromiter(seconds, float) * 1000
    if not values.size:
        return {"count": 0, "mean": None, **dict.fromkeys(PERCENTILES), "max": None}
    points = np.percentile(values, list(PERCENTILES.values()))
    named = {name: round(float(point), 2) for name, point in zip(PERCENTILES, points, strict=True)}
    return {
        "count": int(values.size),
        "mean": round(float(values.mean()), 2),
        **named,
        "max": round(float(values.max()), 2),
    }


def jain_index(shares: Sequence[float]) -> float | None:
    """Jain, Chiu and Hawe's fairness: 1 where all have the same, 1/n where one has all; None for none."""
    total = sum(shares)
    if not total:
        return None
    return round(float(total**2 / (len(shares) * sum(share**2 for share in shares))), 4)


def newest_only(results: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of results as (taken, answered), in the order of their answers, those newer than all before."""
    newest = float("-inf")
    kept = []
    for taken, answered in sorted(results, key=lambda result: result[1]):
        if taken > newest:
            newest = taken
            kept.append((taken, answered))
    return kept


def shown_age_summary(spans: Iterable[tuple[float, float]]) -> Summary:
    """Of what is on a screen: each span of time begins with a picture so old and ends with it so old.

    Every moment counts alike, so a long wait weighs as much as it is felt; in milliseconds.
    """
    ages = np.array([span for span in spans if span[1] > span[0]], float).reshape(-1, 2) * 1000
    if not len(ages):
        return {"mean": None, **dict.fromkeys(PERCENTILES), "max": None}
    lengths = ages[:, 1] - ages[:, 0]
    points = {name: round(_moment(ages, percent / 100), 2) for name, percent in PERCENTILES.items()}
    mean = float((lengths * ages.mean(axis=1)).sum() / lengths.sum())
    return {"mean": round(mean, 2), **points, "max": round(float(ages.max()), 2)}


def _moment(ages: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", share: float) -> float:
    """The age below which the picture was for this share of the time."""
    levels = np.unique(ages)
    begins, ends = np.sort(ages[:, 0]), np.sort(ages[:, 1])
    # How long the picture was younger than a level: all that began below it, less what lay above.
    below = _time_below(begins, levels) - _time_below(ends, levels)
    return float(np.interp(share * below[-1], below, levels))


def _time_below(
    starts: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
    levels: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """For each level, the sum of `level - start` over the starts below it; `starts` ascend."""
    counts = np.searchsorted(starts, levels)
    sums = np.concatenate([[0.0], np.cumsum(starts)])
    result: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = levels * counts - sums[counts]
    return result
