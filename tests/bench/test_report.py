"""Tables, and how they are kept."""

from pathlib import Path

from bench.figures import Figures
from bench.report import markdown
from bench.results import Table, load_tables
from bench.rounds import Row


def table(*rows: Row, case: str = "closed", network: str = "text") -> Table:
    return Table(network, "a detector", case, rounds=2, seconds=3, frames="24 pictures", rows=rows)


def lines(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line
    ]


def test_rows_are_compared_with_the_bare_loop_and_with_a_tutorials_server() -> None:
    rows = [
        Row("a", "loop", [Figures(50, age_p95_ms=20)]),
        Row("c", "ours", [Figures(48, age_p95_ms=30)]),
        Row("d-torch", "theirs", [Figures(16, age_p95_ms=90)]),
    ]
    head, _, loop, ours, _ = lines(markdown([table(*rows)]))
    assert loop[head.index("÷ bare loop")] == "1.00"
    assert ours[head.index("÷ bare loop")] == "0.96"
    assert ours[head.index("÷ FastAPI, torch")] == "3.00"


def test_columns_that_say_nothing_are_left_out() -> None:
    (head, *_) = lines(markdown([table(Row("c", "ours", [Figures(48)]))]))
    assert head == ["", "answers/s"]


def test_ages_are_compared_with_forgesytes() -> None:
    rows = [Row("c", "ours", [Figures(15, age_p95_ms=20)]), Row("e", "theirs", [Figures(15, age_p95_ms=170)])]
    head, _, _, theirs = lines(markdown([table(*rows, case="fps15")]))
    assert theirs[head.index("p95 ÷ ForgeSyte's")] == "8.50"


def test_what_could_not_be_run_is_said() -> None:
    text = markdown([table(Row("c", "ours", [Figures(48)]), Row("f", "theirs", failures=["no browser"]))])
    assert "Not measured: theirs: no browser." in text


def test_tables_are_kept_and_come_back_in_their_order(tmp_path: Path) -> None:
    row = Row("c", "ours", [Figures(48, age_p50_ms=2.5), Figures(50)], ["once it failed"])
    table(row, case="crowd").save(tmp_path)
    table(row, case="closed").save(tmp_path)
    table(row, case="closed", network="yolo11n").save(tmp_path)
    kept = load_tables(tmp_path)
    assert [(found.network, found.case) for found in kept] == [
        ("yolo11n", "closed"),
        ("text", "closed"),
        ("text", "crowd"),
    ]
    assert kept[0].rows == [row]
    assert kept[0].taken
    assert kept[0].machine
