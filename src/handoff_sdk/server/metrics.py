"""What a server tells Prometheus: read when it asks, counted where it happens.

Source: api.md, first paragraph; Prometheus, metric and label naming.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

    from .call import Service

__all__ = ["figures"]


def figures(service: Service) -> bytes:
    """The figures of a server, and of the process it runs in, as they are now: in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Figures(service))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Each figure with what it counts."""
        service, gate = self._service, self._service.gate
        yield GaugeMetricFamily("handoff_calls_running", "Calls that have a place.", gate.taken)
        yield GaugeMetricFamily("handoff_calls_places", "How many calls may run at present.", gate.places)
        yield GaugeMetricFamily("handoff_loop_lag_seconds", "By how much the event loop was late last.", gate.lag)
        yield GaugeMetricFamily("handoff_connections", "Open connections.", service.connections)
        yield GaugeMetricFamily("handoff_streams", "Open streams and long polls.", service.streams.count)
        refused = CounterMetricFamily(
            "handoff_refused",
            "Who was turned away: connections, bodies arriving, calls when full, calls beyond a caller's share.",
            labels=["reason"],
        )
        for reason, count in service.refused.items():
            refused.add_metric([reason], count)
        yield refused
        yield CounterMetricFamily(
            "handoff_streams_dropped", "Streams whose reader did not read.", service.streams.dropped
        )
