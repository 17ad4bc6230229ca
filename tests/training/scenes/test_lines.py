"""What one line is, and where its box lies."""

import numpy as np
import pytest

from training.scenes.lines import (
    MAX_GAP,
    Run,
    box_corners,
    clip_boxes,
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


def test_boxes_are_cut_at_the_edge_and_slivers_go() -> None:
    boxes = np.array([[-10, 10, 90, 30], [-90, 10, 10, 30], [10, 10, 60, 12], [50, 50, 99, 99]], np.float32)
    assert clip_boxes(boxes, 100, 100).tolist() == [[0, 10, 90, 30], [50, 50, 99, 99]]


def test_a_cut_line_counts_while_letters_can_be_read() -> None:
    long, low = [-900, 10, 30, 20], [10, -3, 90, 9]
    assert clip_boxes(np.array([long, low], np.float32), 100, 100).tolist() == [
        [0, 10, 30, 20],
        [10, 0, 90, 9],
    ]
    sliver, top_half = [-900, 10, 9, 20], [10, -7, 90, 7]
    assert not len(clip_boxes(np.array([sliver, top_half], np.float32), 100, 100))


def test_a_cut_upright_line_counts_by_its_length_too() -> None:
    tall, thin = [10, -300, 20, 30], [-5, 10, 5, 90]
    assert clip_boxes(np.array([tall, thin], np.float32), 100, 100).tolist() == [[10, 0, 20, 30]]


def test_shifted_moves_both_corners() -> None:
    assert shifted(np.array([[1, 2, 3, 4]], np.float32), 10, -1).tolist() == [[11, 1, 13, 3]]
