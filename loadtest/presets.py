"""Load tests that are asked for often."""

from collections.abc import Mapping
from typing import Any

from loadtest.plan import LoadPlan, Pattern

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "realtime": {"sessions": 1, "fps": 30.0, "duration_s": 20.0},
    "crowd": {"sessions": 64, "fps": 2.0, "duration_s": 48.0, "pattern": Pattern.RAMP},
    "overload": {"sessions": 16, "duration_s": 30.0},
    "soak": {"sessions": 3, "fps": 5.0, "duration_s": 1800.0, "pattern": Pattern.SOAK},
}
OVERLOAD = "overload"
TIMES_TOO_MUCH = 4
CAPACITY_S = 5.0


def capacity_plan(plan: LoadPlan) -> LoadPlan:
    """The plan that measures how much the server can do: one session whose next frame always waits."""
    return plan.with_(
        sessions=1, fps=0.0, in_flight=2, think_ms=0.0, pattern=Pattern.STEADY, duration_s=CAPACITY_S
    )


def overload_plan(plan: LoadPlan, capacity_per_s: float) -> LoadPlan:
    """The same plan with four times what the server can do, shared among its sessions."""
    return plan.with_(fps=round(TIMES_TOO_MUCH * capacity_per_s / plan.sessions, 2), think_ms=0.0)


def age_bound_ms(plan: LoadPlan, capacity_per_s: float) -> float:
    """The greatest age under overload: a frame's interval, a turn of all sessions and one more."""
    return round(1000 / plan.fps + (plan.sessions + 1) * 1000 / capacity_per_s, 1)
