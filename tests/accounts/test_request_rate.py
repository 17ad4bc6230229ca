"""The requests of a user within a minute."""

from accounts.request_rate import MOST_USERS, RequestRate


def test_a_minute_begins_with_the_first_request() -> None:
    now = [100.0]
    rate = RequestRate(lambda: now[0])
    assert [rate.take(1, 2) for _ in range(3)] == [0.0, 0.0, 60.0]
    assert rate.take(2, 2) == 0.0
    now[0] = 145.0
    assert rate.take(1, 2) == 15.0
    assert rate.count(1) == 2
    now[0] = 160.0
    assert rate.count(1) == 0
    assert rate.take(1, 2) == 0.0


def test_no_limit_and_many_users() -> None:
    rate = RequestRate(lambda: 0.0)
    assert [rate.take(1, None) for _ in range(5)] == [0.0] * 5
    for user_id in range(2, MOST_USERS + 2):
        rate.take(user_id, 1)
    assert rate.count(1) == 0
    assert rate.count(MOST_USERS + 1) == 1
