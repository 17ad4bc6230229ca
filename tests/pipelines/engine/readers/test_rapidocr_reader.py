"""RapidOCR beside others: it gives slot and networks back between its steps, and reads the same for that."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from pipelines.engine.readers.rapidocr_reader import BATCH, MOST_BATCH_WIDTH, RapidOcrReader, batches
from pipelines.engine.readers.text_reader import Image
from pipelines.engine.scheduling.fair_queue import Usage
from pipelines.engine.scheduling.slots import Slots
from pipelines.engine.scheduling.yielding import pausable
from tests.pipelines.engine.scheduling.slot_work import LIMIT_S, until_waiting


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        pytest.param([], [], id="none"),
        pytest.param([48], [[0]], id="one"),
        pytest.param([96, 48, 96, 48, 48], [[1, 3, 4, 0], [2]], id="short ones first"),
        pytest.param([1200, 1200, 1200], [[0, 1], [2]], id="fewer of long ones"),
        pytest.param([2400, 48, 2400], [[1], [0], [2]], id="the longest alone"),
    ],
)
def test_lines_are_read_in_batches_that_take_about_as_long(
    widths: list[int], expected: list[list[int]]
) -> None:
    assert list(batches(widths)) == expected
    assert all(len(batch) <= BATCH for batch in batches(widths))
    assert all(len(batch) * widths[batch[-1]] <= MOST_BATCH_WIDTH for batch in batches(widths) if batch[1:])


def test_batches_are_smaller_while_others_wait() -> None:
    widths = [300] * 4 + [700, 700]
    batched: list[list[int]] = []
    pausable(lambda: None, lambda: batched.extend(batches(widths)), lambda: True)
    assert batched == [[0, 1], [2, 3], [4], [5]]


def sign(lines: int) -> Image:
    """A white frame with a few printed lines."""
    image = np.full((480, 640, 3), 255, np.uint8)
    for number in range(lines):
        cv2.putText(image, f"PLATFORM {number}", (60, 70 + 60 * number), 0, 1.2, (0, 0, 0), 2, cv2.LINE_AA)
    return image


@pytest.fixture(scope="module")
def reader() -> RapidOcrReader:
    return RapidOcrReader()


@pytest.fixture
def slots() -> Iterator[Slots]:
    made = Slots(1)
    yield made
    made.close()


@pytest.mark.model
def test_a_whole_frame_is_read_in_many_steps(reader: RapidOcrReader) -> None:
    pauses: list[bool] = []
    found = pausable(lambda: pauses.append(True), lambda: reader.find_and_read(sign(6)))

    assert len(found) == 6
    # Before and within the detector, at each box, at each crop, and at each batch of lines.
    assert len(pauses) >= 3 + 15 + 6 + 6 + 2


@pytest.mark.model
@pytest.mark.parametrize(
    "short",
    [
        pytest.param(lambda reader: len(reader.read(sign(1), [(50, 30, 400, 80)])), id="a line"),
        pytest.param(lambda reader: len(reader.find_and_read(sign(1))), id="a whole frame"),
    ],
)
async def test_another_session_reads_while_a_whole_frame_is_read(
    reader: RapidOcrReader, slots: Slots, short: Callable[[RapidOcrReader], int]
) -> None:
    """One reader under a lock, in a slot that was kept to the end, made a session late by seconds."""
    image, expected = sign(6), reader.find_and_read(sign(6))
    begun, may_read, order = threading.Event(), threading.Event(), list[str]()

    def read_whole() -> Any:
        begun.set()
        assert may_read.wait(LIMIT_S)
        found = reader.find_and_read(image)
        order.append("the whole frame")
        return found

    def read_short() -> int:
        count = short(reader)
        order.append("in between")
        return count

    async def run(usage: Usage, call: Callable[[], Any]) -> Any:
        async with slots.acquire(usage) as slot:
            return await slot.run(call)

    async with asyncio.timeout(LIMIT_S):
        whole = asyncio.create_task(run(Usage(turn_s=float(LIMIT_S)), read_whole))
        await asyncio.to_thread(begun.wait, LIMIT_S)
        between = asyncio.create_task(run(Usage(turn_s=0.01), read_short))
        await until_waiting(slots, 1)
        may_read.set()

        assert await between == 1
        assert await whole == expected
    assert order == ["in between", "the whole frame"]
