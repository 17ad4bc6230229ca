"""Says whether what a server holds stays the same over a long run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Samples of (seconds, value), the oldest first.
Series = Sequence[tuple[float, float]]

# Networks load, caches and pools fill: this share of the run is left out.
SETTLING = 0.1
# In less time, filling up and growing without end look the same.
JUDGED_FROM_S = 180.0
FEWEST_SAMPLES = 12


@dataclass(frozen=True)
class Tolerance:
    """Growth up to a share of what was there at first, or up to `least`, counts as none."""

    share: float
    least: float

    def of(self, value: float) -> float:
        """The growth that counts as none."""
        return max(self.share * value, self.least)


MEMORY = Tolerance(share=0.05, least=16.0)
COUNT = Tolerance(share=0.1, least=3.0)


def flatness(series: Series, tolerance: Tolerance) -> dict[str, Any]:
    """Compare the last quarter with the first, and take the slope of the second half.

    `flat` is False where the last quarter's median lies above the first's by more than the tolerance, and the
    line through the second half rises by more than half of the tolerance: a step that was made once has no
    slope, and a slope that comes and goes makes no difference between the quarters. None where there is too
    little to tell. `end` is the last value.
    """
    settled = without_beginning(series)
    if len(settled) < FEWEST_SAMPLES:
        return {"flat": None, "samples": len(settled)}
    at, values = (np.array(column) for column in zip(*settled, strict=True))
    half, quarter = len(values) // 2, len(values) // 4
    first, last = float(np.median(values[:quarter])), float(np.median(values[-quarter:]))
    slope = slope_of(at[half:], values[half:])
    risen = slope * float(at[-1] - at[half])
    allowed = tolerance.of(first)
    enough = series[-1][0] - series[0][0] >= JUDGED_FROM_S
    return {
        "flat": not (last - first > allowed and risen > allowed / 2) if enough else None,
        "samples": len(settled),
        "first_quarter": round(first, 2),
        "last_quarter": round(last, 2),
        "slope_per_hour": round(slope * 3600, 2),
        "min": round(float(values.min()), 2),
        "max": round(float(values.max()), 2),
        "end": series[-1][1],
        "allowed": round(allowed, 2),
    }


def without_beginning(series: Series) -> Series:
    """The samples after the time in which a server fills its caches."""
    if not series:
        return series
    begins = series[0][0] + SETTLING * (series[-1][0] - series[0][0])
    return [sample for sample in series if sample[0] >= begins]


def slope_of(at: "np.ndarray[Any, Any]", values: "np.ndarray[Any, Any]") -> float:
    """Theil and Sen's slope: the median over all pairs, which single outliers do not move; per second."""
    first, second = np.triu_indices(len(at), k=1)
    apart = at[second] - at[first]
    return float(np.median((values[second] - values[first])[apart > 0] / apart[apart > 0]))


def growing(judged: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of the series that are not flat."""
    return [name for name, figures in judged.items() if figures["flat"] is False]
