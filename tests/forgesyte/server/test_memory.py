"""Memory is returned when the server is idle."""

import gc
import subprocess
import sys
import weakref

import pytest

from forgesyte.server import memory


class Ring:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_loaded_is_not_looked_at_again() -> None:
    try:
        memory.settle()
        assert gc.get_freeze_count() > 0
        assert len(gc.get_objects()) < gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_what_is_left_of_sessions_is_collected() -> None:
    ring = weakref.ref(Ring())

    memory.give_back()

    assert ring() is None


def test_a_system_without_trimming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert memory.from_libc("malloc_trim") is None
    memory.trim()
    memory.keep_one_arena()


# How many arenas the C library has once so many threads have allocated at once.
COUNT_ARENAS = """
import ctypes, sys, threading
from forgesyte.server import memory

if "one" in sys.argv:
    memory.keep_one_arena()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.open_memstream.restype = ctypes.c_void_p
together, over = threading.Barrier(9), threading.Event()

def allocate():
    libc.malloc(ctypes.c_size_t(5000))
    together.wait()
    over.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
text, size = ctypes.c_char_p(), ctypes.c_size_t()
stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
libc.malloc_info(0, stream)
libc.fclose(stream)
over.set()
print(text.value.count(b"<heap nr"))
"""


@pytest.mark.skipif(memory.from_libc("malloc_info") is None, reason="only glibc has arenas")
def test_threads_share_one_arena() -> None:
    def arenas(*arguments: str) -> int:
        command = [sys.executable, "-c", COUNT_ARENAS, *arguments]
        return int(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)

    assert arenas() > 4
    assert arenas("one") == 1
