"""Chooses the build of PyTorch: with CUDA where there is an NVIDIA GPU, else the small one for CPUs.

The small one comes from an index of PyTorch's own, which not every network reaches.
"""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from shutil import which
from urllib.request import urlopen

CPU, CUDA, PLAIN = "cpu", "cuda", "plain"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
# The name that a server is looked up by has no timeout of its own, so that one deadline holds for all of it.
ANSWER_WITHIN_S = 5.0
PACKAGES = ("torch", "torchvision")
NVIDIA, DISPLAY = "0x10de", "0x03"
WSL_SMI = "/usr/lib/wsl/lib/nvidia-smi"


class UnknownBuild(Exception):
    """The value of TORCH that was given is none; the message is one line."""


def choose(
    wanted: str, versions: dict[str, str], say: Callable[[str], object], index: str = CPU_INDEX
) -> str:
    """The build to install: `cpu`, `cuda`, or `plain` where PyPI's own build has no CUDA.

    `wanted` is the value of TORCH: `cpu` or `cuda` decide, empty looks for a GPU. Raises UnknownBuild.
    """
    if wanted not in ("", CPU, CUDA):
        raise UnknownBuild(f"TORCH={wanted} is neither cpu nor cuda; leave it out to have it found out")
    if sys.platform == "darwin":
        return PLAIN
    if wanted:
        return wanted
    if has_nvidia_gpu():
        say("An NVIDIA GPU is here: taking PyTorch with CUDA (TORCH=cpu takes the small build)")
        return CUDA
    if offers(index, versions):
        say("No NVIDIA GPU is here: taking PyTorch's build for CPUs (TORCH=cuda takes the one with CUDA)")
        return CPU
    say(
        f"No NVIDIA GPU is here, but {index} does not offer PyTorch {versions['torch']} to this machine: "
        "taking the build with CUDA, which runs on CPUs as well and takes 4 GB more"
    )
    return CUDA


def has_nvidia_gpu(root: Path = Path("/"), smi: str | None = None) -> bool:
    """True if a driver knows an NVIDIA GPU, or one is plugged in; never raises."""
    if (root / "dev/nvidia0").exists() or any(root.glob("proc/driver/nvidia/gpus/*")):
        return True
    if any(is_nvidia_gpu(device) for device in root.glob("sys/bus/pci/devices/*")):
        return True
    # Windows lends its GPU to WSL by a driver of its own.
    smi = smi or which("nvidia-smi") or WSL_SMI
    try:
        listed = subprocess.run([smi, "-L"], capture_output=True, text=True, timeout=ANSWER_WITHIN_S)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "GPU 0" in listed.stdout


def is_nvidia_gpu(device: Path) -> bool:
    """True for the folder of a PCI device that is a display or compute controller of NVIDIA's."""
    try:
        vendor, kind = ((device / name).read_text() for name in ("vendor", "class"))
    except OSError:
        return False
    return vendor.startswith(NVIDIA) and kind.startswith(DISPLAY)


def offers(index: str, versions: dict[str, str], within_s: float = ANSWER_WITHIN_S) -> bool:
    """True if a package index lists exactly these versions for CPUs before the time is over."""
    pages: dict[str, str] = {}

    def read() -> None:
        for name in versions:
            try:
                with urlopen(f"{index}/{name}/", timeout=within_s) as answer:
                    pages[name] = answer.read().decode(errors="replace")
            except (OSError, ValueError):
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(within_s)
    return all(
        re.search(rf"{name}-{re.escape(version)}(\+|%2B)cpu-", pages.get(name, ""))
        for name, version in versions.items()
    )


def pinned(requirements: Iterable[str]) -> dict[str, str]:
    """The versions of PyTorch's packages in the lines of a file of requirements."""
    found = (line.strip().partition("==") for line in requirements)
    return {name: version for name, _, version in found if name in PACKAGES}
