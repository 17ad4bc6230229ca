"""The values that no setting changes are those of the documents."""

import re
from datetime import timedelta
from importlib import import_module

import pytest

from streaming import metrics
from tests.demo_runner import ROOT
from tests.test_security_model import SETTINGS, rows

UNITS = {"KiB": 1024, "MiB": 1024**2}
LIMITS = rows("Limits that are fixed")
OTHERS = rows("What no setting changes", SETTINGS)


def amounts(text: str) -> list[float]:
    """The numbers of a row: `1`, `10,000`, `64 MiB`, or several, `1, 2, 5`."""
    numbers, _, unit = text.partition(" ") if text.endswith("iB") else (text, "", "")
    return [float(number.replace(",", "")) * UNITS.get(unit, 1) for number in numbers.split(", ")]


def as_numbers(value: object) -> list[float]:
    """A number, a time or several numbers of the code, in seconds where it is a time."""
    several = value if isinstance(value, tuple) else (value,)
    return [one.total_seconds() if isinstance(one, timedelta) else float(one) for one in several]


@pytest.mark.parametrize(("where", "value"), [*LIMITS.items(), *OTHERS.items()])
def test_a_fixed_value_is_that_of_the_code(where: str, value: str) -> None:
    module, _, name = where.rpartition(".")
    assert amounts(value) == as_numbers(getattr(import_module(module), name))


def test_the_largest_buckets_are_those_that_are_documented() -> None:
    page = (ROOT / "docs" / "ENDPOINTS.md").read_text()
    found = re.search(r"^The largest are of (.*) seconds, those of delays and pauses of (.*)\.$", page, re.M)
    assert found
    long, short = (amounts(numbers.replace(" and ", ", ")) for numbers in found.groups())
    assert long == list(metrics.SECONDS[-len(long) :])
    assert short == list(metrics.SHORT_SECONDS[-len(short) :])


def test_batches_are_counted_by_the_sizes_that_are_documented() -> None:
    page = (ROOT / "docs" / "ENDPOINTS.md").read_text()
    assert f"batches of up to {', '.join(map(str, metrics.BATCH_SIZES))} frames" in page
