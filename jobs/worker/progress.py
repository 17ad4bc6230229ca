"""How many frames there are to do, and how much of that is done; pure."""


def frames_to_do(frames: int | None, stride: int, at_most: int | None) -> int | None:
    """How many of `frames` are worked on with this stride and limit; None where the file does not say."""
    if frames is None:
        return None
    every = -(-frames // stride)
    return every if at_most is None else min(every, at_most)


def ends_early(done: int, total: int | None) -> bool:
    """Whether so much of what a file announces is missing that its length was not merely guessed wrongly."""
    return total is not None and total - done > max(1, total // 20)


def percent(done: int, total: int | None) -> float:
    """How much of a running job is done, to a tenth; never 100, because a file may hold more than it says."""
    if not total:
        return 0.0
    return min(round(100.0 * done / total, 1), 99.9)
