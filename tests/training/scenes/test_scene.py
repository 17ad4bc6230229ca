"""Whole scenes: reproducible, with boxes where the text is."""

from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from training.scenes import fonts
from training.scenes import scene as scenes
from training.scenes.blocks import plain_sheet
from training.scenes.camera import photograph
from training.scenes.layouts import caption
from training.scenes.lines import box_corners, hulls, join_runs, project
from training.scenes.photos import Photos
from training.scenes.scene import HEIGHT, WIDTH, scene

SEEDS = range(40)


@pytest.mark.parametrize("seed", [0, 7, 123_456])
def test_a_seed_gives_one_picture(seed: int) -> None:
    (image, boxes), (again, boxes_again) = scene(seed), scene(seed)
    assert (image == again).all()
    assert boxes.tolist() == boxes_again.tolist()
    assert not np.array_equal(image, scene(seed + 1)[0])


def test_boxes_lie_inside_the_picture_and_are_big_enough_to_read() -> None:
    for seed in SEEDS:
        image, boxes = scene(seed)
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert image.dtype == np.uint8
        assert boxes.dtype == np.float32
        assert (boxes >= 0).all()
        assert (boxes[:, [0, 2]] <= WIDTH).all()
        assert (boxes[:, [1, 3]] <= HEIGHT).all()
        assert ((boxes[:, 2:] - boxes[:, :2]) >= 4).all()


def test_some_scenes_have_no_text_and_most_have() -> None:
    counts = [len(scene(seed)[1]) for seed in range(120)]
    assert 0.03 < counts.count(0) / len(counts) < 0.35
    assert max(counts) > 15


def test_a_scene_without_text_has_no_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "EMPTY_SHARE", 1.0)
    assert all(scene(seed)[1].shape == (0, 4) for seed in SEEDS)


def test_boxes_follow_the_letters_through_turn_and_perspective() -> None:
    for seed in range(20):
        rng = Random(seed)
        sheet = caption(rng, fonts.training_fonts(), 300, 150)
        homography, _ = scenes._placement(rng, 300, 150, fills=False)
        black, white = np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        on_black, on_white = (scenes._laid_on(ground, sheet, homography) for ground in (black, white))
        ink = (on_black.astype(int) - on_white.astype(int) > -200).any(axis=2)
        drawn = ink.sum()
        for x0, y0, x1, y1 in hulls(project(box_corners(join_runs(sheet.runs)), homography)).astype(int):
            ink[max(y0 - 1, 0) : max(y1 + 2, 0), max(x0 - 1, 0) : max(x1 + 2, 0)] = False
        assert ink.sum() <= 0.03 * drawn  # letters are covered; their shadows may stick out


def test_photographs_are_grounds_of_scenes(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    cv2.imwrite(str(path), np.full((480, 640, 3), (0, 0, 255), np.uint8))
    pictures = Photos(grounds=(path,))
    red = [seed for seed in range(30) if (scenes._ground(Random(seed), pictures, 0) == (0, 0, 255)).all()]
    assert 10 < len(red) < 27
    cut = tmp_path / "cut.png"
    cv2.imwrite(str(cut), np.full((50, 50, 4), 255, np.uint8))
    changed = scenes._ground(Random(red[0]), Photos((path,), (cut,)), 12)
    assert (changed == 255).all(axis=2).any()


def test_what_nobody_can_see_is_no_text() -> None:
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    image[100:120:4, 100:200] = 130
    image[200:220:4, 100:200] = 93
    boxes = np.array([[100, 100, 200, 120], [100, 200, 200, 220]], np.float32)
    assert scenes._visible(image, boxes).tolist() == [[100, 100, 200, 120]]
    assert scenes._visible(image, boxes[:0]).shape == (0, 4)


def test_a_sheet_throws_its_shadow_beside_it() -> None:
    sheet, ground = plain_sheet(100, 100, (255, 255, 255)), np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    at = np.array([[1, 0, 200], [0, 1, 200], [0, 0, 1]], float)
    shown = scenes._laid_on(ground, sheet, at, shadow=0.5)
    assert (shown[210:290, 210:290] == 255).all()
    assert shown[305, 250, 0] < 150
    assert (shown[:150] == 200).all()
    assert (scenes._laid_on(ground, sheet, at)[305] == 200).all()


def test_a_sheet_never_hides_a_line_that_is_there() -> None:
    corners = np.array([(100, 100), (300, 100), (300, 200), (100, 200)], np.float32)
    assert scenes._hides(corners, np.array([[150, 120, 250, 140]], np.float32))
    assert not scenes._hides(corners, np.array([[350, 120, 450, 140]], np.float32))
    assert not scenes._hides(corners, np.zeros((0, 4), np.float32))


def test_bars_hide_the_lines_below_them() -> None:
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    boxes = np.array([[10, 2, 200, 18], [10, 230, 200, 250]], np.float32)
    assert scenes._letterbox(Random(1), image, boxes).tolist() == [[10, 230, 200, 250]]
    assert len(np.unique(image[0])) == 1
    assert (image[240] == 90).all()


def test_the_camera_keeps_the_size_and_changes_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    taken = [photograph(Random(seed), image) for seed in range(40)]
    assert {picture.shape for picture in taken} == {(48, 64, 3)}
    assert {picture.dtype for picture in taken} == {np.dtype(np.uint8)}
    assert sum(not np.array_equal(picture, image) for picture in taken) > 30
