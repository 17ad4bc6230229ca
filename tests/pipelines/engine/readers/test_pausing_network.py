"""Steps that give way within a network: where they stand, and that they change nothing."""

from typing import Any

import numpy as np
import openvino
import pytest
from openvino import opset13

from pipelines.engine.readers.pausing_network import with_pauses, with_pauses_in_convolutions
from pipelines.engine.scheduling.yielding import pausable

CHANNELS = 4
RNG = np.random.default_rng(3)


def numbers(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype(np.float32)


def weighed(features: Any) -> Any:
    """Squeeze and excitation: each channel is weighed by its mean."""
    means = opset13.reduce_mean(features, np.array([2, 3]), keep_dims=True)
    return opset13.multiply(features, opset13.sigmoid(means))


def twice_as_large(features: Any, bias: Any) -> Any:
    """A deconvolution with a bias."""
    filters = numbers(CHANNELS, CHANNELS, 2, 2)
    larger = opset13.convolution_backprop_data(features, filters, [2, 2])
    return opset13.add(larger, bias)


def convolved(features: Any, bias: Any) -> Any:
    """A convolution with a bias."""
    filters = numbers(CHANNELS, CHANNELS, 3, 3)
    return opset13.add(opset13.convolution(features, filters, [1, 1], [1, 1], [1, 1], [1, 1]), bias)


def model_of(*steps: Any) -> openvino.Model:
    """A network for pictures of any size, of CHANNELS channels."""
    picture = opset13.parameter([1, CHANNELS, -1, -1], np.float32)
    features: Any = picture
    for step in steps:
        features = step(features)
    return openvino.Model([opset13.result(features)], [picture])


def run(model: openvino.Model, picture: Any) -> Any:
    request = openvino.Core().compile_model(model, "CPU").create_infer_request()
    request.infer([picture])
    return request.get_output_tensor().data.copy()


def bias() -> Any:
    return opset13.constant(numbers(1, CHANNELS, 1, 1))


@pytest.mark.parametrize("size_hw", [(8, 8), (33, 70)])
def test_it_yields_in_the_middle_and_gives_the_same_to_the_last_bit(size_hw: tuple[int, int]) -> None:
    constant = bias()
    model = model_of(weighed, lambda features: twice_as_large(features, constant), weighed)
    picture = numbers(1, CHANNELS, *size_hw)
    before = run(model, picture)
    pauses: list[bool] = []

    assert with_pauses(model) == 3
    after = pausable(lambda: pauses.append(True), lambda: run(model, picture))

    assert len(pauses) == 3
    assert np.array_equal(before, after)


def test_it_yields_in_convolutions_with_many_channels() -> None:
    constants = bias(), bias()
    model = model_of(
        *(lambda features, constant=constant: convolved(features, constant) for constant in constants)
    )
    picture = numbers(1, CHANNELS, 20, 30)
    before = run(model, picture)
    pauses: list[bool] = []

    assert with_pauses_in_convolutions(model, CHANNELS + 1) == 0
    assert with_pauses_in_convolutions(model, CHANNELS) == 2
    after = pausable(lambda: pauses.append(True), lambda: run(model, picture))

    assert len(pauses) == 2
    assert before == pytest.approx(after, rel=1e-3, abs=1e-3)


def test_only_where_few_numbers_pass() -> None:
    """Elsewhere a step of ours would cost a copy of the whole picture."""
    channel_means = model_of(lambda features: opset13.reduce_mean(features, np.array([1]), keep_dims=True))
    no_bias = model_of(
        lambda features: twice_as_large(features, opset13.reduce_max(features, np.array([2, 3]), True))
    )
    no_add = model_of(
        lambda features: opset13.convolution_backprop_data(
            features, numbers(CHANNELS, CHANNELS, 2, 2), [2, 2]
        )
    )
    assert [with_pauses(model) for model in (channel_means, no_bias, no_add)] == [0, 0, 0]


def test_a_deconvolution_that_two_steps_take_is_left_alone() -> None:
    def taken_twice(features: Any) -> Any:
        larger = opset13.convolution_backprop_data(features, numbers(CHANNELS, CHANNELS, 2, 2), [2, 2])
        return opset13.add(opset13.relu(larger), larger)

    assert with_pauses(model_of(taken_twice)) == 0
