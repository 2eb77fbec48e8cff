"""OpenTelemetry traces, one span a request, where a collector is configured; otherwise none of it is loaded.

A span holds method, route and status. No text, id or address of a customer goes into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store import ConfigError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


class Tracer:
    """Begins and ends the spans of requests."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.propagate import get_global_textmap

        self._provider = provider
        self._tracer = provider.get_tracer("beforehand")
        self._carrier = get_global_textmap()

    @classmethod
    def of_endpoint(cls, endpoint: str, service: str) -> Tracer:
        """Sends to a collector by OTLP over HTTP. Raises ``ConfigError`` where the packages for it are missing."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise ConfigError(
                "traces need packages that are not installed",
                value=endpoint,
                advice='Install with: pip install -c constraints.txt -e ".[cpu,traces]"',
            ) from error
        provider = TracerProvider(resource=Resource.create({"service.name": service}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
        return cls(provider)

    def begin(self, scope: Any) -> Any:
        from opentelemetry.trace import SpanKind

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        return self._tracer.start_span(scope["method"], context=self._carrier.extract(headers), kind=SpanKind.SERVER)

    def end(self, span: Any, route: str, status: int) -> None:
        from opentelemetry.trace import StatusCode

        span.update_name(f"{span.name} {route}")
        span.set_attributes({"http.request.method": span.name.split()[0], "http.route": route})
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
