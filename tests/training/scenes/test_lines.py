"""One line of text and its box."""

from collections.abc import Sequence

import numpy as np
import pytest

from training.scenes.lines import (
    MAX_GAP,
    Quads,
    Run,
    box_corners,
    centred,
    clip_lines,
    hulls,
    join_runs,
    project,
    shifted,
)


def run(x0: float, x1: float, baseline: float = 100, size: float = 20) -> Run:
    return Run(x0, baseline - size * 0.7, x1, baseline, baseline, size)


@pytest.mark.parametrize(
    ("gap_ems", "lines"),
    [(0.3, 1), (MAX_GAP - 0.1, 1), (MAX_GAP + 0.1, 2), (10, 2)],
)
def test_words_on_a_baseline_are_one_line_unless_far_apart(gap_ems: float, lines: int) -> None:
    assert len(join_runs([run(0, 50), run(50 + gap_ems * 20, 200)])) == lines


def test_rows_are_separate_lines() -> None:
    assert len(join_runs([run(0, 50, baseline=100), run(0, 50, baseline=130)])) == 2


def test_columns_whose_baselines_differ_by_a_pixel_keep_their_own_words() -> None:
    left = [run(0, 40, 100), run(45, 90, 100)]
    right = [run(300, 340, 101), run(345, 400, 101)]
    boxes = join_runs([right[1], left[0], right[0], left[1]])
    assert sorted((box[0], box[2]) for box in boxes.tolist()) == [(0, 90), (300, 400)]


def test_a_line_spans_all_its_words() -> None:
    big, small = Run(0, 60, 50, 100, 100, 60), Run(60, 90, 90, 102, 100, 14)
    assert join_runs([big, small]).tolist() == [[0, 60, 90, 102]]


def test_no_text_is_no_line() -> None:
    assert join_runs([]).shape == (0, 4)


def test_boxes_move_with_a_homography() -> None:
    turn = np.array([[0, -1, 100], [1, 0, 0], [0, 0, 1]], float)  # a quarter turn, then 100 to the right
    boxes = np.array([[10, 20, 30, 25]], np.float32)
    assert hulls(project(box_corners(boxes), turn)).tolist() == [[75, 10, 80, 30]]


def test_lines_are_cut_at_the_edge_and_slivers_go() -> None:
    boxes = np.array([[-10, 10, 90, 30], [-90, 10, 10, 30], [10, 10, 60, 12], [50, 50, 99, 99]], np.float32)
    assert cut(*boxes) == [[0, 10, 90, 30], [50, 50, 99, 99]]


def test_a_cut_line_counts_while_letters_can_be_read() -> None:
    assert cut((-900, 10, 30, 20), (10, -3, 90, 9)) == [[0, 10, 30, 20], [10, 0, 90, 9]]
    assert cut((-900, 10, 9, 20), (10, -7, 90, 7)) == []


def test_a_cut_upright_line_counts_by_its_length_too() -> None:
    assert cut((10, -300, 20, 30), (-5, 10, 5, 90)) == [[10, 0, 20, 30]]


@pytest.mark.parametrize("degrees", [0, 30, 90, 180, -45, 137])
def test_a_line_within_the_picture_keeps_its_corners_in_their_order(degrees: float) -> None:
    line = turned((40, 40, 60, 50), degrees)
    assert clip_lines(line, 100, 100) == pytest.approx(line, abs=1e-3)


def test_a_slanted_line_is_cut_along_its_own_axes() -> None:
    (line,) = clip_lines(shifted(turned((10, 40, 90, 50), 45), 35, 0), 100, 100)
    along, down = line[1] - line[0], line[3] - line[0]
    assert np.hypot(*down) == pytest.approx(10, abs=1e-3)
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(45, abs=1e-3)
    assert 60 < np.hypot(*along) < 80
    assert line[:, 0].max() < 100 + 10  # a corner may stick out, as long as a letter is high


def test_a_line_beyond_the_picture_is_none() -> None:
    assert len(clip_lines(shifted(turned((10, 40, 90, 50), 45), 200, 0), 100, 100)) == 0


@pytest.mark.parametrize(
    ("degrees", "told"), [(0, 0), (30, 30), (-60, -60), (135, -45), (180, 0), (-150, 30), (88, 88)]
)
def test_rectangles_along_the_text_turned_by_less_than_a_quarter(degrees: float, told: float) -> None:
    ((x, y, length, height, angle),) = centred(turned((10, 40, 90, 50), degrees))
    assert (x, y, length, height) == pytest.approx((50, 45, 80, 10), abs=1e-3)
    assert np.degrees(angle) == pytest.approx(told, abs=1e-3)


def test_shifted_moves_all_corners() -> None:
    moved = shifted(box_corners(np.array([[1, 2, 3, 4]], np.float32)), 10, -1)
    assert hulls(moved).tolist() == [[11, 1, 13, 3]]


def cut(*boxes_xyxy: Sequence[float]) -> list[list[float]]:
    """The hulls of what is left of upright boxes on a picture of 100x100."""
    quads = clip_lines(box_corners(np.array(boxes_xyxy, np.float32)), 100, 100)
    return [[round(edge, 3) for edge in hull] for hull in hulls(quads).tolist()]


def turned(box_xyxy: Sequence[float], degrees: float) -> Quads:
    """The corners of a box turned clockwise around its middle."""
    (corners,) = box_corners(np.array([box_xyxy], np.float32))
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    middle = corners.mean(axis=0)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    return np.asarray(((corners - middle) @ turn + middle)[None], np.float32)
