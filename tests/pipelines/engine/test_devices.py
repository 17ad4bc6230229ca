"""The device that was asked for, the one that is used, and the reason."""

import pytest

from pipelines.engine.devices import DeviceChoice, choose_device


@pytest.mark.parametrize(
    ("requested", "cuda", "used", "fallback"),
    [
        ("auto", False, "cpu", False),
        ("auto", True, "cuda", False),
        ("cpu", True, "cpu", False),
        ("cuda", True, "cuda", False),
        ("cuda", False, "cpu", True),
        ("gpu", True, "cuda", False),
        ("gpu", False, "cpu", True),
    ],
)
def test_the_gpu_is_used_where_there_is_one_and_nobody_minds(
    requested: str, cuda: bool, used: str, fallback: bool
) -> None:
    choice = choose_device(requested, cuda)
    assert (choice.requested, choice.used, choice.fallback) == (requested, used, fallback)


@pytest.mark.parametrize(("requested", "fallback"), [("auto", False), ("cuda", True)])
def test_a_network_that_cannot_run_on_the_gpu_says_why(requested: str, fallback: bool) -> None:
    choice = choose_device(requested, True, "this format runs on the CPU")
    assert choice.used == "cpu"
    assert choice.reason == ("this format runs on the CPU" if fallback else None)


def test_metadata_is_honest() -> None:
    assert DeviceChoice("cuda", "cpu", "no CUDA device was found").as_metadata() == {
        "device_requested": "cuda",
        "device_used": "cpu",
        "fallback": True,
        "fallback_reason": "no CUDA device was found",
    }
