"""A load test from its plan to its figures; one that overloads finds out first what is too much."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from loadtest.clients.frames import load_frames
from loadtest.machine import this_machine
from loadtest.plan import LoadPlan
from loadtest.presets import age_bound_ms, capacity_plan, overload_plan
from loadtest.report.figures import Figures, figures_of
from loadtest.report.wording import describe, progress_line
from loadtest.run import LoadFailed, run_load

Show = Callable[[str], None]


class Trial:
    """Tests of one server; `show` hears how far they are, in words."""

    def __init__(self, url: str, server_pid: int | None = None, show: Show = lambda line: None) -> None:
        self._url = url
        self._server_pid = server_pid
        self._show = show

    def run(self, plan: LoadPlan) -> Figures:
        """The figures of one run; raises BadPlan and LoadFailed."""
        return self._figures(plan, load_frames(plan))

    def overload(self, plan: LoadPlan) -> Figures:
        """The figures of four times what the server can do, which is measured before."""
        frames = load_frames(plan)
        alone = self._figures(capacity_plan(plan), frames)
        capacity_per_s = alone["run"]["answers_per_s"]
        if not capacity_per_s:
            raise LoadFailed("; ".join(["The server answers nothing", *reasons(alone)]))
        too_much = overload_plan(plan, capacity_per_s)
        bound = {"capacity_per_s": capacity_per_s, "age_bound_ms": age_bound_ms(too_much, capacity_per_s)}
        return self._figures(too_much, frames) | bound

    def _figures(self, plan: LoadPlan, frames: Sequence[bytes]) -> Figures:
        self._show(describe(plan))
        began_at = datetime.now(UTC)
        result = run_load(
            plan,
            self._url,
            frames=frames,
            server_pid=self._server_pid,
            tell=lambda state: self._show(progress_line(plan, state)),
        )
        return {
            "load": describe(plan),
            "began_at": began_at.isoformat(timespec="seconds"),
            "machine": this_machine(),
            **figures_of(result),
        }


def reasons(figures: Figures) -> list[str]:
    """The reasons for which sessions ended early."""
    return sorted({session["ended"] for session in figures["sessions"] if session["ended"]})
