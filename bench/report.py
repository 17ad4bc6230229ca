"""Tables for people, in Markdown."""

from collections.abc import Callable, Sequence

from bench.cases import CASES
from bench.figures import Figures
from bench.results import Table
from bench.rounds import Row

Cell = Callable[[Figures, "Standards"], str]
NOTHING = "-"


class Standards:
    """The rows by their keys, for figures that are multiples of those of another row."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._figures = {row.key: row.figures for row in rows}

    def times_of(self, key: str, figures: Figures) -> str:
        """The answers per second as a multiple of another's."""
        other = self._figures.get(key)
        return f"{figures.answers_per_s / other.answers_per_s:.2f}" if other else NOTHING

    def age_of(self, key: str, figures: Figures) -> str:
        """The age p95 as a multiple of another's."""
        other = self._figures.get(key)
        if not other or not other.age_p95_ms or figures.age_p95_ms is None:
            return NOTHING
        return f"{figures.age_p95_ms / other.age_p95_ms:.2f}"


def number(value: float | None, digits: int = 1) -> str:
    """A figure, or a dash."""
    return NOTHING if value is None else f"{value:.{digits}f}"


CLOSED: dict[str, Cell] = {
    "answers/s": lambda own, _: number(own.answers_per_s),
    "÷ bare loop": lambda own, all_: all_.times_of("a", own),
    "÷ FastAPI, torch": lambda own, all_: all_.times_of("d-torch", own),
    "÷ the same, all cores": lambda own, all_: all_.times_of("d-cores", own),
    "÷ FastAPI, OpenVINO": lambda own, all_: all_.times_of("d", own),
    "age p50 ms": lambda own, _: number(own.age_p50_ms),
    "p95": lambda own, _: number(own.age_p95_ms),
    "server CPU ms/answer": lambda own, _: number(own.server_cpu_ms),
}
PACED: dict[str, Cell] = {
    "answers/s": lambda own, _: number(own.answers_per_s),
    "age p50 ms": lambda own, _: number(own.age_p50_ms),
    "p95": lambda own, _: number(own.age_p95_ms),
    "max": lambda own, _: number(own.age_max_ms),
    "p95 ÷ ForgeSyte's": lambda own, all_: all_.age_of("c", own),
    "server CPU ms/answer": lambda own, _: number(own.server_cpu_ms),
    "its client's": lambda own, _: number(own.client_cpu_ms),
    "sent kbit/s": lambda own, _: number(own.up_kbit_s, 0),
}
CROWD: dict[str, Cell] = {
    "answers/s": lambda own, _: number(own.answers_per_s),
    "age p50 ms": lambda own, _: number(own.age_p50_ms, 0),
    "p95": lambda own, _: number(own.age_p95_ms, 0),
    "p95 ÷ ForgeSyte's": lambda own, all_: all_.age_of("c", own),
    "Jain index": lambda own, _: number(own.fairness, 3),
    "told dropped": lambda own, _: number(own.dropped, 0),
    "never answered": lambda own, _: number(own.unanswered, 0),
}
COLUMNS = {"closed": CLOSED, "fps15": PACED, "fps30": PACED, "four": CROWD, "crowd": CROWD}


def markdown(tables: Sequence[Table]) -> str:
    """All tables."""
    return "\n".join(section(table) for table in tables)


def section(table: Table) -> str:
    """One table under its heading, with what could not be run below it."""
    case = CASES[table.case]
    columns = {
        name: cell
        for name, cell in COLUMNS[table.case].items()
        if any(text != NOTHING for text in column(cell, table.rows))
    }
    return "\n".join(
        [
            f"### {table.about}: {case.about}",
            "",
            f"Median of {table.rounds} rounds of {table.seconds:g} s; {table.frames}; {table.machine}; "
            f"{table.versions}; {table.taken[:10]}.",
            "",
            line(["", *columns]),
            line(["---", *("---:" for _ in columns)]),
            *(
                line([row.title, *(cells_of(cell, row, table.rows) for cell in columns.values())])
                for row in table.rows
                if row.figures
            ),
            "",
            *(f"Not measured: {row.title}: {row.missing}.\n" for row in table.rows if not row.figures),
        ]
    )


def column(cell: Cell, rows: Sequence[Row]) -> list[str]:
    """One column's cells."""
    return [cells_of(cell, row, rows) for row in rows if row.figures]


def cells_of(cell: Cell, row: Row, rows: Sequence[Row]) -> str:
    """One cell."""
    return cell(row.figures, Standards(rows)) if row.figures else NOTHING


def line(cells: Sequence[str]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"
