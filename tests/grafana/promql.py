"""Judges PromQL by what a server really tells: names, labels, their values, and kinds of metrics."""

import re
from dataclasses import dataclass, field
from typing import Any

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families

# What Prometheus adds to every series of a target.
OF_THE_TARGET = frozenset({"instance", "job"})
COUNTS = frozenset({"rate", "irate", "increase", "resets"})
LEVELS = frozenset({"deriv", "delta", "idelta", "predict_linear"})
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}


@dataclass
class Series:
    """All samples of one name: the kind of their metric, and the values that each label has had."""

    kind: str
    labels: dict[str, set[str]] = field(default_factory=dict)


class Page:
    """The text of `/metrics`."""

    def __init__(self, text: str) -> None:
        self.series = {"up": Series("gauge")}
        for family in text_string_to_metric_families(text):
            for suffix in SUFFIXES.get(family.type, ("",)):
                self.series[family.name + suffix] = Series(family.type)
            for sample in family.samples:
                found = self.series[sample.name]
                for label, value in sample.labels.items():
                    found.labels.setdefault(label, set()).add(value)


def faults(text: str, page: Page, shown_labels: frozenset[str] = frozenset()) -> list[str]:
    """Everything that is wrong with an expression; `shown_labels` must be labels of its result."""
    try:
        expression = promql.parse(text)
    except ValueError as error:
        return [str(error)]
    judge = Judge(page)
    left = judge.labels(expression)
    judge.expect(shown_labels, left, "the result")
    return judge.faults


class Judge:
    """Follows an expression from its leaves to its root: which labels each part has, and what is wrong."""

    def __init__(self, page: Page) -> None:
        self.faults: list[str] = []
        self._page = page

    def labels(self, node: Any) -> frozenset[str]:
        """The labels of this part's series; none for a number."""
        match node:
            case promql.VectorSelector():
                return self._selected(node)
            case promql.MatrixSelector():
                return self._selected(node.vector_selector)
            case promql.Call():
                return self._called(node)
            case promql.AggregateExpr():
                return self._aggregated(node)
            case promql.BinaryExpr():
                return self._joined(node)
            case promql.ParenExpr():
                return self.labels(node.expr)
            case promql.NumberLiteral():
                return frozenset()
            case _:
                raise NotImplementedError(f"{type(node).__name__} was not in use when this was written")

    def expect(self, wanted: frozenset[str], there: frozenset[str], where: str) -> None:
        """Note the labels that are not there."""
        self.faults += [f"{where} has no label {label}" for label in sorted(wanted - there)]

    def _selected(self, node: promql.VectorSelector) -> frozenset[str]:
        series = self._page.series.get(str(node.name))
        if series is None:
            self.faults.append(f"there is no {node.name}")
            return OF_THE_TARGET
        there = OF_THE_TARGET | series.labels.keys()
        for matcher in node.matchers.matchers:
            self.expect(frozenset([matcher.name]), there, str(node.name))
            values = series.labels.get(matcher.name)
            if values and not any(may_be(matcher, value) for value in values):
                self.faults.append(f"{node.name} never has {matcher}")
        return there

    def _called(self, node: promql.Call) -> frozenset[str]:
        name = node.func.name
        given = [self.labels(part) for part in node.args]
        if name in COUNTS | LEVELS:
            self._check_kind(name, str(node.args[0].vector_selector.name))
        there = frozenset[str]().union(*given)
        if name != "histogram_quantile":
            return there
        self.expect(frozenset(["le"]), there, "what histogram_quantile gets")
        return there - {"le"}

    def _check_kind(self, function: str, name: str) -> None:
        series = self._page.series.get(name)
        if series and (series.kind == "gauge") != (function in LEVELS):
            self.faults.append(f"{function} is not for {name}, a {series.kind}")

    def _aggregated(self, node: promql.AggregateExpr) -> frozenset[str]:
        there = self.labels(node.expr)
        if node.modifier is None:
            return frozenset()
        named = frozenset(node.modifier.labels)
        self.expect(named, there, "what is added up")
        return named if node.modifier.type == promql.AggModifierType.By else there - named

    def _joined(self, node: promql.BinaryExpr) -> frozenset[str]:
        left, right = self.labels(node.lhs), self.labels(node.rhs)
        if isinstance(node.lhs, promql.NumberLiteral) or isinstance(node.rhs, promql.NumberLiteral):
            return left | right
        met_by = self._meeting_labels(node, left, right)
        if met_by != self._meeting_labels(node, right, left):
            self.faults.append(f"{sorted(left)} never meet {sorted(right)}")
        keeps_more = node.modifier and node.modifier.card == promql.VectorMatchCardinality.ManyToOne
        return left if keeps_more else met_by

    def _meeting_labels(
        self, node: promql.BinaryExpr, side: frozenset[str], other: frozenset[str]
    ) -> frozenset[str]:
        matching = node.modifier.matching if node.modifier else None
        if matching is None:
            return side
        named = frozenset(matching.labels)
        if matching.type == promql.LabelModifierType.Include:
            self.expect(named, side, "one side")
            return named
        self.expect(named, side | other, "neither side")
        return side - named


def may_be(matcher: promql.Matcher, value: str) -> bool:
    """True if a matcher lets this value through; one that excludes always may."""
    match matcher.op:
        case promql.MatchOp.Equal:
            return matcher.value == value
        case promql.MatchOp.Re:
            return re.fullmatch(matcher.value, value) is not None
        case _:
            return True
