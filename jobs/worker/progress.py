"""Compare the frames that are done with those that are expected; pure."""


def ends_early(done: int, total: int | None) -> bool:
    """True if so much of what a file announces is missing that its length was not merely guessed wrongly."""
    return total is not None and total - done > max(1, total // 20)


def percent(done: int, total: int | None) -> float:
    """The done part of a running job, to a tenth; never 100, because a file may hold more than it says."""
    if not total:
        return 0.0
    return min(round(100.0 * done / total, 1), 99.9)
