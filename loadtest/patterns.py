"""Computes from a plan when sessions are there and when their frames are due."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from loadtest.plan import LoadPlan, Pattern

BURSTS = 5
STAYS = 4
# Stays of a soak lie between these, spread evenly: multiples of the golden ratio fill a range without a beat.
SOAK_STAYS_S = (4.0, 40.0)
GOLDEN = 0.618
Window = tuple[float, float]


@dataclass(frozen=True)
class Visit:
    """One session's stay, in seconds of the run; `place` is taken by one session after the other.

    An `abrupt` visitor leaves without waiting for its answers.
    """

    place: int
    number: int
    joins_s: float
    leaves_s: float
    abrupt: bool = False


def visits(plan: LoadPlan) -> list[Visit]:
    """Every stay of the run, in the order in which they begin."""
    of_place = {Pattern.RAMP: _ramp, Pattern.CHURN: _churn, Pattern.SOAK: _soak}.get(plan.pattern, _steady)
    found = [visit for place in range(plan.sessions) for visit in of_place(plan, place)]
    return sorted(found, key=lambda visit: (visit.joins_s, visit.place))


def step_windows(plan: LoadPlan) -> list[Window]:
    """From when to when each step of a ramp lasts."""
    length = plan.duration_s / plan.step_count
    return [(step * length, (step + 1) * length) for step in range(plan.step_count)]


def sending_windows(plan: LoadPlan) -> list[Window]:
    """The times in which frames are sent: always, or in bursts with pauses as long."""
    if plan.pattern is not Pattern.BURST:
        return [(0.0, plan.duration_s)]
    length = plan.duration_s / (2 * BURSTS - 1)
    return [(2 * burst * length, (2 * burst + 1) * length) for burst in range(BURSTS)]


def due_times(plan: LoadPlan, visit: Visit) -> Iterator[float]:
    """The times at which this visit's frames are due in an open loop, in seconds of the run.

    Sessions are spread evenly over a frame's interval, for real cameras do not beat in time.
    """
    interval = 1 / plan.fps
    for begins, ends in own_windows(plan, visit):
        due = begins + interval * visit.place / plan.sessions
        number = 0
        while due + number * interval < ends:
            yield due + number * interval
            number += 1


def own_windows(plan: LoadPlan, visit: Visit) -> list[Window]:
    """The times in which this visit sends."""
    windows = ((max(a, visit.joins_s), min(b, visit.leaves_s)) for a, b in sending_windows(plan))
    return [(begins, ends) for begins, ends in windows if begins < ends]


def _steady(plan: LoadPlan, place: int) -> list[Visit]:
    return [Visit(place, 0, 0.0, plan.duration_s)]


def _ramp(plan: LoadPlan, place: int) -> list[Visit]:
    step = next(step for step in range(1, plan.step_count + 1) if place < plan.step_sessions(step))
    return [Visit(place, 0, step_windows(plan)[step - 1][0], plan.duration_s)]


def _churn(plan: LoadPlan, place: int) -> list[Visit]:
    """Stays of equal length, one after the other; places change hands in turns, never all at once."""
    stay = plan.duration_s / STAYS
    first = stay * (place + 1) / plan.sessions
    changes = [first + number * stay for number in range(STAYS)]
    times = [0.0, *(time for time in changes if time < plan.duration_s), plan.duration_s]
    pairs = enumerate(pairwise(times))
    return [Visit(place, number, a, b, abrupt=number % 2 == 1) for number, (a, b) in pairs if a < b]


def _soak(plan: LoadPlan, place: int) -> list[Visit]:
    """Stays of many lengths, one after the other."""
    shortest, longest = SOAK_STAYS_S
    found, joins = list[Visit](), 0.0
    while joins < plan.duration_s:
        number = len(found)
        length = shortest + (longest - shortest) * ((place + 1 + number) * GOLDEN % 1)
        leaves = min(joins + length, plan.duration_s)
        found.append(Visit(place, number, joins, leaves, abrupt=number % 2 == 1))
        joins = leaves
    return found
