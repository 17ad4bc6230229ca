"""The tools are described without loading the libraries that they are made of."""

import subprocess
import sys

HEAVY = [
    "torch",
    "openvino",
    "ultralytics",
    "rapidocr",
    "easyocr",
    "cv2",
    "onnx",
    "onnxruntime",
    "av",
    "supervision",
]


def test_describing_the_tools_loads_nothing_heavy() -> None:
    code = f"""
import sys
import pipelines.engine.engine
from pipelines.tools import filters
from pipelines.tools.counting import counts
from pipelines.tools.ocr import read
from pipelines.tools.yolo import detect
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
