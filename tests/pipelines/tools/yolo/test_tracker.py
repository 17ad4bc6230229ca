"""Things keep their number for as long as they are seen, in each session for itself."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from pipelines.detections import Detection
from pipelines.tools.base import RunContext
from pipelines.tools.yolo.detect import TrackParams, TrackTool
from pipelines.tools.yolo.tracker import Tracker, TrackerSettings
from tests.pipelines.tools.conftest import Image, MakeContext

pytestmark = pytest.mark.model
SETTINGS = TrackerSettings(high=0.25, low=0.1, match=0.8, keep_frames=30)
SIZE_WH = (640, 480)


def box(x: float, y: float = 0.4, score: float = 0.9, label: str = "car") -> Detection:
    return Detection(x, y, 0.1, 0.1, label, score)


def update(tracker: Tracker, *boxes: Detection) -> dict[int, int]:
    return tracker.update(boxes, None, SIZE_WH)


def test_boxes_that_move_keep_their_numbers() -> None:
    tracker = Tracker("bytetrack", SETTINGS)
    for step in range(30):
        rightward, leftward = box(0.1 + 0.01 * step, 0.1), box(0.8 - 0.01 * step, 0.7)
        # The detector's order says nothing: every other frame it is the other way round.
        if step % 2:
            assert update(tracker, leftward, rightward) == {0: 2, 1: 1}
        else:
            assert update(tracker, rightward, leftward) == {0: 1, 1: 2}


def test_a_box_that_is_hidden_for_a_while_gets_its_number_back() -> None:
    tracker = Tracker("bytetrack", SETTINGS)
    for _ in range(5):
        update(tracker, box(0.3))
    for _ in range(10):
        assert update(tracker) == {}
    assert update(tracker, box(0.3)) == {0: 1}


def test_a_weak_box_carries_a_track_on_and_begins_none() -> None:
    tracker = Tracker("bytetrack", SETTINGS)
    for _ in range(3):
        update(tracker, box(0.3))
    assert update(tracker, box(0.3, score=0.15), box(0.7, score=0.15)) == {0: 1}


def test_each_session_counts_from_one() -> None:
    first, second = Tracker("bytetrack", SETTINGS), Tracker("bytetrack", SETTINGS)
    for _ in range(3):
        update(first, box(0.1), box(0.5))
        assert update(second, box(0.8)) == {0: 1}


def test_botsort_follows_boxes_on_a_picture(noise: Image) -> None:
    tracker = Tracker("botsort", SETTINGS)
    numbers = [tracker.update([box(0.1 + 0.005 * step)], noise) for step in range(5)]
    assert numbers == [{0: 1}] * 5


@pytest.mark.parametrize(
    ("size_wh", "shrink", "downscale", "sees"),
    [
        ((640, 480), None, 2, True),
        ((2000, 2000), None, 2, True),
        ((2001, 2000), None, 3, True),
        ((6000, 4000), None, 5, True),
        ((640, 480), 1, 1, True),
        ((640, 480), 4, 4, True),
        ((640, 32), None, 2, True),
        ((640, 31), None, 2, False),
        ((640, 32), 3, 3, False),
    ],
)
def test_motion_is_seen_on_a_smaller_picture(
    size_wh: tuple[int, int], shrink: int | None, downscale: int, sees: bool
) -> None:
    tracker = Tracker("botsort", SETTINGS, shrink=shrink)
    assert tracker._can_see_motion(size_wh) is sees
    assert tracker._tracker.gmc.downscale == downscale


def test_pictures_of_another_size_are_seen_in_that_of_the_first(noise: Image) -> None:
    tracker = Tracker("botsort", SETTINGS)
    seen: list[tuple[int, ...] | None] = []
    apply = tracker._tracker.gmc.apply

    def noted(image: Image | None, *more: object) -> object:
        seen.append(None if image is None else image.shape)
        return apply(image, *more)

    tracker._tracker.gmc.apply = noted
    for image in (noise, noise, noise[::2, ::2], noise):
        assert tracker.update([box(0.3)], np.ascontiguousarray(image)) == {0: 1}
    assert seen == [noise.shape] * 4


def frames_of(path: Path, first: int, last: int) -> Iterator[Image]:
    import av

    with av.open(str(path)) as video:
        for index, frame in enumerate(video.decode(video=0)):
            if index > last:
                return
            if index >= first:
                yield frame.to_ndarray(format="bgr24")


def test_things_on_a_real_video_keep_their_numbers(
    make_context: MakeContext, coco_network: str, test_media: Path
) -> None:
    # For a small network cars seen from above are telephones; what counts is that they stay the same ones.
    params = TrackParams(weights=coco_network)
    first, second = TrackTool(params, make_context()), TrackTool(params, make_context())
    seen: Counter[int] = Counter()
    places: dict[int, list[float]] = {}
    for index, image in enumerate(frames_of(test_media / "media" / "car-detection.mp4", 190, 220)):
        outputs = first.run({"frame_index": index, "image": image}, RunContext(index))
        for track in outputs["tracks"]:
            assert track.track_id is not None
            assert track.label
            seen[track.track_id] += 1
            places.setdefault(track.track_id, []).append(track.x)
        assert [box for box in outputs["detections"] if box.track_id is not None] == outputs["tracks"]
    (one, frames_of_one), (other, frames_of_other) = seen.most_common(2)
    assert frames_of_one >= 25
    assert frames_of_other >= 15
    # Both drive along their own lane and never swap.
    assert max(places[one]) < min(places[other])
    again = second.run({"frame_index": 1, "image": image}, RunContext(1))
    assert min(track.track_id for track in again["tracks"]) == 1


def test_weak_boxes_are_shown_only_on_a_track(
    make_context: MakeContext, coco_network: str, test_media: Path
) -> None:
    tool = TrackTool(TrackParams(weights=coco_network, conf=0.6, track_low=0.1), make_context())
    video = test_media / "media" / "one-by-one-person-detection.mp4"
    for index, image in enumerate(frames_of(video, 55, 75)):
        for found in tool.run({"frame_index": index, "image": image}, RunContext(index))["detections"]:
            assert found.score >= 0.6 or found.track_id is not None
    assert tool.metadata()["tracker"] == "bytetrack"


@pytest.mark.parametrize("kind", ["bytetrack", "botsort"])
def test_tracks_are_carried_on_elsewhere(kind: Literal["bytetrack", "botsort"], noise: Image) -> None:
    def boxes(step: int) -> list[Detection]:
        seen = [box(0.1 + 0.01 * step, 0.1), box(0.8 - 0.01 * step, 0.7, 0.3 + step % 7 / 10)]
        return seen[: 1 + step % 5 % 2] if step % 3 else seen

    tracker = Tracker(kind, SETTINGS)
    for step in range(20):
        tracker.update(boxes(step), noise)
    state = tracker.state()
    other = Tracker(kind, SETTINGS)
    other.restore(state)
    expected = [tracker.update(boxes(step), noise) for step in range(20, 60)]
    assert any(len(numbers) > 1 for numbers in expected)
    assert [other.update(boxes(step), noise) for step in range(20, 60)] == expected


@pytest.mark.parametrize("kind", ["bytetrack", "botsort"])
def test_tracks_outlast_a_change_of_the_size(kind: Literal["bytetrack", "botsort"], noise: Image) -> None:
    height, width = noise.shape[0] // 2, noise.shape[1] // 3
    smaller = np.ascontiguousarray(noise[::2, ::3])[:height, :width]
    tracker = Tracker(kind, SETTINGS)
    numbers = [tracker.update([box(0.1 + 0.005 * step)], noise if step < 5 else smaller) for step in range(9)]
    assert numbers == [{0: 1}] * 9
