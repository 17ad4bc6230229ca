"""Reading is measured in turns, and its words are counted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.micro.reading import OWN, measure, rows


class Reader:
    """Says always the same, and notes its turns."""

    def __init__(self, name: str, text: str, turns: list[str]) -> None:
        self.name, self.text, self.turns = name, text, turns

    def __call__(self, data: bytes) -> Mapping[str, Any]:
        self.turns.append(f"{self.name}:{data.decode()}")
        return {"text": self.text}


def test_readers_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []
    readers = {name: Reader(name, "", turns) for name in ("one", "two")}
    spent = measure(readers, [b"a", b"b"], 2)
    assert turns == ["one:a", "two:a", "one:b", "two:b"] * 3
    assert {name: [len(each) for each in times] for name, times in spent.items()} == {
        "one": [2, 2],
        "two": [2, 2],
    }


def test_the_table_counts_words(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text(json.dumps({"a.jpg": ["no", "entry"], "b.jpg": ["stop"]}))
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(name.encode())
    turns: list[str] = []
    own, ours = Reader(OWN, "no exit", turns), Reader("ours", "No entry stop", turns)
    table = rows({OWN: own, "ours": ours}, tmp_path, 1)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]
    assert [(row[0], row[3], row[4]) for row in cells] == [
        (OWN, "1 of 3", "3"),
        ("ours", "3 of 3", "3"),
    ]
    assert cells[0][2] == "1.0"
