"""The machine on which something was measured."""

import platform
from pathlib import Path
from typing import Any

CPU_INFO = Path("/proc/cpuinfo")
GIGABYTE = 1024**3


def this_machine(cpu_info: Path = CPU_INFO) -> dict[str, Any]:
    """The facts that figures are compared by: processor, cores, memory, system."""
    import psutil

    return {
        "processor": processor_name(cpu_info),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / GIGABYTE, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def processor_name(cpu_info: Path) -> str:
    """The processor's name by the kernel's `cpuinfo`; without that file what Python knows."""
    try:
        lines = cpu_info.read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
