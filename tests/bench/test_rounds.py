"""Turns of contestants that are started, measured and stopped."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.cases import CASES, Case
from bench.contestants import Arena, figures_from_load
from bench.figures import Figures
from bench.lineup import ENTRIES, Entry, chosen
from bench.networks import Network
from bench.processes import BenchError
from bench.rounds import Field

ARENA = Arena(Path(), Path(), [], "chromium")
NETWORK = Network("text", "a detector", {})


@dataclass
class Counted:
    """Counts its turns as answers; fails where it is told to."""

    diary: list[str]
    name: str
    fails: set[str] = field(default_factory=set)
    turns: int = 0

    def start(self) -> None:
        self._do("start")

    def wait(self) -> None:
        self._do("wait")

    def measure(self, case: Case) -> Figures:
        self.turns += 1
        self._do("measure")
        return Figures(self.turns)

    def stop(self) -> None:
        self._do("stop")

    def _do(self, what: str) -> None:
        self.diary.append(f"{self.name} {what}")
        if what in self.fails:
            raise BenchError(f"cannot {what}")


def entry_of(contestant: Counted) -> Entry:
    return Entry(contestant.name, contestant.name.upper(), lambda _arena, _network: contestant)


def play(*contestants: Counted, rounds: int = 3) -> dict[str, tuple[list[float], str]]:
    with Field(ARENA, NETWORK, [entry_of(one) for one in contestants], lambda _: None) as everybody:
        rows = everybody.rows(CASES["closed"], rounds)
    return {row.key: ([turn.answers_per_s for turn in row.turns], row.missing) for row in rows}


def test_all_are_ready_before_the_first_is_measured_and_all_are_stopped() -> None:
    diary: list[str] = []
    play(Counted(diary, "a"), Counted(diary, "b"), rounds=2)
    assert diary[:4] == ["a start", "b start", "a wait", "b wait"]
    assert diary[4:8] == ["a measure", "b measure", "b measure", "a measure"]
    assert sorted(diary[8:]) == ["a stop", "b stop"]


@pytest.mark.parametrize("what", ["start", "wait"])
def test_one_that_cannot_be_started_is_named_and_stopped(what: str) -> None:
    diary: list[str] = []
    found = play(Counted(diary, "a", {what}), Counted(diary, "b"))
    assert found == {"a": ([], f"cannot {what}"), "b": ([1, 2, 3], "")}
    assert "a stop" in diary


def test_one_that_fails_twice_is_not_asked_again() -> None:
    diary: list[str] = []
    found = play(Counted(diary, "a", {"measure"}), Counted(diary, "b"))
    assert found["a"] == ([], "cannot measure")
    assert diary.count("a measure") == 2


def test_a_network_in_no_form_for_it_leaves_a_contestant_out() -> None:
    nobody = Entry("a", "A", lambda _arena, _network: None)
    with Field(ARENA, NETWORK, [nobody], lambda _: None) as everybody:
        assert everybody.rows(CASES["closed"], 1) == []


def test_a_letter_stands_for_all_of_its_kind() -> None:
    assert [entry.key for entry in chosen(["a", "e-skip"])] == ["a-torch", "a", "e-skip"]
    assert chosen([]) == list(ENTRIES)


def test_the_load_generators_figures_in_our_words() -> None:
    ages = {"p50": 10.0, "p95": 20.0, "max": 30.0}
    run = {
        "answered": 40,
        "answers_per_s": 20.0,
        "age_at_answer_ms": ages,
        "jain_index": 0.99,
        "dropped": 3,
        "unanswered": 1,
        "unsent": 2,
        "sent": 44,
    }
    load = {"run": run, "server": {"cpu_percent_mean": 50.0}, "sessions": [{}, {}], "problems": []}
    turn = figures_from_load(load, seconds=2, frame_bytes=1000)
    assert (turn.answers_per_s, turn.age_p95_ms, turn.fairness) == (20, 20, 0.99)
    assert (turn.dropped, turn.unanswered) == (3, 3)
    assert turn.server_cpu_ms == pytest.approx(25)
    assert turn.up_kbit_s == pytest.approx(176)
    with pytest.raises(BenchError, match="all was lost"):
        figures_from_load({**load, "run": {**run, "answered": 0}, "problems": ["all was lost"]}, 2, 1000)
