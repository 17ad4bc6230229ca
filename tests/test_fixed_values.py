"""The values that no setting changes are those of the documents."""

import ast
from datetime import timedelta
from importlib import import_module

import pytest

from streaming import metrics
from tests.demo_runner import ROOT
from tests.test_security_model import SETTINGS, rows

CORE = ("streaming", "pipelines/graph", "pipelines/tools", "pipelines/engine/scheduling", "jobs/worker")
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


def constants(source: str) -> list[str]:
    """The names in capitals that are numbers, times, or several numbers."""
    found = []
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if is_fixed(value):
                found.append(name)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                found += [ast.unparse(name) for name, one in zip(names, values, strict=True) if is_fixed(one)]
    return [name for name in found if name.isupper()]


def is_fixed(node: ast.expr) -> bool:
    """True for a number, a time or a tuple of numbers, as it stands."""
    match node:
        case ast.Constant(value=int() | float()):
            return not isinstance(node.value, bool)
        case ast.Tuple(elts=elements):
            return all(map(is_fixed, elements))
        case ast.Call(func=ast.Name(id="timedelta")):
            return True
    return False


def test_constants_are_found() -> None:
    source = "A = 1\nB, C = 2.5, 'x'\nD = (1, 2)\nE = timedelta(days=1)\nf = 3\nG = True\nH = g(1)\n"
    assert constants(source) == ["A", "B", "D", "E"]


# Another form of a number that is documented, or one that others give.
NO_VALUES = {
    "streaming.conf.DAY_S",
    "streaming.metrics.SHORT_SECONDS",
    "streaming.metrics.BATCH_SIZES",
    "pipelines.tools.yolo.detect.STRIDE",
    "pipelines.tools.ocr.follower.GREY",
}


def test_every_number_of_the_core_is_documented() -> None:
    found = {
        f"{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}.{name}"
        for folder in CORE
        for path in (ROOT / folder).rglob("*.py")
        for name in constants(path.read_text())
    }
    assert len(found) > 60
    assert found - NO_VALUES == {name for name in {**LIMITS, **OTHERS} if name in found}


def test_batches_are_counted_by_the_sizes_that_are_documented() -> None:
    page = (ROOT / "docs" / "ENDPOINTS.md").read_text()
    assert f"batches of up to {', '.join(map(str, metrics.BATCH_SIZES))} frames" in page
