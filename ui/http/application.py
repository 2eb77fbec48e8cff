"""Puts the HTTP doors of one shop together: routes on an application, layers around it, threads beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match
from uvicorn.protocols.http.h11_impl import H11Protocol

from beforehand import Shop
from store import NotFound

from ..access import Access, Actor
from .callers import Doors
from .chat_routes import chat_routes
from .event_intake import EventIntake
from .event_routes import event_routes
from .health_routes import health_routes
from .insight_routes import decision_routes, insight_routes
from .metrics import Metrics
from .openai_routes import openai_routes
from .own_data_routes import own_data_routes
from .patience import patient_protocol
from .problems import OpenAIError, Problem, Refused, add_problem_handlers, error_response
from .product_routes import product_routes
from .tracing import Tracer
from .turns import Turns
from .watching import Watch


class HttpDoors:
    """The doors of one shop; ``opened`` runs what stands beside them."""

    def __init__(self, shop: Shop, access: Access, *, tracer: Tracer | None = None) -> None:
        """``tracer`` is used in place of the one that the settings name."""
        self._shop, self._access = shop, access
        self.metrics = Metrics()
        self.intake = EventIntake(shop.database, self.metrics)
        self.doors = Doors(shop, access, self.metrics)
        endpoint = shop.config.http.traces_endpoint
        name = shop.config.shop.name or "beforehand"
        self._tracer = tracer or (None if endpoint is None else Tracer.of_endpoint(endpoint, name))

    def add_to(self, app: FastAPI) -> None:
        """The routes. Must come before a page is mounted at ``/``."""
        shop, access, doors, turns = self._shop, self._access, self.doors, Turns(self.metrics)
        routes = APIRouter(prefix="/api/v1")
        routes.include_router(product_routes(shop, access, doors))
        routes.include_router(chat_routes(shop, doors, turns))
        routes.include_router(own_data_routes(shop, access, doors))
        routes.include_router(event_routes(self.intake, doors))
        routes.include_router(insight_routes(shop, access, doors))
        routes.include_router(decision_routes(shop, access, doors))
        app.include_router(routes)
        app.include_router(openai_routes(shop, doors, turns))
        app.include_router(health_routes(shop, doors, self.metrics))
        _nothing_else(app)
        add_problem_handlers(app)
        _describe_problems(app)

    def wrap(self, app: FastAPI) -> None:
        """The layers: first what other pages may call, outermost what is measured and limited."""
        settings = self._shop.config.http
        if settings.allowed_origins:
            app.add_middleware(
                CORSMiddleware,
                allow_origins=list(settings.allowed_origins),
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["authorization", "content-type"],
                # A bearer is sent by the caller's own program; cookies are never taken from another page.
                allow_credentials=False,
                max_age=600,
            )
        app.add_middleware(Watch, settings=settings, access=self._access, metrics=self.metrics, tracer=self._tracer)

    @property
    def protocol(self) -> type[H11Protocol]:
        """What the server is to read requests with."""

        def report(address: str) -> None:
            self.metrics.refused.labels("slow_head").inc()
            self._access.audit.write("security", Actor("anyone", address=address), "refused_slow_head")

        return patient_protocol(self._shop.config.http.read_timeout_s, report)

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """While the server runs; at the end every event that was taken is written."""
        try:
            with self.intake:
                yield
        finally:
            if self._tracer is not None:
                self._tracer.close()


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def _nothing_else(app: FastAPI) -> None:
    """What is asked for below our own addresses and is not there is a problem too, and no page."""
    ours = list(app.routes)

    def missing(request: Request) -> Response:
        def there(method: str) -> bool:
            asked = {**request.scope, "method": method}
            return any(route.matches(asked)[0] is Match.FULL for route in ours)

        path = request.url.path
        allowed = ", ".join(method for method in _METHODS if there(method))
        if allowed:
            answer = error_response(
                Refused(405, "that cannot be done here", value=request.method, allowed=allowed), path
            )
            answer.headers["allow"] = allowed
            return answer
        return error_response(
            NotFound("there is no such address", value=path[:100], advice="See /api/v1/openapi.json"), path
        )

    for prefix in ("/api/{rest:path}", "/v1/{rest:path}"):
        app.add_route(prefix, missing, methods=list(_METHODS), include_in_schema=False)


def _describe_problems(app: FastAPI) -> None:
    """OpenAPI knows a model that some route answers with; ours stands in the errors alone."""
    made = app.openapi

    def described() -> dict[str, object]:
        schema = made()
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        for model in (Problem, OpenAIError):
            form = model.model_json_schema(ref_template="#/components/schemas/{model}")
            components.update(form.pop("$defs", {}))
            components[model.__name__] = form
        return schema

    app.openapi = described  # type: ignore[method-assign]
