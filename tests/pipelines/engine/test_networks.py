"""Networks are loaded once and used by as many threads as they bear."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.engine.networks import NetworkCache

LIMIT_S = 10


class Network:
    """Stands for a loaded network."""


def test_a_network_is_loaded_once() -> None:
    cache = NetworkCache(replicas=1)
    loaded: list[Network] = []

    def load() -> Network:
        loaded.append(Network())
        return loaded[-1]

    with cache.get("a", load).borrow() as first:
        pass
    with cache.get("a", load).borrow() as second:
        pass
    assert first is second
    assert len(loaded) == 1


def test_those_who_ask_meanwhile_wait_for_the_first_and_other_keys_do_not() -> None:
    cache = NetworkCache(replicas=1)
    began, may_end = threading.Event(), threading.Event()
    loads: list[str] = []

    def slow() -> str:
        loads.append("slow")
        began.set()
        assert may_end.wait(LIMIT_S)
        return "slow"

    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(cache.get, "slow", slow) for _ in range(3)]
        assert began.wait(LIMIT_S)
        with cache.get("other", lambda: "other").borrow() as other:
            assert other == "other"
        may_end.set()
        shared = {id(future.result(LIMIT_S)) for future in waiting}
    assert loads == ["slow"]
    assert len(shared) == 1


def test_a_failure_reaches_all_who_wait_and_is_not_remembered() -> None:
    cache = NetworkCache(replicas=1)
    began, may_end = threading.Event(), threading.Event()

    def broken() -> str:
        began.set()
        assert may_end.wait(LIMIT_S)
        raise OSError("no such file")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(cache.get, "a", broken)
        assert began.wait(LIMIT_S)
        second = threads.submit(cache.get, "a", lambda: pytest.fail("a second load"))
        may_end.set()
        for future in (first, second):
            with pytest.raises((OSError, pytest.fail.Exception)):
                future.result(LIMIT_S)
    with cache.get("a", lambda: "loaded").borrow() as network:
        assert network == "loaded"


def count_loads() -> tuple[list[Network], Callable[[], Network]]:
    loaded: list[Network] = []

    def load() -> Network:
        loaded.append(Network())
        return loaded[-1]

    return loaded, load


def test_each_concurrent_user_gets_a_copy_of_its_own() -> None:
    loaded, load = count_loads()
    shared = NetworkCache(replicas=2).get("a", load)
    with shared.borrow() as one, shared.borrow() as two:
        assert one is not two
    assert len(loaded) == 2


def test_the_copy_used_last_comes_first() -> None:
    _, load = count_loads()
    shared = NetworkCache(replicas=2).get("a", load)
    with shared.borrow() as one, shared.borrow():
        pass
    with shared.borrow() as again:
        assert again is one


def test_with_every_copy_in_use_the_next_user_waits() -> None:
    _, load = count_loads()
    shared = NetworkCache(replicas=1).get("a", load)

    def use() -> Network:
        with shared.borrow() as network:
            return network

    with ThreadPoolExecutor(1) as threads:
        with shared.borrow() as held:
            waiting = threads.submit(use)
            assert not waiting.done()
        assert waiting.result(LIMIT_S) is held


class ConcurrentNetwork:
    """Stands for a network that says whether it bears several threads."""

    def __init__(self, concurrent: bool) -> None:
        self.concurrent = concurrent


def test_a_network_for_several_threads_is_handed_to_all_at_once_and_never_copied() -> None:
    only = ConcurrentNetwork(concurrent=True)
    loads = iter([only])
    shared = NetworkCache(replicas=1).get("a", lambda: next(loads))
    with shared.borrow() as one, shared.borrow() as two, shared.borrow() as three:
        assert one is two is three is only
    with pytest.raises(KeyError), shared.borrow():
        raise KeyError
    with shared.borrow() as again:
        assert again is only


def test_a_network_that_says_it_is_for_one_thread_is_copied() -> None:
    shared = NetworkCache(replicas=2).get("a", lambda: ConcurrentNetwork(concurrent=False))
    with shared.borrow() as one, shared.borrow() as two:
        assert one is not two


def test_a_copy_is_given_back_when_its_user_fails() -> None:
    _, load = count_loads()
    shared = NetworkCache(replicas=1).get("a", load)
    with pytest.raises(KeyError), shared.borrow():
        raise KeyError
    with shared.borrow():
        pass


def test_a_copy_that_cannot_be_made_leaves_its_place_to_the_next_try() -> None:
    answers: list[Network | OSError] = [Network(), OSError("memory"), Network()]

    def load() -> Network:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    shared = NetworkCache(replicas=2).get("a", load)
    with shared.borrow() as one:
        with pytest.raises(OSError, match="memory"), shared.borrow():
            pass
        with shared.borrow() as two:
            assert two is not one


def test_a_load_that_fails_after_the_cache_was_cleared_takes_nothing_away() -> None:
    cache = NetworkCache(replicas=1)

    def broken() -> str:
        cache.clear()
        cache.get("a", lambda: "the next one's")
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        cache.get("a", broken)
    with cache.get("a", lambda: "loaded again").borrow() as network:
        assert network == "the next one's"


def test_a_cleared_cache_loads_again() -> None:
    loaded, load = count_loads()
    cache = NetworkCache(replicas=1)
    cache.get("a", load)
    cache.clear()
    cache.get("a", load)
    assert len(loaded) == 2
