"""The plots of a report as SVG that stands inside a page and takes its colours from there."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Any

Figures = Mapping[str, Any]
Axes = Any

WIDE_IN = (6.0, 2.5)
# Matplotlib writes these into the SVG, and the page's colours take their place.
COLOURS = {
    "#010101": "var(--ink)",
    "#020202": "var(--faint)",
    "#030303": "var(--blue)",
    "#040404": "var(--orange)",
    "#050505": "var(--green)",
    "#060606": "var(--red)",
}
INK, FAINT, BLUE, ORANGE, GREEN, RED = COLOURS
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.size": 9.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "axes.axisbelow": True,
}


def latency_over_time(figures: Figures) -> str:
    """The age of pictures at their answer, second by second."""
    seconds = seconds_of(figures)
    at = [second["at_s"] + 0.5 for second in seconds]

    def draw(axes: Axes) -> None:
        for point, colour, label in (("p50", BLUE, "p50"), ("p95", ORANGE, "p95"), ("max", RED, "max")):
            values = [number_of(second["age_at_answer_ms"][point]) for second in seconds]
            axes.plot(at, values, color=colour, label=label, marker=dots(at), markersize=3)
        axes.set(
            xlabel="seconds", ylabel="milliseconds", ylim=(0, None), xlim=(0, figures["plan"]["duration_s"])
        )
        axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1))

    return svg(draw)


def answers_over_time(figures: Figures) -> str:
    """Results and dropped frames of each second."""
    seconds = seconds_of(figures)
    at = [second["at_s"] + 0.5 for second in seconds]

    def draw(axes: Axes) -> None:
        for key, colour in (("answered", GREEN), ("dropped", ORANGE)):
            axes.plot(at, [second[key] for second in seconds], color=colour, label=key)
        axes.set(
            xlabel="seconds",
            ylabel="frames a second",
            ylim=(0, None),
            xlim=(0, figures["plan"]["duration_s"]),
        )
        axes.legend(ncols=2, loc="lower right", bbox_to_anchor=(1, 1))

    return svg(draw)


def latency_against_sessions(figures: Figures) -> str:
    """Of a ramp: how old pictures are with so many sessions."""
    steps = [step for step in figures["steps"] if step["answered"]]
    sessions = [step["sessions"] for step in steps]

    def draw(axes: Axes) -> None:
        for point, colour in (("p50", BLUE), ("p95", ORANGE), ("max", RED)):
            values = [step["age_at_answer_ms"][point] for step in steps]
            axes.plot(sessions, values, color=colour, label=point, marker="o", markersize=4)
        finish(axes, "sessions", "milliseconds")

    return svg(draw)


def answers_against_sessions(figures: Figures) -> str:
    """Of a ramp: what is offered and what is answered with so many sessions."""
    steps = figures["steps"]
    sessions = [step["sessions"] for step in steps]

    def draw(axes: Axes) -> None:
        offered = [step["sent"] / (step["to_s"] - step["from_s"]) for step in steps]
        axes.plot(sessions, offered, color=FAINT, label="sent", marker="o", markersize=4)
        answered = [step["answers_per_s"] for step in steps]
        axes.plot(sessions, answered, color=GREEN, label="answered", marker="o", markersize=4)
        finish(axes, "sessions", "frames a second")

    return svg(draw)


def fairness(figures: Figures) -> str:
    """The results of each session; at the end of a ramp, when all are there."""
    steps = figures["steps"]
    rates = steps[-1]["rates"] if steps else [session["answers_per_s"] for session in figures["sessions"]]

    def draw(axes: Axes) -> None:
        axes.bar(range(1, len(rates) + 1), rates, color=BLUE, width=0.8)
        axes.set(xlabel="session", ylabel="answers a second", xlim=(0.3, len(rates) + 0.7))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(axis="x", visible=False)

    return svg(draw)


def server_cpu(figures: Figures) -> str:
    """The server's CPU over time."""
    return over_samples(figures, "cpu_percent", "% of one core", ORANGE)


def server_memory(figures: Figures) -> str:
    """The server's memory over time."""
    return over_samples(figures, "memory_mb", "MB", GREEN)


def over_samples(figures: Figures, key: str, unit: str, colour: str) -> str:
    """One figure of the server over time; the warm-up lies before 0."""
    samples = figures["server"]["samples"]

    def draw(axes: Axes) -> None:
        at = [sample["at_s"] for sample in samples]
        axes.plot(at, [sample[key] for sample in samples], color=colour)
        axes.axvline(0, color=FAINT, linewidth=0.8)
        axes.set(xlabel="seconds", ylabel=unit, ylim=(0, None))

    return svg(draw)


def held_over_time(figures: Figures, name: str) -> str:
    """Of a soak: what the server held of one thing."""
    samples = figures["soak"]["samples"][name]

    def draw(axes: Axes) -> None:
        axes.plot([at for at, _ in samples], [held for _, held in samples], color=GREEN)
        axes.set(xlabel="seconds", ylim=(0, None))

    return svg(draw)


def finish(axes: Axes, across: str, up: str, until: float | None = None) -> None:
    """Name the axes, begin them at 0, and put the legend above."""
    axes.set(xlabel=across, ylabel=up, ylim=(0, None), xlim=(0, until))
    axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1))


def seconds_of(figures: Figures) -> list[Figures]:
    """The seconds of the run itself; what is answered afterwards is no rate."""
    return [second for second in figures["over_time"] if second["at_s"] < figures["plan"]["duration_s"]]


def number_of(value: float | None) -> float:
    """A gap where there is none."""
    return nan if value is None else value


def dots(values: Sequence[float]) -> str:
    """A mark on each point where there are few."""
    return "o" if len(values) <= 60 else ""


def svg(draw: Callable[[Axes], None]) -> str:
    """Draw the axes with `draw`, as an `<svg>` element."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    buffer = io.StringIO()
    with rc_context(STYLE):
        figure = Figure(figsize=WIDE_IN, layout="constrained")
        draw(figure.subplots())
        figure.patch.set_visible(False)
        for axes in figure.axes:
            axes.patch.set_visible(False)
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return themed(buffer.getvalue())


def themed(document: str) -> str:
    """The `<svg>` of a document, with the page's colours and letters, as wide as its place."""
    element = document[document.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", element, flags=re.DOTALL)
    element = re.sub(r'(?<=<svg)([^>]*?) (width|height)="[^"]*"', r"\1", element)
    element = re.sub(r'(?<=<svg)([^>]*?) (width|height)="[^"]*"', r"\1", element)
    element = re.sub(r"font-family: [^;\"]*;?", "", element)
    element = re.sub(r"font: (\S+px)[^;\"]*", r"font-size: \1", element)
    return re.sub("|".join(COLOURS), lambda found: COLOURS[found[0]], element)
