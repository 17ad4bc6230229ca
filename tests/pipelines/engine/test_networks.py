"""Networks are loaded once and used by as many threads as they bear."""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipelines.engine.networks import NetworkCache, NetworkUse, SharedNetwork

LIMIT_S = 60


class Network:
    """Stands for a loaded network."""


def test_a_network_is_loaded_once() -> None:
    cache = NetworkCache()
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
    cache = NetworkCache()
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
    cache = NetworkCache()
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


class ChoosyNetwork(Network):
    """Stands for a network that says whether it bears several threads."""

    def __init__(self, concurrent: bool) -> None:
        self.concurrent = concurrent


def use(shared: NetworkUse[Network]) -> Network:
    with shared.borrow() as network:
        return network


@pytest.mark.parametrize("load", [Network, lambda: ChoosyNetwork(concurrent=False)], ids=["mute", "says so"])
def test_with_the_network_in_use_the_next_user_waits(load: Callable[[], Network]) -> None:
    shared = NetworkCache().get("a", load)
    with ThreadPoolExecutor(1) as threads:
        with shared.borrow() as held:
            waiting = threads.submit(use, shared)
            assert not waiting.done()
        assert waiting.result(LIMIT_S) is held


def test_a_network_for_several_threads_is_handed_to_all_at_once() -> None:
    shared: NetworkUse[Network] = NetworkCache().get("a", lambda: ChoosyNetwork(concurrent=True))
    with ThreadPoolExecutor(1) as threads, shared.borrow() as held:
        assert threads.submit(use, shared).result(LIMIT_S) is held


def test_a_network_is_given_back_when_its_user_fails() -> None:
    _, load = count_loads()
    shared = NetworkCache().get("a", load)
    with pytest.raises(KeyError), shared.borrow():
        raise KeyError
    with shared.borrow():
        pass


def test_a_load_that_fails_after_the_cache_was_cleared_takes_nothing_away() -> None:
    cache = NetworkCache()

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
    cache = NetworkCache()
    cache.get("a", load)
    cache.clear()
    cache.get("a", load)
    assert len(loaded) == 2


def test_a_new_version_takes_the_place_of_the_old_one() -> None:
    loaded, load = count_loads()
    cache = NetworkCache()
    old = cache.get("a", load, version=1)
    with old.borrow() as in_use:
        new = cache.get("a", load, version=2)
        assert cache.get("a", load, version=2) is new
        assert use(new) is loaded[1] is not in_use


def test_an_old_version_is_let_go_of_once_nobody_uses_it() -> None:
    cache = NetworkCache()
    old = cache.get("a", Network, version=1)
    with old.borrow() as network:
        gone = weakref.ref(network)
        cache.get("a", Network, version=2)
        assert gone() is not None
    del old, network
    assert gone() is None


@pytest.mark.parametrize("cached", [False, True])
def test_a_network_that_hangs_in_another_thread_is_made_anew(cached: bool) -> None:
    """Native code that never returns must not take the network from everybody else."""
    may_end, began = threading.Event(), threading.Event()
    made: list[Network] = []

    def load() -> Network:
        made.append(Network())
        return made[-1]

    shared: SharedNetwork[Network] | NetworkUse[Network] = SharedNetwork(load, hung_after_s=0.05)
    if cached:
        made.clear()
        shared = NetworkCache().get("one", load, hung_after_s=0.05)

    def hang() -> Network:
        with shared.borrow() as network:
            began.set()
            assert may_end.wait(LIMIT_S)
            return network

    def use() -> Network:
        with shared.borrow() as network:
            return network

    with ThreadPoolExecutor(4) as threads:
        hung = threads.submit(hang)
        assert began.wait(LIMIT_S)
        others = {threads.submit(use).result(LIMIT_S) for _ in range(3)}
        may_end.set()
        assert hung.result(LIMIT_S) is made[0]
    assert others == {made[1]}
    assert len(made) == 2


def test_who_waits_for_a_network_that_is_only_slow_gets_that_one() -> None:
    shared = SharedNetwork(Network, hung_after_s=LIMIT_S)
    with ThreadPoolExecutor(1) as threads:
        with shared.borrow() as first:
            other = threads.submit(lambda: shared.borrow().__enter__())
            with pytest.raises(TimeoutError):
                other.result(0.05)
        assert other.result(LIMIT_S) is first


def size_of(cache: NetworkCache) -> tuple[int, int, int]:
    return cache.count, cache.size, cache.dropped


def test_above_the_budget_the_one_that_was_unused_for_longest_goes() -> None:
    cache = NetworkCache(budget=25)
    names = ["a", "b", "a", "c"]
    for name in names:
        cache.get(name, Network, size=10)

    loaded, load = count_loads()
    assert size_of(cache) == (2, 20, 1)
    for name in ("a", "c"):
        cache.get(name, load, size=10)
    assert loaded == []
    cache.get("b", load, size=10)
    assert len(loaded) == 1


def test_it_is_let_go_of_before_the_next_one_is_loaded() -> None:
    cache = NetworkCache(budget=10)
    with cache.get("a", Network, size=10).borrow() as network:
        gone = weakref.ref(network)
    del network
    assert gone() is not None

    def load() -> Network:
        assert gone() is None
        return Network()

    cache.get("b", load, size=10)
    assert size_of(cache) == (1, 10, 1)


def test_a_network_in_use_is_never_dropped() -> None:
    cache = NetworkCache(budget=15)
    first = cache.get("a", Network, size=10)
    second = cache.get("b", Network, size=10)
    third = cache.get("c", Network, size=10)

    assert size_of(cache) == (3, 30, 0)
    assert cache.get("a", lambda: pytest.fail("loaded again"), size=10) is first
    assert use(second) is not use(third)


def test_above_the_budget_a_network_goes_with_its_last_user(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = NetworkCache(budget=10)
    trimmed = threading.Event()

    def trim() -> None:
        NetworkCache.trim(cache)
        trimmed.set()

    monkeypatch.setattr(cache, "trim", trim)
    first = cache.get("a", Network, size=10)
    other = cache.get("a", Network, size=10)
    cache.get("b", Network, size=10)
    assert first is other
    # The one that nobody held has gone by now, or goes in a moment.
    assert trimmed.wait(LIMIT_S)
    trimmed.clear()
    held = cache.get("b", Network, size=10)
    del first
    assert cache.count == 2
    del other
    assert trimmed.wait(LIMIT_S)
    assert size_of(cache)[:2] == (1, 10)
    assert use(held)


def test_one_that_is_being_loaded_is_not_dropped() -> None:
    cache = NetworkCache(budget=5)
    began, may_end = threading.Event(), threading.Event()

    def slow() -> Network:
        began.set()
        assert may_end.wait(LIMIT_S)
        return Network()

    with ThreadPoolExecutor(1) as threads:
        loading = threads.submit(cache.get, "slow", slow, size=10)
        assert began.wait(LIMIT_S)
        held = cache.get("other", Network, size=10)
        assert cache.count == 2
        may_end.set()
        shared = loading.result(LIMIT_S)
    assert use(shared) is not use(held)
    assert cache.dropped == 0


def test_an_old_version_counts_as_long_as_it_is_used() -> None:
    cache = NetworkCache(budget=100)
    old = cache.get("a", Network, version=1, size=10)
    new = cache.get("a", Network, version=2, size=20)
    assert size_of(cache) == (2, 30, 0)
    del old
    assert size_of(cache) == (1, 20, 0)
    assert use(new)


def test_without_a_budget_nothing_is_dropped() -> None:
    cache = NetworkCache()
    for name in range(100):
        cache.get(name, Network, size=1 << 40)
    assert size_of(cache) == (100, 100 << 40, 0)


def test_a_user_that_outlives_the_cache_or_the_threads_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = NetworkCache(budget=5)
    first, second = cache.get("a", Network, size=10), cache.get("b", Network, size=10)

    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    del first
    assert cache.count == 2
    del cache
    assert use(second)
    del second
