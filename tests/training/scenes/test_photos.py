"""Photographs for grounds: which are kept, how they are split, what is made of them."""

from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from training.scenes import photos
from training.scenes.photos import Photos, collect, ground, paste_cutout, photos_in


def picture(path: Path, shape: tuple[int, ...] = (120, 200, 3), seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, shape, np.uint8))
    return path


@pytest.fixture
def textless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "shows_text", lambda _picture: False)


@pytest.mark.usefixtures("textless")
def test_pictures_are_kept_once_at_a_bearable_size(tmp_path: Path) -> None:
    source, kept = tmp_path / "source", tmp_path / "kept"
    picture(source / "wall.jpg", (2000, 3000, 3))
    picture(source / "cat.png", (100, 100, 4), seed=1)
    (source / "copy").mkdir()
    (source / "copy" / "feline.png").write_bytes((source / "cat.png").read_bytes())
    assert collect([source], kept) == 2
    assert [path.name for path in sorted((kept / "grounds").iterdir())] == ["source-wall.jpg"]
    assert [path.name for path in (kept / "cutouts").iterdir()] == ["source-cat.png"]
    assert max(photos._opened(kept / "grounds" / "source-wall.jpg").shape) == photos.LONGEST


@pytest.mark.usefixtures("textless")
def test_what_is_of_no_use_is_left_out(tmp_path: Path) -> None:
    source = tmp_path / "source"
    picture(source / "tiny.png", (40, 400, 3))
    picture(source / "grey.png", (200, 200))
    picture(source / "alphabet" / "a.png")
    picture(source / "wallpaper" / "images" / "1024.png", seed=1)
    picture(source / "wallpaper" / "images" / "2048.png", seed=2)
    cv2.imwrite(str(source / "plain.png"), np.full((200, 200, 3), 90, np.uint8))
    (source / "broken.jpg").write_bytes(b"no picture")
    (source / "notes.txt").write_text("no picture either")
    assert collect([source], tmp_path / "kept") == 1


def test_pictures_with_text_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "shows_text", lambda shown: shown.shape[1] > 150)
    picture(tmp_path / "source" / "wide.png", (120, 200, 3))
    picture(tmp_path / "source" / "high.png", (200, 120, 3))
    assert collect([tmp_path / "source"], tmp_path / "kept") == 1


@pytest.mark.usefixtures("textless")
def test_a_folder_that_was_filled_is_left_alone(tmp_path: Path) -> None:
    assert collect([], tmp_path / "kept") == 0
    picture(tmp_path / "source" / "late.png")
    assert collect([tmp_path / "source"], tmp_path / "kept") == 0


def test_no_picture_is_both_for_training_and_held_out(tmp_path: Path) -> None:
    for number in range(60):
        picture(tmp_path / "grounds" / f"{number}.png", (8, 8, 3))
    training, held_out = photos_in(tmp_path), photos_in(tmp_path, held_out=True)
    assert len(training.grounds) + len(held_out.grounds) == 60
    assert not set(training.grounds) & set(held_out.grounds)
    assert 4 <= len(held_out.grounds) <= 24
    assert training.cutouts == ()


def test_a_ground_fills_the_size_asked_for(tmp_path: Path) -> None:
    shown = Photos(
        grounds=(picture(tmp_path / "a.png", (90, 300, 3)), picture(tmp_path / "b.png", (300, 90, 4)))
    )
    for seed in range(20):
        window = ground(Random(seed), shown, 64, 48)
        assert window.shape == (48, 64, 3)
        assert np.array_equal(window, ground(Random(seed), shown, 64, 48))


def test_a_cutout_shows_where_it_is_opaque_only(tmp_path: Path) -> None:
    thing = np.full((100, 100, 4), 250, np.uint8)
    thing[:, 50:, 3] = 0
    cv2.imwrite(str(tmp_path / "half.png"), thing)
    shown, covered = Photos(cutouts=(tmp_path / "half.png",)), []
    for seed in range(30):
        image = np.full((120, 160, 3), 20, np.uint8)
        paste_cutout(Random(seed), shown, image)
        assert image.max() <= 251
        covered.append((image > 100).mean())
    assert 0.01 < np.mean(covered) < 0.4


def test_a_picture_that_went_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        ground(Random(1), Photos(grounds=(tmp_path / "gone.jpg",)), 64, 48)


@pytest.mark.model
def test_text_is_told_from_none() -> None:
    wall = np.full((120, 320, 3), 200, np.uint8)
    assert not photos.shows_text(wall)
    cv2.putText(wall, "CLOSED", (30, 80), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 4, cv2.LINE_AA)
    assert photos.shows_text(wall)
    hidden = np.dstack([wall, np.zeros((120, 320), np.uint8)])
    assert not photos.shows_text(hidden)
