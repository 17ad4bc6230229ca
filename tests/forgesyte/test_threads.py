"""Threads that live no longer than the process."""

from forgesyte.threads import daemon_thread


def test_a_thread_has_its_name_and_runs_its_work() -> None:
    done: list[int] = []
    thread = daemon_thread("counter", done.append, 7)
    assert (thread.name, thread.daemon, done) == ("counter", True, [])

    thread.start()
    thread.join()

    assert done == [7]
