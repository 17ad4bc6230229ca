"""The random walk: a film of each step is read as ffprobe reads it, or the job says why not."""

from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import require_tool
from tests.world.films.walk import step

SEED = 1
SHORT, LONG = 20, 200


def walked(numbers: range, folder: Path) -> Counter[str]:
    """The outcomes of these steps; fails at the first that differs without a word."""
    outcomes: Counter[str] = Counter()
    for number in numbers:
        taken = step(number, SEED, folder)
        assert taken.outcome in ("equal", "said"), f"{taken}"
        outcomes[taken.outcome] += 1
        taken.path.unlink()
    return outcomes


def test_a_short_walk(tmp_path: Path) -> None:
    require_tool("ffprobe", "ffmpeg")
    assert walked(range(SHORT), tmp_path)["equal"] > SHORT // 2


@pytest.mark.slow
def test_a_long_walk(tmp_path: Path) -> None:
    require_tool("ffprobe", "ffmpeg")
    assert walked(range(SHORT, LONG), tmp_path)["equal"] > LONG // 2
