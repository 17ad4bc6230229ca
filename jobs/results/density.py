"""Counts detections over time in a limited number of buckets, however long the video is; pure."""

from typing import Any

MAX_BUCKETS = 200
FIRST_BUCKET_S = 0.05


class Density:
    """Counts over time; when the buckets are full, each two of them become one of twice the length."""

    def __init__(self) -> None:
        self._bucket_s = FIRST_BUCKET_S
        self._counts: list[int] = []

    def add(self, time_s: float, count: int) -> None:
        """Count so many detections at this time."""
        while (place := int(max(time_s, 0.0) / self._bucket_s)) >= MAX_BUCKETS:
            self._halve()
        self._counts += [0] * (place + 1 - len(self._counts))
        self._counts[place] += count

    def as_dict(self) -> dict[str, Any]:
        """The length of a bucket in seconds, and the count of each from the beginning."""
        return {"bucket_s": self._bucket_s, "counts": list(self._counts)}

    def _halve(self) -> None:
        self._bucket_s *= 2
        counts = [*self._counts, 0]
        self._counts = [sum(counts[at : at + 2]) for at in range(0, len(self._counts), 2)]
