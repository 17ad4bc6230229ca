"""The Prometheus metrics of the networks that this process has loaded."""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from pipelines import runtime

LOADED = ("networks_loaded", "Networks that are loaded")
BYTES = ("networks_bytes", "About how many bytes the loaded networks take: estimated by their files")
DROPPED = ("networks_dropped", "Networks that nobody used and that were dropped to make room")


class NetworksCollector(Collector):
    """Asks the engine when somebody asks for metrics; makes none for that."""

    def describe(self) -> Iterator[Metric]:
        """The names."""
        yield GaugeMetricFamily(*LOADED)
        yield GaugeMetricFamily(*BYTES)
        yield CounterMetricFamily(*DROPPED)

    def collect(self) -> Iterator[Metric]:
        """The figures of the networks loaded now; 0 where there is no engine."""
        engine = runtime.current_engine()
        networks = engine.networks if engine else None
        yield GaugeMetricFamily(*LOADED, value=networks.count if networks else 0)
        yield GaugeMetricFamily(*BYTES, value=networks.size if networks else 0)
        yield CounterMetricFamily(*DROPPED, value=networks.dropped if networks else 0)


REGISTRY.register(NetworksCollector())
