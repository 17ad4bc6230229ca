"""The checker of queries finds their faults."""

import pytest

from tests.grafana.promql import Page, faults

PAGE = Page(
    """
# TYPE frames_total counter
frames_total{kind="result"} 3.0
frames_total{kind="dropped"} 1.0
# TYPE sessions gauge
sessions 2.0
# TYPE age_seconds histogram
age_seconds_bucket{le="0.1",stage="send"} 1.0
age_seconds_bucket{le="+Inf",stage="send"} 2.0
age_seconds_count{stage="send"} 2.0
age_seconds_sum{stage="send"} 0.3
# TYPE pace gauge
"""
)


@pytest.mark.parametrize(
    "query",
    [
        "sum(sessions)",
        'sum by (kind) (rate(frames_total{instance=~"a|b"}[1m]))',
        'sum(rate(frames_total{kind="dropped"}[1m])) / (sum(rate(frames_total[1m])) > 0)',
        "histogram_quantile(0.9, sum by (le, stage) (rate(age_seconds_bucket[1m])))",
        "sum by (stage) (rate(age_seconds_sum[1m])) / ignoring (stage) group_left () sum(sessions)",
        "rate(age_seconds_sum[1m]) / on (stage) rate(age_seconds_count[1m])",
        "clamp_min(deriv(sessions[1m]), 0) * 60",
        "sum without (instance, job) (pace)",
        'up{job="forgesyte"} == 0',
    ],
)
def test_nothing_is_wrong(query: str) -> None:
    assert faults(query, PAGE) == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("sum(sessions", "unclosed"),
        ("frames", "there is no frames"),
        ("rate(frames[1m])", "there is no frames"),
        ("sessions_bucket", "there is no sessions_bucket"),
        ("age_seconds", "there is no age_seconds"),
        ('frames_total{sort="result"}', "frames_total has no label sort"),
        ('frames_total{kind="lost"}', "frames_total never has kind"),
        ('frames_total{kind=~"los.|stol.*"}', "frames_total never has kind"),
        ("rate(sessions[1m])", "rate is not for sessions, a gauge"),
        ("deriv(frames_total[1m])", "deriv is not for frames_total, a counter"),
        ("sum by (sort) (sessions)", "what is added up has no label sort"),
        ("histogram_quantile(0.9, sum(rate(age_seconds_bucket[1m])))", "no label le"),
        ("histogram_quantile(0.9, rate(age_seconds_sum[1m]))", "no label le"),
        ("sum by (kind) (frames_total) / sum(sessions)", "never meet"),
        ("sum by (kind) (frames_total) / on (kind) sum(sessions)", "one side has no label kind"),
        ("sum(frames_total) / ignoring (kind) sum(sessions)", "neither side has no label kind"),
    ],
)
def test_what_is_wrong_is_told(query: str, fault: str) -> None:
    assert any(fault in told for told in faults(query, PAGE)), faults(query, PAGE)


@pytest.mark.parametrize(
    "query",
    [
        "sum(sessions)",
        "sum by (stage) (rate(age_seconds_sum[1m]))",
        "sum without (kind) (frames_total)",
        "sum by (kind) (frames_total) / ignoring (kind) sum(sessions)",
    ],
)
def test_what_is_shown_must_be_left_over(query: str) -> None:
    assert faults(query, PAGE, frozenset({"kind"})) == ["the result has no label kind"]
