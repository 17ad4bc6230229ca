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
from training.scenes.lines import box_corners, centred, hulls, join_runs, project
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
        image, quads = scene(seed)
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert image.dtype == np.uint8
        assert quads.dtype == np.float32
        assert quads.shape[1:] == (4, 2)
        centres, sides = quads.mean(axis=1), centred(quads)[:, 2:4]
        assert ((centres >= 0) & (centres <= (WIDTH, HEIGHT))).all()
        assert (sides >= 4 - 1e-3).all()


def test_lines_stand_at_any_angle_and_half_of_them_are_about_level() -> None:
    drawn = [quads for seed in range(150) if len(quads := scene(seed)[1])]
    along = np.array([quads[0, 1] - quads[0, 0] for quads in drawn])
    degrees = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    level = np.abs(degrees) < 12
    assert 0.3 < level.mean() < 0.75
    assert (np.abs(degrees) > 135).any()
    assert ((np.abs(degrees) > 75) & (np.abs(degrees) < 105)).any()


def test_some_scenes_have_no_text_and_most_have() -> None:
    counts = [len(scene(seed)[1]) for seed in range(120)]
    assert 0.03 < counts.count(0) / len(counts) < 0.35
    assert max(counts) > 15


def test_a_scene_without_text_has_no_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "EMPTY_SHARE", 1.0)
    assert all(scene(seed)[1].shape == (0, 4, 2) for seed in SEEDS)


def test_boxes_follow_the_letters_through_turn_and_perspective() -> None:
    for seed in range(20):
        rng = Random(seed)
        sheet = caption(rng, fonts.training_fonts(), 300, 150)
        homography, _ = scenes._placement(rng, 300, 150, fills=False)
        black, white = np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        on_black, on_white = (scenes._laid_on(ground, sheet, homography) for ground in (black, white))
        ink = (on_black.astype(int) - on_white.astype(int) > -200).any(axis=2)
        drawn, covered = ink.sum(), np.zeros((HEIGHT, WIDTH), np.uint8)
        for quad in project(box_corners(join_runs(sheet.runs)), homography):
            cv2.drawContours(covered, [np.round(quad).astype(np.int32)], -1, 1, 3)
            cv2.fillConvexPoly(covered, np.round(quad).astype(np.int32), 1)
        ink &= covered == 0
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
    quads = box_corners(np.array([[100, 100, 200, 120], [100, 200, 200, 220]], np.float32))
    assert scenes._visible(image, quads).tolist() == quads[:1].tolist()
    assert scenes._visible(image, quads[:0]).shape == (0, 4, 2)


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
    assert scenes._hides(corners, box_corners(np.array([[150, 120, 250, 140]], np.float32)))
    assert not scenes._hides(corners, box_corners(np.array([[350, 120, 450, 140]], np.float32)))
    assert not scenes._hides(corners, np.zeros((0, 4, 2), np.float32))


def test_bars_hide_the_lines_below_them() -> None:
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    quads = box_corners(np.array([[10, 2, 200, 18], [10, 230, 200, 250]], np.float32))
    assert hulls(scenes._letterbox(Random(1), image, quads)).tolist() == [[10, 230, 200, 250]]
    assert len(np.unique(image[0])) == 1
    assert (image[240] == 90).all()


def test_the_camera_keeps_the_size_and_changes_the_picture() -> None:
    image = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    taken = [photograph(Random(seed), image) for seed in range(40)]
    assert {picture.shape for picture in taken} == {(48, 64, 3)}
    assert {picture.dtype for picture in taken} == {np.dtype(np.uint8)}
    assert sum(not np.array_equal(picture, image) for picture in taken) > 30
