"""The done part of a job; pure."""


def percent(done: int, total: int | None) -> float:
    """The done part of a running job, to a tenth; never 100, because a file may hold more than it says."""
    if not total:
        return 0.0
    return min(round(100.0 * done / total, 1), 99.9)
