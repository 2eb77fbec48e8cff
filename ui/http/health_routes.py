"""Whether the shop is ready to be asked, and its figures."""

from __future__ import annotations

import ipaddress

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from beforehand import Shop

from ..access import address_of
from .callers import Doors
from .metrics import CONTENT_TYPE, Metrics


class Ready(BaseModel):
    status: str
    database: str


def health_routes(shop: Shop, doors: Doors, metrics: Metrics) -> APIRouter:
    routes = APIRouter(tags=["health"])

    @routes.get("/readyz", responses={503: {"model": Ready}})
    def readyz() -> Response:
        """The database answers too, so that requests can be sent here."""
        try:
            with shop.database.read() as records:
                records.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return JSONResponse({"status": "not ready", "database": "does not answer"}, 503)
        return JSONResponse({"status": "ok", "database": "ok"})

    @routes.get("/metrics", include_in_schema=False)
    async def figures(request: Request) -> Response:
        """Prometheus' text format: from this machine, or with a key of the scope ``metrics``."""
        if not _this_machine(request):
            await doors.key("metrics")(request, await doors.given(request))
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return routes


def _this_machine(request: Request) -> bool:
    """Not through a reverse proxy on this machine, either: that would be everybody."""
    if any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip")):
        return False
    try:
        return ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False
