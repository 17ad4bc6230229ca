"""The edits that a suite of tests has to notice."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.covering import seconds_in
from tests.mutants.equivalent import EQUIVALENT
from tests.mutants.mutations import mutants_of
from tests.mutants.suites import importing, mirror_of

ROOT = Path(__file__).resolve().parents[2]


def edited(source: str) -> list[str]:
    """The source with each of its mutants in it."""
    return [mutant.applied_to(source.encode()).decode() for mutant in mutants_of(source.encode())]


@pytest.mark.parametrize(
    ("source", "mutants"),
    [
        ("a < b", ["(a <= b)"]),
        ("a is None", ["(a is not None)"]),
        ("a in b", ["(a not in b)"]),
        ("a and b", ["(a or b)"]),
        ("x = not a", ["x = bool(a)"]),
        ("x = True", ["x = False"]),
        ("x = 0.5", ["x = 1.5"]),
        ("f(a)", ["pass"]),
        ("x = f(a, b=c, d=e)", ["x = f(a, b=c)", "x = f(a, d=e)"]),
        ("x = f(**a)", []),
        ("def f():\n    return a", ["def f():\n    return None"]),
        ("def f():\n    return None", []),
        ("if a:\n    b", ["if (not (a)):\n    b"]),
        ("x = a if b else c", ["x = a if (not (b)) else c"]),
        ("x: Literal[1] = y", []),
        ("assert a < 3", []),
        ("x = zip(a, b, strict=True)", []),
        ("x = f'{a < 3}'", []),
        ("x = 'ä', 1", ["x = 'ä', 2"]),
        ('"""Words."""', []),
    ],
)
def test_edits(source: str, mutants: list[str]) -> None:
    assert edited(source) == mutants


def test_a_call_that_is_waited_for_is_dropped() -> None:
    assert edited("async def f():\n    await g()") == ["async def f():\n    pass"]


@pytest.mark.parametrize("path", ["streaming/session_worker.py", "pipelines/tools/ocr/read.py"])
def test_every_mutant_of_a_module_can_be_compiled_and_is_another_program(path: str) -> None:
    source = (ROOT / path).read_bytes()
    plain = ast.dump(ast.parse(source))
    mutants = mutants_of(source)
    assert len(mutants) > 20
    for mutant in mutants:
        assert ast.dump(ast.parse(mutant.applied_to(source))) != plain


def test_the_tests_of_a_module() -> None:
    assert mirror_of("jobs/worker/frames.py") == "tests/jobs/worker/test_frames.py"
    tests = {
        "a": "from jobs.worker.frames import frames_of\n",
        "b": "from jobs.worker import frames, leases\n",
        "c": "from jobs.worker import leases\n",
        "d": "import jobs.worker.frames\n",
    }
    assert importing("jobs/worker/frames.py", tests) == ["a", "b", "d"]


def test_what_is_called_equivalent_still_is_in_the_code() -> None:
    """A reason that outlives its code would excuse something else."""
    for known in EQUIVALENT:
        source = (ROOT / known.module).read_bytes()
        lines = source.decode().splitlines()
        mutants = [mutant for mutant in mutants_of(source) if known.within in lines[mutant.line - 1]]
        edits = {(" ".join(mutant.before.split()), " ".join(mutant.after.split())) for mutant in mutants}
        assert (known.before, known.after) in edits, known
        assert len(known.reason) > 20
        assert known.within or len(known.before) > 5, "a number alone excuses others, too"


CLASSES = """
import pytest

def test_alone():
    pass

class TestGroup:
    @pytest.mark.parametrize("a", ["x.y", "1::2"])
    def test_in_it(self, a):
        pass

    class TestInner:
        def test_deep(self):
            pass

    def test_fails(self):
        raise ValueError
"""


def test_tests_are_known_by_the_ids_that_pytest_gives_them(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "test_it.py").write_text(CLASSES)
    (tmp_path / "pytest.ini").write_text("[pytest]\njunit_family = xunit1\n")
    command = [sys.executable, "-m", "pytest", "-v", "--junit-xml=report.xml"]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    said = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True).stdout
    passed = set(re.findall(r"^(\S+) PASSED", said, re.MULTILINE))
    assert len(passed) == 4
    assert seconds_in(tmp_path / "report.xml").keys() == passed
