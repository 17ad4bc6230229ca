"""The mailbox holds the newest frame of a session."""

import pytest

from streaming.mailbox import Frame, Mailbox


def frame(index: int, at: float = 0.0) -> Frame:
    return Frame(index, b"", at)


def test_an_empty_mailbox_is_idle() -> None:
    mailbox = Mailbox()
    assert mailbox.busy_ms(5.0) == 0
    assert mailbox.running_index is None
    assert mailbox.unanswered_index is None
    assert mailbox.empty() == ()


@pytest.mark.parametrize("gives_way", [True, False])
def test_with_nothing_held_a_frame_is_always_taken(gives_way: bool) -> None:
    mailbox = Mailbox()
    assert mailbox.offer(frame(1), held_gives_way=gives_way) is None
    mailbox.take()
    assert mailbox.offer(frame(2), held_gives_way=gives_way) is None
    assert mailbox.held == frame(2)


def test_the_older_frame_gives_way() -> None:
    mailbox = Mailbox()
    mailbox.offer(frame(1), held_gives_way=True)
    assert mailbox.offer(frame(2), held_gives_way=True) == frame(1)
    assert mailbox.take() == frame(2)


def test_another_policy_may_keep_the_older_frame() -> None:
    mailbox = Mailbox()
    mailbox.offer(frame(1), held_gives_way=False)
    assert mailbox.offer(frame(2), held_gives_way=False) == frame(2)
    assert mailbox.take() == frame(1)


def test_busy_from_the_first_frame_to_the_last_answer() -> None:
    mailbox = Mailbox()
    mailbox.offer(frame(1, at=10.0), held_gives_way=True)
    assert mailbox.busy_ms(10.0) > 0, "busy from the very tick on"
    mailbox.take()
    assert mailbox.busy_ms(10.25) == 250
    mailbox.offer(frame(2, at=10.1), held_gives_way=True)
    assert mailbox.busy_ms(10.25) == 250, "a frame more is no pause"
    mailbox.finish()
    assert mailbox.busy_ms(10.3) == pytest.approx(200)
    mailbox.take()
    mailbox.finish()
    assert mailbox.busy_ms(11.0) == 0


def test_the_oldest_unanswered_frame_is_the_running_one() -> None:
    mailbox = Mailbox()
    mailbox.offer(frame(1), held_gives_way=True)
    assert (mailbox.running_index, mailbox.unanswered_index) == (None, 1)
    mailbox.take()
    mailbox.offer(frame(2), held_gives_way=True)
    assert (mailbox.running_index, mailbox.unanswered_index) == (1, 1)
    assert mailbox.empty() == (frame(1), frame(2))
    assert mailbox.empty() == ()
