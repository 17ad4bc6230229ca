"""Lets a long network of convolutions give way to shorter calls in its middle, at no cost to its own speed.

OpenVINO runs a network as one call. Steps of our own are put where it computes with a few numbers only: where
a layer's channels are weighed (squeeze and excitation), and where a deconvolution or a convolution gets its
bias. They return what they are given, so the result stays the same.
"""

from contextlib import suppress
from typing import Any

import openvino
from openvino import opset13

from pipelines.engine.scheduling.yielding import Abandoned, yield_slot


class YieldSlot(openvino.Op):  # type: ignore[misc]
    """Returns its first input, after giving way; others only say what has to be computed before."""

    def __init__(self, inputs: Any = None) -> None:
        super().__init__(self, inputs)

    def validate_and_infer_types(self) -> None:
        """The output is like the first input."""
        self.set_output_type(0, self.get_input_element_type(0), self.get_input_partial_shape(0))

    def clone_with_new_inputs(self, new_inputs: Any) -> "YieldSlot":
        """The same step in a copy of the network."""
        return YieldSlot(new_inputs)

    def has_evaluate(self) -> bool:
        """OpenVINO calls `evaluate`, in the thread that has called the network."""
        return True

    def evaluate(self, outputs: Any, inputs: Any) -> bool:
        """Give way, and hand the input on: an exception within OpenVINO's call would lose what it was."""
        with suppress(Abandoned):
            yield_slot()
        outputs[0].shape = inputs[0].shape
        inputs[0].copy_to(outputs[0])
        return True


def with_pauses(model: Any) -> int:
    """Put the steps into a model; how many there are."""
    steps = model.get_ordered_ops()
    pooled = [step for step in steps if step.get_type_name() == "ReduceMean" and is_tiny(step)]
    for step in pooled:
        put_after(step.output(0))
    deconvolutions = [step for step in steps if step.get_type_name() == "ConvolutionBackpropData"]
    return len(pooled) + sum(map(put_before_bias, deconvolutions))


def with_pauses_in_convolutions(model: Any, least_channels: int) -> int:
    """Put the steps into the convolutions with so many channels, for networks of little else; how many.

    Their bias is added on its own then, which takes longer the more pixels a layer has.
    """
    convolutions = [step for step in model.get_ordered_ops() if step.get_type_name() == "Convolution"]
    wide = [
        step for step in convolutions if step.get_output_partial_shape(0)[1].get_length() >= least_channels
    ]
    return sum(map(put_before_bias, wide))


def is_tiny(step: Any) -> bool:
    """True if a step gives one number for each channel."""
    shape = step.output(0).get_partial_shape()
    return shape.rank.is_static and shape.rank.get_length() == 4 and list(shape)[2:] == [1, 1]


def put_after(output: Any, *before: Any) -> None:
    """Insert a step that gives way between an output and those that take it."""
    takers = list(output.get_target_inputs())
    step = YieldSlot([output, *before])
    for taker in takers:
        taker.replace_source_output(step.output(0))


def put_before_bias(convolution: Any) -> bool:
    """Give way once the convolution's input is there; False where no constant bias follows."""
    taker = only_taker(convolution)
    while taker is not None and taker.get_node().get_type_name() == "Identity":
        taker = only_taker(taker.get_node())
    if taker is None or taker.get_node().get_type_name() != "Add":
        return False
    bias = taker.get_node().input(1 - taker.get_index())
    source = bias.get_source_output()
    if source.get_node().get_type_name() != "Constant":
        return False
    shape = opset13.shape_of(convolution.input_value(0))
    bias.replace_source_output(YieldSlot([source, shape.output(0)]).output(0))
    return True


def only_taker(step: Any) -> Any:
    """The one input that takes what a step gives, or None."""
    takers = list(step.output(0).get_target_inputs())
    return takers[0] if len(takers) == 1 else None
