"""Chooses the device that a network runs on, and says why it is not the one that was asked for."""

from dataclasses import dataclass
from typing import Any

GPU_WORDS = frozenset({"cuda", "gpu"})


@dataclass(frozen=True)
class DeviceChoice:
    """`requested` is `auto`, `cpu`, `cuda` or `gpu`; `used` is `cpu`, `cuda` or `remote`.

    `reason` says why a device that was asked for is not the one in use, and is None where it is.
    """

    requested: str
    used: str
    reason: str | None = None

    @property
    def fallback(self) -> bool:
        """A GPU was asked for and the work is done elsewhere."""
        return self.reason is not None

    def as_metadata(self) -> dict[str, Any]:
        """The fields that every tool's metadata has."""
        return {
            "device_requested": self.requested,
            "device_used": self.used,
            "fallback": self.fallback,
            "fallback_reason": self.reason,
        }


def choose_device(requested: str, cuda_available: bool, not_on_gpu: str | None = None) -> DeviceChoice:
    """The device for a network; `not_on_gpu` says why this network can run on a CPU only, if so."""
    if requested == "cpu":
        return DeviceChoice(requested, "cpu")
    if cuda_available and not_on_gpu is None:
        return DeviceChoice(requested, "cuda")
    missing = not_on_gpu if cuda_available else "no CUDA device was found"
    return DeviceChoice(requested, "cpu", missing if requested in GPU_WORDS else None)
