"""The webcam-like benchmark set: what is shipped, that it is held out, and how it is drawn.

Drawing uses only the fonts that come with matplotlib, so nothing has to be installed.
"""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.scenes import fonts, words
from training.webcam import drawn_set
from training.webcam.camera import LOOKS, Look, capture, jpeg
from training.webcam.drawn_set import FONTS, bent, bgr, cells, drawn, photograph, seen_corners, words_on
from training.webcam.grounds import GROUNDS, HEIGHT, WIDTH
from training.webcam.shots import SHOTS, Card, Pose, Row, Shot

FOLDER = Path(__file__).resolve().parents[2] / "data/webcam_text"
SHIPPED = json.loads((FOLDER / "words.json").read_text())
TEXT = Shot(
    "try",
    5,
    "marble",
    "daylight",
    (
        (Card(300, (Row("Pickled\therring", 40), Row("& salt", 30, "sans")), "serif", frame=2), Pose(y=0.3)),
        (Card(300, (Row("on the wall", 30),), "sans", bare=True, align="l"), Pose(y=0.8, yaw=20)),
        (Card(200, (Row("salt", 40),), "serif", bend=0.8), Pose(x=0.2, y=0.6)),
    ),
)


def random() -> np.random.Generator:
    return np.random.default_rng(1)


class TestShipped:
    def test_holds_every_shot_and_its_words(self) -> None:
        assert {f"{shot.name}.jpg": words_on(shot) for shot in SHOTS} == SHIPPED
        assert {path.name for path in FOLDER.glob("*.jpg")} == SHIPPED.keys()

    def test_has_pictures_of_a_webcam(self) -> None:
        for path in FOLDER.glob("*.jpg"):
            with Image.open(path) as image:
                assert (image.format, image.size) == ("JPEG", (640, 480)), path

    def test_stays_small(self) -> None:
        assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 1_500_000

    def test_has_some_pictures_without_text(self) -> None:
        assert 1 <= sum(not said for said in SHIPPED.values()) <= len(SHIPPED) / 4


class TestHeldOut:
    @pytest.mark.parametrize("file", FONTS.values())
    def test_uses_only_fonts_that_training_does_not(self, file: str) -> None:
        assert fonts.is_held_out(Path(file))

    def test_uses_every_font_it_names(self) -> None:
        used = {row.font or card.font for shot in SHOTS for card, _ in shot.cards for row in card.rows}

        assert used == FONTS.keys()

    def test_has_texts_that_training_cannot_have(self) -> None:
        for said in filter(None, SHIPPED.values()):
            letters = [word.strip(".,:!?").lower() for word in said if word.strip(".,:!?").isalpha()]
            assert not letters or set(letters) - set(words.COMMON), said


class TestPhotograph:
    def test_is_the_same_every_time(self) -> None:
        picture = photograph(TEXT)

        assert picture == photograph(TEXT)
        assert picture != photograph(replace(TEXT, seed=6))
        assert Image.open(io.BytesIO(picture)).size == (640, 480)

    def test_knows_its_words(self) -> None:
        assert words_on(TEXT) == ["Pickled", "herring", "salt", "on", "the", "wall"]

    def test_shows_its_cards(self) -> None:
        shots = (TEXT, replace(TEXT, cards=()))
        with_cards, without = (np.asarray(Image.open(io.BytesIO(photograph(shot))), int) for shot in shots)

        changed = np.abs(with_cards - without).sum(axis=2) > 60
        assert changed[130:150, 200:440].mean() > 0.05
        assert not changed[:40].any()


class TestCards:
    def test_puts_parts_of_a_row_apart(self) -> None:
        assert cells("one", 10, 200, "m") == [("one", 100, "m")]
        assert cells("one", 10, 200, "l") == [("one", 10, "l")]
        assert cells("a\tb\tc", 10, 210, "l") == [("a", 10, "l"), ("b", 105, "m"), ("c", 200, "r")]

    def test_refuses_a_row_that_is_too_long(self) -> None:
        with pytest.raises(ValueError, match="'far too long' is too long"):
            drawn(random(), Card(60, (Row("far too long", 40),), "serif"))

    def test_a_bare_card_is_its_letters_alone(self) -> None:
        _, alpha = drawn(random(), Card(200, (Row("salt", 40),), "serif", bare=True))

        assert 0.01 < (alpha > 128).mean() < 0.4

    def test_goes_around_a_cylinder(self) -> None:
        pixels, alpha = drawn(random(), Card(200, (Row("salt", 40),), "serif"))

        around, mask = bent(pixels, alpha, 0.9)

        assert around.shape[1] == pixels.shape[1]
        assert around.shape[:2] == mask.shape
        top = mask.argmax(axis=0)
        assert top[len(top) // 2] > top[0] + 20
        assert around[:, 2].max() < around[:, len(top) // 2].max() - 30

    def test_reads_colours(self) -> None:
        assert bgr("#ff8001") == (1, 128, 255)

    def test_says_which_font_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(FONTS, "ghost", "NoSuchFont.ttf")

        with pytest.raises(RuntimeError, match=r"NoSuchFont\.ttf is not installed; try: apt-get"):
            drawn_set.font("ghost")


class TestPose:
    def test_straight_on_is_a_box_around_its_place(self) -> None:
        corners = seen_corners(400, 200, Pose(0.5, 0.25))

        middle = WIDTH / 2, HEIGHT / 4
        offsets = [(-200, -100), (200, -100), (200, 100), (-200, 100)]
        assert corners == pytest.approx(np.array(offsets) + middle)

    def test_a_side_that_is_turned_away_is_shorter(self) -> None:
        corners = seen_corners(400, 200, Pose(yaw=30))

        left, right = corners[3, 1] - corners[0, 1], corners[2, 1] - corners[1, 1]
        assert abs(left - right) > 15
        assert corners[:, 0].max() - corners[:, 0].min() < 400

    def test_rolls_clockwise(self) -> None:
        corners = seen_corners(400, 200, Pose(roll=10))

        assert corners[1, 1] > corners[0, 1]


class TestCamera:
    GREY = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)

    @pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
    def test_compresses_as_a_webcam_does(self, look: Look) -> None:
        assert 70 <= look.quality <= 80
        frame = capture(random(), self.GREY, look)
        assert frame.shape == (HEIGHT // 2, WIDTH // 2, 3)
        assert jpeg(frame, look).startswith(b"\xff\xd8")

    def test_is_noisier_in_the_dark(self) -> None:
        light, dark = (capture(random(), self.GREY, LOOKS[name]) for name in ("daylight", "dark"))

        assert noise_of(dark) > 1.5 * noise_of(light)
        assert dark.mean() < light.mean()

    def test_shakes_and_loses_focus(self) -> None:
        stripes = self.GREY.copy()
        stripes[:, ::16] = stripes[::16] = 255
        still, shaken, soft = (
            capture(random(), stripes, Look(grain=0, shake=shake, focus=focus))
            for shake, focus in ((0.0, 0.4), (5.0, 0.4), (0.0, 1.5))
        )

        assert noise_of(shaken) < noise_of(still)
        assert noise_of(soft) < noise_of(still)

    def test_glare_lights_up_a_part(self) -> None:
        plain, lit = (capture(random(), self.GREY, Look(grain=0, glare=glare)) for glare in (0.0, 0.5))

        assert lit.max() > plain.max() + 20


def noise_of(frame: np.ndarray) -> float:
    """The mean difference of neighbouring pixels."""
    return float(np.abs(np.diff(frame.astype(int), axis=1)).mean())


@pytest.mark.parametrize("kind", GROUNDS)
def test_grounds_fill_the_scene(kind: str) -> None:
    image = GROUNDS[kind](random())

    assert image.shape == (HEIGHT, WIDTH, 3)
    assert image.dtype == np.uint8
    assert image.std() > 4
    assert np.array_equal(image, GROUNDS[kind](random()))


def test_draws_the_set_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drawn_set, "SHOTS", (TEXT, Shot("bare", 1, "cork", "office")))

    drawn_set.main([str(tmp_path / "set")])

    assert capsys.readouterr().out == "2 pictures, 6 words\n"
    written = json.loads((tmp_path / "set/words.json").read_text())
    assert written == {"try.jpg": words_on(TEXT), "bare.jpg": []}
    assert Image.open(tmp_path / "set/bare.jpg").convert("RGB").size == (640, 480)
