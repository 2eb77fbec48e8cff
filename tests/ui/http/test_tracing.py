"""Traces: one span a request where a collector is configured, no customer in it; none of it is loaded otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from ui.http import Tracer

ROOT = Path(__file__).parents[3]
PARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_span_tells_route_and_status_and_no_customer() -> None:
    provider, kept = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = Tracer(provider)
    scope = {"method": "GET", "path": "/api/v1/customers/C1001/insight", "headers": [(b"traceparent", PARENT)]}
    tracer.end(tracer.begin(scope), "/api/v1/customers/{customer_id}/insight", 200)
    tracer.end(tracer.begin(scope), "/api/v1/search", 500)
    tracer.close()
    one, failed = kept.get_finished_spans()
    assert one.name == "GET /api/v1/customers/{customer_id}/insight"
    assert one.attributes is not None
    assert one.attributes["http.response.status_code"] == 200
    assert "C1001" not in one.to_json()
    assert one.parent is not None
    assert format(one.parent.span_id, "016x") == "b7ad6b7169203331"
    assert failed.status.status_code is StatusCode.ERROR


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    code = "import sys, ui.http; print([one for one in sys.modules if one.startswith('opentelemetry.sdk')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
