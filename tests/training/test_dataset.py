"""The pool on disk and the batches that training gets."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from training import dataset
from training.dataset import (
    DrawSampler,
    SceneDataset,
    ScenePool,
    batch_of,
    collate_crops,
    crop_shapes,
)
from training.scenes.fonts import held_out_fonts, training_fonts
from training.scenes.lines import box_corners, hulls
from training.scenes.photos import photos_in


@pytest.fixture
def pool(tmp_path: Path) -> ScenePool:
    return ScenePool(tmp_path, first_seed=5_000, count=6)


def test_a_scene_is_drawn_once_and_then_read(pool: ScenePool, monkeypatch: pytest.MonkeyPatch) -> None:
    image, boxes = pool.load(2)
    monkeypatch.setattr(dataset, "scene", lambda *_: pytest.fail("drawn again"))
    again, boxes_again = pool.load(2)
    assert np.array_equal(image, again)
    assert np.array_equal(boxes, boxes_again)


def test_a_scene_that_was_cut_off_is_drawn_again(pool: ScenePool) -> None:
    _, boxes = pool.load(0)
    (labels,) = pool.folder.rglob("*.npy")
    labels.unlink()
    assert np.array_equal(pool.load(0)[1], boxes)


def test_a_damaged_picture_is_named(pool: ScenePool) -> None:
    pool.load(1)
    (picture,) = pool.folder.rglob("*.jpg")
    picture.write_bytes(b"")
    with pytest.raises(OSError, match=picture.name):
        pool.load(1)


def test_held_out_scenes_use_other_fonts(pool: ScenePool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def blank(seed: int, fonts: object, _pictures: object) -> dataset.Item:
        seen.append(fonts)
        return np.zeros((480, 640, 3), np.uint8), np.zeros((0, 4, 2), np.float32)

    monkeypatch.setattr(dataset, "scene", blank)
    ScenePool(pool.folder, 9_000, 1, held_out=True).load(0)
    pool.load(0)
    assert seen == [held_out_fonts(), training_fonts()]


def test_held_out_scenes_use_other_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def blank(seed: int, fonts: object, pictures: object) -> dataset.Item:
        seen.append(pictures)
        return np.zeros((480, 640, 3), np.uint8), np.zeros((0, 4, 2), np.float32)

    monkeypatch.setattr(dataset, "scene", blank)
    ScenePool(tmp_path, 9_000, 1, held_out=True, photos=tmp_path).load(0)
    ScenePool(tmp_path, 8_000, 1, photos=tmp_path).load(0)
    assert seen == [photos_in(tmp_path, held_out=True), photos_in(tmp_path)]


def test_every_scene_comes_up_in_its_turn() -> None:
    sampler = DrawSampler(pool_count=10, length=4, seed=1)
    drawn: list[int] = []
    for sampler.epoch in range(5):
        drawn += list(sampler)
    assert sorted(drawn) == sorted(list(range(10)) * 2)
    assert len(sampler) == 4


def test_an_epochs_order_is_the_same_after_a_resume() -> None:
    one, other = DrawSampler(100, 50, seed=3), DrawSampler(100, 50, seed=3)
    one.epoch = other.epoch = 7
    assert list(one) == list(other)


@pytest.mark.parametrize("imgsz", [64, 320, 384, 640])
def test_crops_are_whole_strides_within_the_picture(imgsz: int) -> None:
    for height, width in crop_shapes(imgsz):
        assert height % 32 == width % 32 == 0
        assert height <= 480
        assert width <= 640


def test_a_batch_of_crops_has_one_shape_and_labels_inside_it(pool: ScenePool) -> None:
    batch = collate_crops([SceneDataset(pool, 6)[index] for index in range(6)], imgsz=320)
    assert batch["img"].shape[:2] == (6, 3)
    assert tuple(batch["img"].shape[2:]) in crop_shapes(320)
    assert batch["bboxes"].shape[1] == 5
    assert len(batch["bboxes"]) == len(batch["cls"]) == len(batch["batch_idx"]) > 0
    assert ((batch["bboxes"][:, :2] >= 0) & (batch["bboxes"][:, :2] <= 1)).all()
    assert (batch["bboxes"][:, 4].abs() <= np.pi / 2).all()


def test_a_box_stays_on_its_letters_when_cropped() -> None:
    image, box = np.zeros((480, 640, 3), np.uint8), box_corners(np.array([[200, 200, 400, 240]], np.float32))
    image[200:240, 200:400] = 255
    for seed in range(60):
        window, quads = dataset._crop(Random(seed), image, box, (224, 640))
        assert window.shape == (224, 640, 3)
        for x0, y0, x1, y1 in hulls(quads).round().astype(int):
            assert window[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1].min() > 200


def test_pictures_become_rgb_and_boxes_fractions() -> None:
    image = np.zeros((50, 100, 3), np.uint8)
    image[..., 0] = 200  # blue
    line = box_corners(np.array([[10, 10, 30, 20]], np.float32))
    batch = batch_of([(image, line), (image, line[:0])])
    assert batch["img"][0, :, 0, 0].tolist() == [0, 0, 200]
    assert batch["bboxes"][0].tolist() == pytest.approx([0.2, 0.3, 0.2, 0.2, 0])
    assert batch["batch_idx"].tolist() == [0]
