"""What is counted, for `/metrics`. Never a text, a name or an id: only kinds and numbers."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

REGISTRY: Final = CollectorRegistry()
MESSAGES: Final = Counter(
    "tomoni_messages", "Messages taken in", ["channel", "decision", "language"], registry=REGISTRY
)
JOBS: Final = Gauge("tomoni_jobs", "Jobs in the outbox", ["state"], registry=REGISTRY)


def exposition() -> bytes:
    """All figures in Prometheus' text format."""
    return generate_latest(REGISTRY)
