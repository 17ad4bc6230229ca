"""The short form of `make test-hostile`: some thousand messages at a real server beside a polite session."""

from pathlib import Path

from tests.hostile.attack.run import attack
from tests.hostile.polite import Judge

COUNT = 3000
# Other tests run beside this one, so it only tells what is very late; the long form measures.
JUDGE = Judge(least_rate=0.5, not_late_s=0.5, least_of_base=0.5, base_within_s=0.5)
# After so few messages the allocator has not settled.
MAY_GROW = 0.15


def test_a_server_under_attack(tmp_path: Path) -> None:
    outcome = attack(COUNT, tmp_path, judge=JUDGE, may_grow=MAY_GROW)
    assert outcome.complaints == []
    assert outcome.sent >= COUNT
