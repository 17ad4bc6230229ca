"""The samples of one metric as Prometheus would read them now; others may ask the database."""

from prometheus_client import REGISTRY


def sample(name: str, **labels: str) -> float | None:
    """The value of a metric's sample with just these labels; None where there is none."""
    for metric in REGISTRY.restricted_registry([name]).collect():
        for found in metric.samples:
            if found.name == name and found.labels == labels:
                return found.value
    return None
