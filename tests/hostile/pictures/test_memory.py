"""No picture takes 500 MB more of a worker: large ones with many bits, and with several pages."""

from pathlib import Path

import numpy as np
import pytest

from tests.hostile.pictures import large
from tests.hostile.videos.memory import growth_mb

AT_MOST_MB = 500


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_colours_of_16_bits(tmp_path: Path, suffix: str) -> None:
    """They took 680 MB: OpenCV holds them twice."""
    growth, told = growth_mb(large.go_through, str(large.write_deep(tmp_path / f"deep{suffix}")))

    assert told == "1"
    assert growth < AT_MOST_MB


@pytest.mark.parametrize(("dtype", "channels"), [(np.uint8, 3), (np.float32, 1)], ids=["colours", "numbers"])
def test_pages(tmp_path: Path, dtype: type[np.generic], channels: int) -> None:
    path = str(large.write_pages(tmp_path / "pages.tiff", dtype, channels))

    growth, told = growth_mb(large.go_through, path)
    assert (told, growth < AT_MOST_MB) == ("3", True), growth
    growth, told = growth_mb(large.annotate, path)
    assert (told, growth < AT_MOST_MB) == ("True", True), growth
