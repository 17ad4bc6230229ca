"""Text that changes before the camera, with real networks over a real socket: what is shown is never old.

Frames follow each other as from a camera of 15 frames a second that waits for its answers, and what they show
depends on the time at which they are sent. A text is judged by that time, so a busy machine makes none old:
it only shows fewer frames of each text.
"""

import asyncio
import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from websockets.asyncio.client import ClientConnection

from pipelines.tools.ocr.track_text import DOUBTFUL_PAUSE_S
from tests.browser.videos import font
from tests.streaming.live import ROOT, LiveServer, environment, read, serving

pytestmark = pytest.mark.model
FRAME_S = 1 / 15
WIDTH, HEIGHT, ROW = 640, 480, 56
# The promise, from the change to the answer. Most of its tenth is the way there and back.
OLDEST_S = 1.0
# A text that may not hold any more says so by its age; where the picture has changed so little that this is
# in doubt, it is read again so soon.
SILENT_S = DOUBTFUL_PAUSE_S + 2 * FRAME_S
# So long a scene goes on, and so many frames may pass until a new text is known, however slow the machine.
SCENE_S, PATIENCE_FRAMES = 7.0, 150
LOADED_WITHIN_S = 240.0
TOWNS = ("Brighton", "Oxford", "Penzance", "Hereford", "Norwich", "Swansea", "Carlisle", "Dundee")
OTHERS = ("Exeter", "Durham", "Ipswich", "Bangor", "Leeds", "Perth", "Truro", "Luton")

# The texts of all rows at a time, in seconds from the beginning.
Scene = Callable[[float], Sequence[str]]


def clock(now: float) -> list[str]:
    """A clock that shows seconds."""
    return [f"12:04:{int(now) % 60 + 20:02}"]


def counter(now: float) -> list[str]:
    """A meter that counts, under its name."""
    return ["WATER METER", f"00{1333 + 148 * int(now / 1.5)}"]


def departures(now: float) -> list[str]:
    """Eight rows, all of which change at once, then one after the other."""
    return [
        f"{8 + row}:{17 + 3 * row} {(TOWNS, OTHERS)[now >= (2.0 if row < 4 else 2.0 + row / 2)][row]}"
        for row in range(8)
    ]


def frame(rows: Sequence[str], number: int) -> bytes:
    """A JPEG of the rows as a camera in a hand sees them: never quite where they were, and with noise."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), (228, 226, 220))
    pen, size = ImageDraw.Draw(sheet), 34
    shift_x, shift_y = 3 * np.sin(number / 5), 2 * np.cos(number / 7)
    for row, text in enumerate(rows):
        pen.text((110 + shift_x, 18 + ROW * row + shift_y), text, (24, 26, 34), font(size))
    noise = np.random.default_rng(number).normal(0, 3, (HEIGHT, WIDTH, 1))
    light = 1 + 0.03 * np.sin(number / 9)
    pixels = np.clip(np.asarray(sheet) * light + noise, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def row_of(box: dict[str, Any]) -> int:
    return int((box["y"] + box["h"] / 2) * HEIGHT / ROW)


def plain(text: str) -> str:
    return "".join(text.split())


@dataclass
class Row:
    """The texts that a row has shown to the camera, and since when, and how they were read."""

    texts: list[str] = field(default_factory=list)
    since: dict[str, float] = field(default_factory=dict)
    # The answers that are right, and the age of the oldest text, also of those that came without their age.
    right: int = 0
    oldest_s: float = 0.0
    silent_s: float = 0.0
    never_there: list[str] = field(default_factory=list)

    def shows(self, text: str, sent: float) -> None:
        if text not in self.since:
            self.texts.append(text)
            self.since[text] = sent

    def read_as(self, box: dict[str, Any], sent: float) -> None:
        """Note how old a text in an answer is; that of a frame sent at this time."""
        if "text" not in box:
            return
        known = [plain(text) for text in self.texts]
        text = plain(box["text"])
        if text == known[-1]:
            self.right += 1
        elif text in known:
            age_s = sent - self.since[self.texts[known.index(text) + 1]]
            self.oldest_s = max(self.oldest_s, age_s)
            if "text_age_ms" not in box:
                self.silent_s = max(self.silent_s, age_s)
        else:
            self.never_there.append(box["text"])


class Watcher:
    """A camera before a scene, and what its session says of it."""

    def __init__(self, socket: ClientConnection, scene: Scene) -> None:
        self._socket, self._scene = socket, scene
        self.rows = [Row() for _ in scene(0)]
        self.frames = 0

    async def look(self, now: float, sent: float) -> bool:
        """Send the picture of a moment, and judge its answer; returns whether every row is read right."""
        texts = self._scene(now)
        for row, text in zip(self.rows, texts, strict=True):
            row.shows(text, sent)
        self.frames += 1
        await self._socket.send(frame(texts, self.frames))
        result = (await read(self._socket, LOADED_WITHIN_S))["result"]
        right = set()
        for box in result["detections"]:
            if (place := row_of(box)) < len(self.rows):
                self.rows[place].read_as(box, sent)
                right |= {place} if plain(box.get("text", "")) == plain(texts[place]) else set()
        return len(right) == len(self.rows)

    async def until_known(self, now: float) -> int:
        """Look at the same moment until every row is read right; the frames that it took."""
        for number in range(1, PATIENCE_FRAMES + 1):
            begun = time.monotonic()
            if await self.look(now, begun):
                return number
            await asyncio.sleep(max(0.0, begun + FRAME_S - time.monotonic()))
        raise AssertionError([row.never_there for row in self.rows])

    async def watch(self, seconds: float) -> None:
        """Look on while time goes by."""
        begun = due = time.monotonic()
        while (sent := time.monotonic()) - begun < seconds:
            await self.look(sent - begun, sent)
            due = max(due + FRAME_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server as it comes, with the pipelines that ship."""
    data_dir = tmp_path_factory.mktemp("live-text")
    run = partial(subprocess.run, cwd=ROOT, env=environment(data_dir), check=True, timeout=60)
    for command in ("migrate", "restore_pipelines"):
        run([sys.executable, "manage.py", command], capture_output=True)
    with serving(data_dir) as running:
        yield running


@pytest.mark.parametrize("scene", [clock, counter, departures], ids=lambda scene: scene.__name__)
async def test_no_text_is_shown_for_longer_than_a_second_after_it_changed(
    server: LiveServer, scene: Scene
) -> None:
    async with server.stream("yolo_ocr") as socket:
        watcher = Watcher(socket, scene)
        await watcher.until_known(0)
        await watcher.watch(SCENE_S)
        await watcher.until_known(SCENE_S)

    for row in watcher.rows:
        assert row.oldest_s <= OLDEST_S, row
        assert row.silent_s <= SILENT_S, row
        assert row.right >= watcher.frames / 2, row
        assert len(row.never_there) <= watcher.frames / 10, row
