"""A customer's own data over HTTP: what is kept of him, all of it, and its deletion."""

# No "from __future__ import annotations": FastAPI reads the routes' own annotations, which name local doors.
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from beforehand import Shop

from ..access import Access
from .callers import Caller, Doors
from .problems import documented
from .records import Forgotten, Profile


def own_data_routes(shop: Shop, access: Access, doors: Doors) -> APIRouter:
    routes = APIRouter(tags=["own data"], responses=documented(404))
    Customer = Annotated[Caller, Depends(doors.customer)]

    @routes.get("/me")
    def profile(caller: Customer) -> Profile:
        """What is kept of the customer, in short."""
        return Profile.model_validate(shop.agent.profile(caller.session()))

    @routes.get("/me/export")
    def export(caller: Customer) -> dict[str, Any]:
        """All of it: a list of rows for each table."""
        found = shop.agent.export_profile(caller.session())
        access.audit.write("audit", caller.actor, "own_data_exported", customer_id=caller.customer_id)
        return found

    @routes.delete("/me")
    def forget(caller: Customer) -> Forgotten:
        """Delete it for good. Orders and published reviews stay with the shop."""
        gone = shop.agent.forget(caller.session())
        access.audit.write("audit", caller.actor, "own_data_deleted", customer_id=caller.customer_id)
        return Forgotten.model_validate(gone)

    return routes
