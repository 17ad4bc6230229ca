"""Turned things, found by a stand-in that finds dark bars which are level or nearly so."""

import math
import pickle

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes
from pipelines.engine.scheduling.yielding import pausable
from pipelines.evaluation.turning import turned
from pipelines.tools.yolo import any_angle
from pipelines.tools.yolo.any_angle import (
    GRID,
    LOOK_EVERY,
    LOOK_EVERY_IF_BUSY,
    MOST_ANGLES,
    MOST_SIDE,
    PATIENCE,
    SMALL_ANGLES,
    AnyAngle,
    View,
    apart,
    best_of,
    corners_of,
    fitted_view,
    full_view,
    half_turn,
    level_view,
    turned_size,
)

OPTIONS = DetectOptions(imgsz=640, conf=0.25)


class LevelNetwork:
    """Finds dark bars up to eleven degrees off the level, the surer the less they slope."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def find(self, image_bgr: np.ndarray, options: DetectOptions) -> FoundBoxes:
        self.sizes.append(image_bgr.shape[:2])
        dark = (image_bgr.max(axis=2) < 90).astype(np.uint8)
        outlines, _ = cv2.findContours(dark, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        boxes, scores = [], []
        for outline in outlines:
            (first, second, third, _) = cv2.boxPoints(cv2.minAreaRect(outline))
            side = max((second - first, third - second), key=lambda one: float(np.hypot(*one)))
            slope = apart(math.degrees(math.atan2(side[1], side[0])), 0)
            if len(outline) > 40 and slope <= 11:
                left, top, width, height = cv2.boundingRect(outline)
                boxes.append((left, top, left + width, top + height))
                scores.append(0.9 - 0.05 * slope)
        order = np.argsort(-np.array(scores), kind="stable")
        return FoundBoxes(
            np.array(boxes, np.float32).reshape(-1, 4)[order],
            np.array(scores, np.float32)[order],
            np.zeros(len(boxes), np.int64),
        )


def bars(count: int = 3) -> np.ndarray:
    """Level bars of 300x24 pixels in the middle of a frame of 640x480."""
    frame = np.full((480, 640, 3), 200, np.uint8)
    for number in range(count):
        top = 258 + 60 * number - 30 * count
        frame[top : top + 24, 170:470] = 40
    return frame


def find(search: AnyAngle, frame: np.ndarray, network: LevelNetwork | None = None) -> FoundBoxes:
    network = network or LevelNetwork()
    return search.find(frame, OPTIONS, network.find, lambda: network.find(frame, OPTIONS))


def corners(found: FoundBoxes) -> NDArray[np.float32]:
    assert found.polygons is not None
    return found.polygons


def directions(found: FoundBoxes) -> list[float]:
    along = corners(found)[:, 1] - corners(found)[:, 0]
    return [half_turn(math.degrees(math.atan2(y, x))) for x, y in along]


@pytest.mark.parametrize("degrees", [15, 33, 45, 60, 90, 120, 165, 200])
def test_bars_at_any_angle_are_found_where_they_are(degrees: int) -> None:
    frame = turned(bars(), degrees)

    found = find(AnyAngle(live=False), frame)

    assert len(found.scores) == 3
    assert all(apart(one, degrees) < 3 for one in directions(found))
    sizes = [(math.dist(one[0], one[1]), math.dist(one[1], one[2])) for one in corners(found)]
    assert all(290 < length < 325 and 20 < height < 45 for length, height in sizes)
    middle = np.array([frame.shape[1] / 2, frame.shape[0] / 2])
    assert np.abs(corners(found).mean(axis=1).mean(axis=0) - middle).max() < 6


def test_level_bars_are_given_as_the_network_found_them() -> None:
    network = LevelNetwork()
    frame = bars()
    level = network.find(frame, OPTIONS)

    found = AnyAngle(live=False).find(frame, OPTIONS, network.find, lambda: level)

    assert found is level
    assert len(network.sizes) == 1 + len(SMALL_ANGLES)


def test_what_a_network_of_turned_boxes_found_is_left_alone() -> None:
    given = FoundBoxes(
        np.zeros((0, 4), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.int64),
        np.zeros((0, 4, 2), np.float32),
    )

    assert AnyAngle(live=True).find(bars(), OPTIONS, LevelNetwork().find, lambda: given) is given


def test_level_and_turned_bars_are_found_together() -> None:
    frame = np.full((480, 640, 3), 200, np.uint8)
    frame[60:84, 60:360] = 40
    cv2.line(frame, (420, 200), (600, 420), (40, 40, 40), 20)

    found = find(AnyAngle(live=False), frame)

    assert sorted(round(apart(one, 0) / 10) for one in directions(found)) == [0, 5]


def test_a_frame_without_anything_has_no_boxes() -> None:
    found = find(AnyAngle(live=True), np.full((480, 640, 3), 200, np.uint8))

    assert len(found.scores) == 0
    assert found.polygons is None


def test_live_one_frame_in_some_is_looked_at_small_which_finds_what_comes() -> None:
    search, network = AnyAngle(live=True), LevelNetwork()
    plain = np.full((480, 640, 3), 200, np.uint8)
    find(search, plain, network)
    network.sizes.clear()
    for _ in range(LOOK_EVERY):
        find(search, plain, network)
    assert len(network.sizes) == LOOK_EVERY + 1

    frame = turned(bars(), 45)[90:570, 76:716]
    for _ in range(LOOK_EVERY * len(SMALL_ANGLES)):
        found = find(search, frame)

    assert len(found.scores) == 3
    assert all(apart(one, 45) < 3 for one in directions(found))


def test_live_fewer_frames_are_looked_at_small_where_other_sessions_wait() -> None:
    """A look at one more angle costs as much as a frame of the session that waits."""
    plain = np.full((480, 640, 3), 200, np.uint8)

    def looks(search: AnyAngle) -> int:
        network = LevelNetwork()
        find(search, plain)
        frames = 2 * LOOK_EVERY_IF_BUSY
        pausable(lambda: None, lambda: [find(search, plain, network) for _ in range(frames)], lambda: True)
        return len(network.sizes) - frames

    assert looks(AnyAngle(live=True)) == 2
    assert looks(AnyAngle(live=False)) == 2 * LOOK_EVERY_IF_BUSY // LOOK_EVERY


def test_live_few_frames_are_looked_at_as_they_are_while_all_is_turned() -> None:
    search, network = AnyAngle(live=True), LevelNetwork()
    frame = turned(bars(), 45)
    height, width = frame.shape[:2]
    find(search, frame)
    for _ in range(4 * LOOK_EVERY):
        assert len(find(search, frame, network).scores) == 3
    assert network.sizes.count((height, width)) == 4
    find(search, frame)

    assert len(find(search, turned(bars(), 0)).scores) == 0
    assert len(find(search, turned(bars(), 0)).scores) == 3


def test_in_a_file_every_frame_is_looked_at_as_it_is() -> None:
    search, network = AnyAngle(live=False), LevelNetwork()
    frame = turned(bars(), 45)
    for _ in range(LOOK_EVERY):
        find(search, frame, network)
    assert network.sizes.count(frame.shape[:2]) == LOOK_EVERY


def test_a_session_follows_a_sheet_that_turns() -> None:
    search = AnyAngle(live=True)
    for degrees in range(30, 60, 3):
        found = find(search, turned(bars(), degrees))
        assert len(found.scores) == 3, degrees

    assert all(apart(one, 57) < 5 for one in directions(found))
    assert len(search.angles) == 1


def test_an_angle_is_given_up_after_frames_without_anything_there() -> None:
    search = AnyAngle(live=True)
    find(search, turned(bars(), 45))
    assert len(search.angles) == 1
    plain = np.full((480, 640, 3), 200, np.uint8)

    for _ in range(PATIENCE - 1):
        find(search, plain)
    assert len(search.angles) == 1
    find(search, plain)

    assert search.angles == []


def test_a_view_that_turns_out_to_be_level_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board with notes a little askew was read from views turned by three degrees, and worse."""
    given = LevelNetwork().find(bars(), OPTIONS)
    level = View(3.0, given, corners_of(given.boxes_xyxy), 0.0)
    monkeypatch.setattr(any_angle, "fitted_view", lambda *_: level)
    search = AnyAngle(live=False)

    assert len(find(search, turned(bars(), 45)).scores) == 0
    assert search.angles == []


def test_a_sheet_that_turns_level_needs_no_angle() -> None:
    search = AnyAngle(live=True)
    for degrees in (*range(12, -1, -2), *[0] * PATIENCE):
        found = find(search, turned(bars(), degrees))
        assert len(found.scores) == 3, degrees

    assert search.angles == []


def test_in_a_file_another_scene_is_looked_at_from_all_sides() -> None:
    search, network = AnyAngle(live=False), LevelNetwork()
    find(search, np.full((480, 640, 3), 200, np.uint8), network)
    network.sizes.clear()

    found = find(search, 250 - turned(bars(), 45) // 8, network)
    assert len(network.sizes) >= 1 + len(SMALL_ANGLES)
    assert len(found.scores) == 0

    assert len(find(search, turned(bars(), 45), network).scores) == 3


def test_no_more_angles_than_allowed_are_looked_at_in_full() -> None:
    frame = np.full((480, 640, 3), 200, np.uint8)
    for number, degrees in enumerate((20, 60, 100, 140)):
        middle = np.array([100 + 145 * number, 240])
        reach = 60 * np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
        first, last = (tuple(map(int, middle + sign * reach)) for sign in (-1, 1))
        cv2.line(frame, first, last, (40, 40, 40), 14)
    search = AnyAngle(live=False)

    find(search, frame)

    assert len(search.angles) == MOST_ANGLES


def test_a_search_goes_on_where_it_was_kept() -> None:
    search = AnyAngle(live=False)
    frame = turned(bars(), 45)
    find(search, frame)

    again = pickle.loads(pickle.dumps(search))

    assert again.angles == search.angles
    one, other = find(search, frame), find(again, frame)
    assert np.array_equal(corners(one), corners(other))


@pytest.mark.parametrize("size_hw", [(480, 640), (4000, 4000), (40, 6000), (6000, 40)])
@pytest.mark.parametrize("degrees", [22.5, 45, 90])
def test_a_full_view_is_bounded(size_hw: tuple[int, int], degrees: float) -> None:
    network = LevelNetwork()
    frame = np.full((*size_hw, 3), 200, np.uint8)

    full_view(frame, degrees, DetectOptions(imgsz=4096), network.find)

    ((height, width),) = network.sizes
    assert height == width <= MOST_SIDE
    assert height % GRID == 0


@pytest.mark.parametrize(
    ("slope", "angles"), [(1, [40]), (-1, [40]), (2, [40, 42]), (-2, [40, 38]), (9, [40, 49])]
)
def test_a_full_view_whose_lines_slope_is_taken_again(
    monkeypatch: pytest.MonkeyPatch, slope: float, angles: list[float]
) -> None:
    taken: list[float] = []

    def view(frame: np.ndarray, degrees: float, *more: object) -> View:
        taken.append(degrees)
        nothing = FoundBoxes(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
        return View(degrees, nothing, np.zeros((0, 4, 2), np.float32), slope)

    monkeypatch.setattr(any_angle, "full_view", view)
    assert fitted_view(bars(), 40, OPTIONS, LevelNetwork().find).degrees == angles[-1]
    assert taken == angles


def test_of_views_of_one_thing_the_better_one_stays() -> None:
    frame = turned(bars(1), 8)
    network = LevelNetwork()
    level = level_view(network.find(frame, OPTIONS), frame)
    fitting = full_view(frame, 8, OPTIONS, network.find)

    assert best_of([level, fitting], frame.shape[:2]) == [(1, 0)]


@pytest.mark.parametrize(
    ("one", "other", "degrees"), [(0, 0, 0), (-89, 89, 2), (10, 190, 0), (-45, 45, 90), (30, 10, 20)]
)
def test_degrees_between_lines(one: float, other: float, degrees: float) -> None:
    assert apart(one, other) == pytest.approx(degrees)


@pytest.mark.parametrize(
    ("degrees", "half"), [(0, 0), (90, 90), (-90, 90), (100, -80), (200, 20), (350, -10)]
)
def test_half_turns(degrees: float, half: float) -> None:
    assert half_turn(degrees) == pytest.approx(half)


def test_the_size_of_a_turned_picture() -> None:
    assert turned_size(640, 480, 90) == (480, 640)
    assert turned_size(640, 480, 0) == (640, 480)
    assert turned_size(600, 600, 45) == (849, 849)
