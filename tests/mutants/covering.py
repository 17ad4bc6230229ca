"""The tests that run a line, known from one run of them with coverage."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from coverage import CoverageData

from tests.mutants.mutations import Mutant
from tests.mutants.warm_runs import LOG, exit_code_of

FAST = "not model and not browser and not slow"
REPORT = "tests.xml"
REPORTS = (f"--junit-xml={REPORT}", "-o", "junit_family=xunit1", "--cov-context=test", "--cov-report=")
LONGEST_S = 3600
MOST_FAILED = 5


class TestsFail(Exception):
    """Tests fail without any mutant."""


@dataclass(frozen=True)
class Covering:
    """`seconds` that each test takes, and the tests that run each line of each module."""

    seconds: Mapping[str, float]
    by_line: Mapping[str, Mapping[int, frozenset[str]]]

    def tests_of(self, module: str, mutant: Mutant) -> frozenset[str]:
        """The tests that run a line of the mutant; none where imports do, or processes of their own."""
        if not mutant.in_function:
            return frozenset()
        lines = range(mutant.line, mutant.line + mutant.before.count("\n") + 1)
        known = self.by_line.get(module, {})
        return frozenset().union(*(known.get(line, frozenset()) for line in lines)) & self.seconds.keys()

    def within(self, files: Iterable[str]) -> frozenset[str]:
        """Every test in these files."""
        wanted = set(files)
        return frozenset(test for test in self.seconds if test.partition("::")[0] in wanted)

    def seconds_of(self, tests: Iterable[str]) -> float:
        """The time that tests take one after the other."""
        return sum(self.seconds[test] for test in tests)


def measured(folder: Path, modules: Iterable[str], files: Sequence[str]) -> Covering:
    """Run the tests in `files` in the copy in `folder`; raises TestsFail where more than a few fail."""
    packages = sorted({str(Path(module).parent) for module in modules})
    covered = [f"--cov={package}" for package in packages]
    code = exit_code_of(folder, [*REPORTS, "-m", FAST, *covered, *files], limit_s=LONGEST_S)
    failed = re.findall(r"^(?:FAILED|ERROR) .*", (folder / LOG).read_text(), re.MULTILINE)
    if code not in (0, 1) or len(failed) > MOST_FAILED:
        raise TestsFail(f"Tests fail without any mutant:\n{(folder / LOG).read_text()[-3000:]}")
    for line in failed:
        print(f"Left out, for it fails without any mutant: {line}", flush=True)
    return Covering(seconds_in(folder / REPORT), lines_in(folder, modules))


def together(parts: Sequence[Covering]) -> Covering:
    """The tests of several runs."""
    by_line = {module: merged([part.by_line[module] for part in parts]) for module in parts[0].by_line}
    return Covering({test: s for part in parts for test, s in part.seconds.items()}, by_line)


def merged(parts: Sequence[Mapping[int, frozenset[str]]]) -> dict[int, frozenset[str]]:
    """Tests by line, of several runs."""
    lines = {line for part in parts for line in part}
    return {line: frozenset().union(*(part.get(line, frozenset()) for part in parts)) for line in lines}


def seconds_in(report: Path) -> dict[str, float]:
    """The time of each test of a JUnit report that passed."""
    cases = ElementTree.parse(report).iter("testcase")
    ran = [case.attrib for case in cases if not {part.tag for part in case} & {"skipped", "failure", "error"}]
    return {id_of(case): float(case["time"]) for case in ran}


def id_of(case: Mapping[str, str]) -> str:
    """The id that pytest gives a test of a JUnit report, with the classes that it is in."""
    module = case["file"].removesuffix(".py").replace("/", ".")
    classes = case["classname"].removeprefix(module).split(".")
    return "::".join([case["file"], *filter(None, classes), case["name"]])


def lines_in(folder: Path, modules: Iterable[str]) -> dict[str, dict[int, frozenset[str]]]:
    """The tests by module and line; a context is a test's id, a bar, and `setup`, `run` or `teardown`."""
    data = CoverageData(str(folder / ".coverage"))
    data.read()
    return {
        module: {
            line: frozenset(context.rpartition("|")[0] for context in contexts if context)
            for line, contexts in data.contexts_by_lineno(str(folder / module)).items()
        }
        for module in modules
    }
