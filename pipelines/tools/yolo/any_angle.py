"""Finds turned things with a network of upright boxes: it looks at the frame turned to several angles.

A network that learnt level lines of text finds nearly as many up to ten degrees off the level, and next to
none of those farther off. So small views of the frame, turned by steps of 22.5 degrees, tell whether
something stands at an angle; the lines' own edges tell the exact angle; and a full view turned by that angle
finds them as well as level ones.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.engine.detectors.letterbox import GREY
from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes
from pipelines.engine.scheduling.yielding import others_wait, yield_slot
from pipelines.tools.yolo.line_slope import MOST_DEGREES, slope_of

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]
Find = Callable[[Image, DetectOptions], FoundBoxes]

# Small views: the steps between them in degrees, and their longer side. At 320 pixels small letters are lost.
STEP, SMALL_SIDE = 22.5, 416
SMALL_ANGLES = tuple(STEP * number for number in range(1, 8))
# A small view costs nearly as much as the frame itself, so only one frame in so many has one, and live still
# fewer where other sessions wait for their turn.
LOOK_EVERY, LOOK_EVERY_IF_BUSY = 4, 24
# Views are squares with sides of whole multiples of GRID pixels: a network keeps memory for each size that it
# has met. None has a longer side than MOST_SIDE.
GRID, MOST_SIDE = 64, 960
# What is turned by less is read from its upright box.
LEVEL = 4.0
# A full view whose lines slope by more is taken again.
FITTED = 2.0
# A box of a small view is worth a full view from this score on.
SURE = 0.35
# So many angles are looked at in full on one frame; two that differ by less are one.
MOST_ANGLES, SAME_ANGLE = 2, 7.0
# An angle is given up when so many frames had nothing there.
PATIENCE = 3
# A box shows the same thing as a better one that covers so much of it.
COVERED = 0.3
# Frames of a file that differ by more grey levels on average show other scenes.
SAME_SCENE = 12.0
# Boxes of lines that slope count less, by slope over MISFIT degrees, and this much at least.
MISFIT, LEAST_FIT = 20.0, 0.3
# Boxes count less that are not LONG times as long as high, and this much at least.
LONG, LEAST_LONG = 3.0, 0.5
# Boxes are compared on a grid with so many cells along the frame's longer side, however large it is.
CELLS = 160


@dataclass
class Angle:
    """An angle at which things stand, in degrees clockwise, and how many frames showed nothing there."""

    degrees: float
    in_vain: int = 0


@dataclass(frozen=True)
class View:
    """The boxes found at one angle, with their corners in pixels of the frame, and their lines' slope."""

    degrees: float
    found: FoundBoxes
    corners: Corners
    slope: float

    @property
    def lines_at(self) -> float:
        """The angle at which the lines stand, from -90 to 90: it is not known which way up they are."""
        return half_turn(self.degrees + self.slope)

    @property
    def worth(self) -> NDArray[np.float32]:
        """The scores of the boxes, less for those that are not long: at a wrong angle most are short."""
        left, top, right, bottom = self.found.boxes_xyxy.T
        length = np.clip((right - left) / np.maximum(bottom - top, 1) / LONG, LEAST_LONG, 1)
        return np.asarray(self.found.scores * length, np.float32)

    @property
    def weights(self) -> NDArray[np.float32]:
        """The worth of the boxes, less where their lines slope and they fit badly."""
        return self.worth * np.float32(max(LEAST_FIT, 1 - abs(self.slope) / MISFIT))


@dataclass
class AnyAngle:
    """Finds turned things on the frames of one session or file, which are given in order.

    A frame is looked at in full at the angles in use, and every fourth one small at one more angle in turn.
    The first frame, live only where no other session waits, and in a file each that shows another scene, is
    looked at small at all angles. Live, while all that there is stands at those angles, only every fourth
    frame is looked at as it is.
    """

    live: bool
    angles: list[Angle] = field(default_factory=list)
    turn: int = 0
    frames: int = 0
    scene: NDArray[np.int16] | None = None
    is_all_turned: bool = False

    def find(
        self, image_bgr: Image, options: DetectOptions, find: Find, find_level: Callable[[], FoundBoxes]
    ) -> FoundBoxes:
        """The boxes on a frame (height, width, 3), best first, with `polygons` where any of them is turned.

        `find_level` finds those on the frame as it is.
        """
        # The frames that have a small view are others, so that none is looked at three times.
        skips_level = self.is_all_turned and (self.frames + 1) % LOOK_EVERY != LOOK_EVERY // 2
        found = FoundBoxes.none() if skips_level else find_level()
        if found.polygons is not None:
            # The network finds turned things by itself.
            return found
        is_new = self._is_new(image_bgr)
        if is_new:
            self.angles = []
        self.frames += 1
        is_busy = self.live and others_wait()
        looks_all_around = is_new and not is_busy
        every = LOOK_EVERY_IF_BUSY if is_busy else LOOK_EVERY
        is_look_due = looks_all_around or self.frames % every == 0
        if not is_look_due and not self.angles:
            return found
        level = level_view(found, image_bgr)
        views = [level, *(full_view(image_bgr, angle.degrees, options, find) for angle in self.angles)]
        at = SMALL_ANGLES if looks_all_around else [self._next_angle()] if is_look_due else []
        looks = [small_view(image_bgr, angle, options, find) for angle in at]
        for angle in self._more_angles(looks, views, image_bgr.shape[:2]):
            view = fitted_view(image_bgr, angle, options, find)
            if not self._is_other(view.degrees):
                # What seemed to stand at an angle turns out to be level.
                continue
            self.angles.append(Angle(view.degrees))
            views.append(view)
        best = best_of(views, image_bgr.shape[:2])
        self._follow(views[1:], best)
        seen = {place for place, _ in best}
        self.is_all_turned = self.live and bool(self.angles and seen) and 0 not in seen
        return together(views, best, options.max_det)

    def _is_new(self, image_bgr: Image) -> bool:
        """True for the first frame, and in a file for each that shows another scene."""
        import cv2

        small = np.asarray(cv2.resize(image_bgr, (16, 16), interpolation=cv2.INTER_AREA), np.int16)
        before, self.scene = self.scene, small
        if before is None:
            return True
        return not self.live and float(np.abs(small - before).mean()) > SAME_SCENE

    def _next_angle(self) -> float:
        self.turn = (self.turn + 1) % len(SMALL_ANGLES)
        return SMALL_ANGLES[self.turn]

    def _more_angles(
        self, looks: list[View], views: list[View], frame_hw: tuple[int, int]
    ) -> Iterable[float]:
        """Angles that are worth a full view; `views` gets those views before the next one is asked for."""
        level = views[0]
        if abs(level.slope) < MOST_DEGREES and self._is_other(level.lines_at):
            yield level.lines_at
        while len(self.angles) < MOST_ANGLES and looks:
            best = best_of(views, frame_hw)
            news = [news_of(look, views, best, frame_hw) for look in looks]
            strongest = int(np.argmax(news))
            if not news[strongest]:
                return
            look = looks.pop(strongest)
            if self._is_other(look.lines_at):
                yield look.lines_at

    def _is_other(self, degrees: float) -> bool:
        """True if neither a level view nor one at an angle in use shows what stands at this angle."""
        if abs(degrees) < LEVEL or len(self.angles) >= MOST_ANGLES:
            return False
        return all(apart(degrees, angle.degrees) >= SAME_ANGLE for angle in self.angles)

    def _follow(self, views: Sequence[View], best: Sequence[tuple[int, int]]) -> None:
        """Turn the angles in use as their lines turn, and give up those at which nothing is found."""
        for number, (angle, view) in enumerate(zip(self.angles, views, strict=True), 1):
            seen = any(place == number for place, _ in best)
            angle.in_vain = 0 if seen else angle.in_vain + 1
            if seen:
                angle.degrees = view.lines_at
        used, self.angles = self.angles, []
        for angle in used:
            # A sheet may turn until it is level, or as another one.
            if angle.in_vain < PATIENCE and self._is_other(angle.degrees):
                self.angles.append(angle)


def level_view(found: FoundBoxes, image_bgr: Image) -> View:
    """The view of what was found on the frame as it is."""
    slope = slope_of(image_bgr, found.boxes_xyxy) or 0.0
    return View(0.0, found, corners_of(found.boxes_xyxy), slope)


def small_view(image_bgr: Image, degrees: float, options: DetectOptions, find: Find) -> View:
    """The view at an angle of a frame made small."""
    yield_slot()
    return view_at(image_bgr, degrees, min(SMALL_SIDE, options.imgsz), options, find)


def full_view(image_bgr: Image, degrees: float, options: DetectOptions, find: Find) -> View:
    """The view at an angle of a frame of the size that was asked for, as far as MOST_SIDE allows."""
    yield_slot()
    height, width = image_bgr.shape[:2]
    fits = MOST_SIDE * max(height, width) / max(turned_size(width, height, degrees))
    return view_at(image_bgr, degrees, int(min(options.imgsz, fits)), options, find)


def fitted_view(image_bgr: Image, degrees: float, options: DetectOptions, find: Find) -> View:
    """A full view at about an angle, whose lines are level in it."""
    view = full_view(image_bgr, degrees, options, find)
    return view if abs(view.slope) < FITTED else full_view(image_bgr, view.lines_at, options, find)


def view_at(image_bgr: Image, degrees: float, side: int, options: DetectOptions, find: Find) -> View:
    """The view of a frame whose longer side is made `side`, turned so that this angle is level."""
    import cv2

    height, width = image_bgr.shape[:2]
    scale = side / max(height, width)
    small = cv2.resize(image_bgr, (max(1, round(width * scale)), max(1, round(height * scale))))
    matrix, square = turning(small.shape[1], small.shape[0], -degrees)
    level = np.asarray(cv2.warpAffine(small, matrix, (square, square), borderValue=(GREY,) * 3), np.uint8)
    found = find(level, replace(options, imgsz=square))
    back = cv2.invertAffineTransform(matrix)
    corners = (corners_of(found.boxes_xyxy) @ back[:, :2].T + back[:, 2]) / scale
    slope = slope_of(level, found.boxes_xyxy) or 0.0
    return View(degrees, found, corners.astype(np.float32), slope)


def turning(width: int, height: int, degrees: float) -> tuple[NDArray[np.float64], int]:
    """The matrix (2, 3) that turns a picture clockwise into the middle of a square, and that one's side."""
    square = math.ceil(max(turned_size(width, height, degrees)) / GRID) * GRID
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    turn = np.array([[cosine, -sine], [sine, cosine]])
    shift = square / 2 - turn @ np.array([width / 2, height / 2])
    return np.column_stack([turn, shift]), square


def turned_size(width: int, height: int, degrees: float) -> tuple[int, int]:
    """Width and height of what holds a turned picture."""
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    return math.ceil(width * cosine + height * sine - 1e-6), math.ceil(width * sine + height * cosine - 1e-6)


def half_turn(degrees: float) -> float:
    """The same angle of lines from -90 to 90: a network does not tell which way up they are."""
    return 90 - (90 - degrees) % 180


def apart(one: float, other: float) -> float:
    """The degrees between two angles of lines, from 0 to 90."""
    return abs((one - other + 90) % 180 - 90)


def corners_of(boxes_xyxy: NDArray[np.float32]) -> Corners:
    """The corners (n, 4, 2) of upright boxes, clockwise from the upper left."""
    return boxes_xyxy[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(len(boxes_xyxy), 4, 2)


def best_of(views: Sequence[View], frame_hw: tuple[int, int]) -> list[tuple[int, int]]:
    """The boxes that show something of their own, best first: the numbers of their view, and in that view."""
    boxes = [
        (float(score), place, number)
        for place, view in enumerate(views)
        for number, score in enumerate(view.weights)
    ]
    boxes.sort(key=lambda box: -box[0])
    owners = np.zeros(grid_of(frame_hw), np.uint8)
    best = []
    for _, place, number in boxes:
        yield_slot()
        cells = cells_of(views[place].corners[number], frame_hw)
        owned = owners[cells]
        if np.isin(owned, (0, place + 1)).mean() > 1 - COVERED:
            owned[owned == 0] = place + 1
            owners[cells] = owned
            best.append((place, number))
    return best


def grid_of(frame_hw: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the grid on a frame."""
    cell = max(frame_hw) / CELLS
    return int(frame_hw[0] / cell) + 1, int(frame_hw[1] / cell) + 1


def cells_of(corners: Corners, frame_hw: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows and columns of the grid's cells that a box covers; at least one, be it at the frame's edge."""
    import cv2

    mask = np.zeros(grid_of(frame_hw), np.uint8)
    rows, columns = mask.shape
    points = np.clip(corners * (CELLS / max(frame_hw)), 0, np.array([columns - 1, rows - 1]))
    cv2.fillConvexPoly(mask, np.round(points).astype(np.int32), 1)
    found_rows, found_columns = np.nonzero(mask)
    return found_rows, found_columns


def news_of(
    look: View, views: Sequence[View], best: Sequence[tuple[int, int]], frame_hw: tuple[int, int]
) -> float:
    """The scores of the sure boxes of a small view that no better box shows, added up."""
    sure = look.worth >= SURE
    shown = np.zeros(grid_of(frame_hw), np.float32)
    for place, number in reversed(best):
        cells = cells_of(views[place].corners[number], frame_hw)
        shown[cells] = views[place].weights[number]
    total = 0.0
    for corners, score in zip(look.corners[sure], look.worth[sure], strict=True):
        covered = (shown[cells_of(corners, frame_hw)] >= score).mean()
        total += float(score) if covered < COVERED else 0.0
    return total


def together(views: Sequence[View], best: Sequence[tuple[int, int]], most: int) -> FoundBoxes:
    """The best boxes of all views; the first view's own, without polygons, where it is the only one."""
    level = views[0].found
    if len(views) == 1:
        return level
    best = best[:most]
    corners = np.array([views[place].corners[number] for place, number in best], np.float32)
    corners = corners.reshape(len(best), 4, 2)
    hulls = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    scores = np.array([views[place].found.scores[number] for place, number in best], np.float32)
    classes = np.array([views[place].found.classes[number] for place, number in best], np.int64)
    return FoundBoxes(hulls, scores, classes, corners)
