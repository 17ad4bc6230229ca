"""The short form of `make test-hostile`: some thousand messages at a real server beside a polite session."""

from pathlib import Path

from tests.hostile.attack.run import FPS, attack

COUNT = 3000
# Other tests run beside this one, so it only tells what is very late; the long form measures.
NOT_LATE_S = 0.5
# After so few messages the allocator has not settled.
MAY_GROW = 0.15


def test_a_server_under_attack(tmp_path: Path) -> None:
    outcome = attack(COUNT, tmp_path, not_late_s=NOT_LATE_S, may_grow=MAY_GROW)
    assert outcome.complaints == []
    assert outcome.sent >= COUNT
    assert outcome.polite_frames >= outcome.seconds * FPS * 0.5
