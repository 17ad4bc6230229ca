"""Displays of seven segments: thin digits stand alone in wide cells, and detectors cut them off."""

import pytest

from pipelines.defaults import default_definitions
from tests.world.entries import World
from tests.world.pictures.builders import display

LED, LCD, GREEN = ("#ff281e", "#120402"), ("#263228", "#a8b6a0"), ("#3cff78", "#050f08")


@pytest.mark.model
def test_displays_are_read_in_whole_frames(world: World) -> None:
    """`0987654321` was read without its last digit, and `004162` as `004` and `1162`, both surely."""
    world.store(default_definitions()["ocr_only"])
    shown = [
        ("0987654321", LED, 110, 0.0),
        ("004162", LED, 110, 0.0),
        ("0987654321", LCD, 70, 0.0),
        ("12:45", LCD, 110, 0.0),
        ("004162", GREEN, 160, 0.1),
        ("88.3", GREEN, 110, 0.0),
    ]
    read = [
        world.run("ocr_only", display(text, *colours, high=high, slant=slant)).texts[0]
        for text, colours, high, slant in shown
    ]
    assert read == [text for text, *_ in shown]
