"""Text at any angle: it is read, and what is not is not taken for another word."""

import pytest
from PIL import Image, ImageDraw

from pipelines.defaults import default_definitions
from tests.browser.videos import font
from tests.world.entries import World
from tests.world.pictures.builders import jpeg

SURE = 0.6


def sign(text: str, degrees: int) -> bytes:
    """A line of dark text in the middle of a bright square, turned anticlockwise."""
    image = Image.new("RGB", (480, 480), "#f2f0e8")
    ImageDraw.Draw(image).text((240, 240), text, fill="#202020", font=font(56), anchor="mm")
    return jpeg(image.rotate(degrees, fillcolor="#f2f0e8", resample=Image.Resampling.BICUBIC))


@pytest.mark.model
def test_turned_text_is_read(world: World) -> None:
    world.store(default_definitions()["yolo_ocr"])
    for text, degrees in (
        ("DOCK 7", 90),
        ("LIFT 31", 180),
        ("PUMP 52", 270),
        ("ROOM 86", 12),
        ("BAY 4", 345),
    ):
        answer = world.run("yolo_ocr", sign(text, degrees))
        lines = [box for box in answer.results[0]["detections"] if box.get("text_score", 0) > SURE]

        assert "".join(answer.texts[0].split()) == "".join(text.split()), degrees
        assert {word for box in lines for word in box["text"].split()} <= {
            *text.split(),
            text.replace(" ", ""),
        }
