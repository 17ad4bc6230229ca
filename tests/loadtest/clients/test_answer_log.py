import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.clients.answer_log import AnswerLog, Outcome


def answer_log(frames: int) -> AnswerLog:
    """A log with so many open frames, the n-th of which was sent at n."""
    made = AnswerLog()
    made.warming_up = False
    for number in range(1, frames + 1):
        assert made.sent(float(number)) == number
    return made


def outcomes(of: AnswerLog) -> list[Outcome]:
    return [frame.outcome for frame in of.frames]


def say(**content: Any) -> str:
    return json.dumps(content)


def test_answers_find_their_frames_by_index() -> None:
    book = answer_log(3)
    assert book.read(say(frame_index=2, dropped=True), 5) == 2
    assert book.read(say(frame_index=1, result={}), 6) == 1
    assert outcomes(book) == [Outcome.RESULT, Outcome.DROPPED, Outcome.UNANSWERED]
    assert [frame.round_trip_s for frame in book.frames] == [5, 3, None]
    assert (book.open, book.extra) == (1, 0)
    assert book.fresh_s == [5]


@pytest.mark.parametrize("message", ["[1, 2]", "all is well", say(boxes=[]), b"\x00\xff", ""])
def test_where_there_is_no_index_the_order_counts(message: str | bytes) -> None:
    book = answer_log(2)
    assert [book.read(message, 5), book.read(message, 6), book.read(message, 7)] == [1, 2, None]
    assert outcomes(book) == [Outcome.RESULT, Outcome.RESULT]
    assert (book.open, book.extra) == (0, 1)


def test_order_passes_over_what_is_answered() -> None:
    book = answer_log(3)
    book.read(say(frame_index=1), 4)
    assert book.read("{}", 5) == 2


@pytest.mark.parametrize("index", [0, -1, 3, 99])
def test_an_answer_to_no_frame_is_one_too_many(index: int) -> None:
    book = answer_log(2)
    assert book.read(say(frame_index=index), 5) is None
    assert book.extra == 1


def test_a_second_answer_is_one_too_many_and_changes_nothing() -> None:
    book = answer_log(1)
    book.read(say(frame_index=1), 5)
    assert book.read(say(frame_index=1, dropped=True), 6) is None
    assert (outcomes(book), book.extra) == ([Outcome.RESULT], 1)


def test_pleas_answer_no_frame() -> None:
    book = answer_log(1)
    assert book.read(say(warning="slow_down", suggested_fps=5), 5) is None
    assert book.read(say(warning="something else"), 5) is None
    assert (book.slow_downs, book.open) == (1, 1)


def test_an_error_answers_the_frame_that_it_names() -> None:
    book = answer_log(2)
    assert book.read(say(error="pipeline_failure", detail="It failed", frame_index=2), 5) == 2
    assert outcomes(book) == [Outcome.UNANSWERED, Outcome.ERROR]
    assert book.error == "pipeline_failure: It failed"


def test_an_error_without_a_frame_answers_none() -> None:
    book = answer_log(1)
    assert book.read(say(error="server_shutdown"), 5) is None
    assert (book.open, book.error) == (1, "server_shutdown")


def test_the_warm_up_is_not_counted() -> None:
    book = AnswerLog()
    book.sent(1.0)
    book.read("{}", 2)
    assert book.frames[0].warm_up
    assert (set(book.counts.values()), book.fresh_s, book.open) == ({0}, [], 0)


def test_a_late_frame_keeps_the_time_when_it_was_due() -> None:
    book = answer_log(0)
    book.sent(5.0, taken_at=3.0, due=3.0)
    book.read("{}", 6.0)
    assert (book.frames[0].late_s, book.frames[0].round_trip_s, book.frames[0].age_s) == (2, 1, 3)


MESSAGES = st.one_of(
    st.text(),
    st.binary(),
    st.builds(
        json.dumps,
        st.dictionaries(
            st.sampled_from(["frame_index", "dropped", "warning", "error", "detail"]),
            st.none() | st.booleans() | st.integers(-2, 6) | st.text() | st.floats(),
        ),
    ),
)


@given(st.lists(MESSAGES))
def test_whatever_a_server_says_the_account_is_right(messages: list[str | bytes]) -> None:
    book = answer_log(3)
    answered = [index for message in messages if (index := book.read(message, 9.0)) is not None]
    assert len(answered) == len(set(answered)) == 3 - book.open
    assert sum(book.counts.values()) == 3
    assert book.counts[Outcome.UNANSWERED] == book.open
