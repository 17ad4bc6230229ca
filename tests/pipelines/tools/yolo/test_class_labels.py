"""The labels that a pipeline asks for, and the numbers that a network has for them."""

import pytest

from pipelines.errors import PipelineError
from pipelines.tools.yolo.detect import class_numbers, unknown_labels

NAMES = {0: "car", 1: "bus"}


def test_labels_are_the_numbers_of_the_network() -> None:
    assert class_numbers(["bus", "car"], NAMES) == [1, 0]
    assert class_numbers(None, NAMES) is None
    with pytest.raises(PipelineError, match=r"^The network has no class tram; it has: car, bus$"):
        class_numbers(["car", "tram"], NAMES)


def test_of_a_thousand_labels_a_hundred_are_named() -> None:
    names = {number: f"thing{number}" for number in range(1000)}
    named = f"; it has: {', '.join(f'thing{number}' for number in range(100))}"

    with pytest.raises(PipelineError) as caught:
        class_numbers(["tram"], names)
    assert str(caught.value) == f"The network has no class tram{named}"
    asked = [f"tram{number}" for number in range(1000)]
    said = unknown_labels("n.onnx", asked, names)
    assert said == f"'n.onnx' has no class {', '.join(asked[:100])}{named}"
