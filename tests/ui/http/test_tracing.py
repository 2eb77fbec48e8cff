"""Traces: one span a request where a collector is configured, no customer in it; none of it is loaded otherwise."""

from __future__ import annotations

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
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


def test_a_collector_receives_the_spans() -> None:
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tracer = Tracer.of_endpoint(f"http://127.0.0.1:{server.server_port}/v1/traces", "Mug & Co")
        tracer.end(tracer.begin({"method": "GET", "path": "/healthz", "headers": []}), "/healthz", 200)
        tracer.close()
        server.shutdown()
    ((path, body),) = received
    assert path == "/v1/traces"
    (sent,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert {one.key: one.value.string_value for one in sent.resource.attributes}["service.name"] == "Mug & Co"
    assert [one.name for one in sent.scope_spans[0].spans] == ["GET /healthz"]


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    code = "import sys, ui.http; print([one for one in sys.modules if one.startswith('opentelemetry.sdk')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
