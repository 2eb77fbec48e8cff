"""What is foreseen of customers, and what was or would be decided for them: for programs of the shop."""

# No "from __future__ import annotations": FastAPI reads the routes' own annotations, which name local doors.
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select

from beforehand import Shop
from insight import Insight
from store import ModelError
from store.schema import Decision as DecisionRow

from ..access import Access
from .callers import Caller, Doors
from .problems import Refused, documented
from .records import CustomerForecasts, Decision, Decisions, Id, RankedCustomer, RankedCustomers, Segment, Segments

Limit = Annotated[int, Query(ge=1, le=200)]
Language = Annotated[Literal["en", "zh"], Query()]


def insight_routes(shop: Shop, access: Access, doors: Doors) -> APIRouter:
    routes = APIRouter(tags=["insight"], responses=documented(404, 409))
    key = doors.key("insight")

    @routes.get("/insight/segments")
    def segments(caller: Annotated[Caller, Depends(key)], language: Language = "en") -> Segments:
        """The shop's segments."""
        found = _insight(shop).segments()
        told = [
            Segment(
                key=one.key,
                name=one.name(language),
                customers=one.customers,
                share=one.share,
                revenue_share=one.revenue_share,
                mean_spent_minor=one.mean_spent_minor,
                currency=one.currency,
            )
            for one in found
        ]
        return Segments(segments=told)

    @routes.get("/insight/ranking/{forecast}")
    def ranking(
        forecast: Literal["buys_7_days", "leaves", "dissatisfied"],
        caller: Annotated[Caller, Depends(key)],
        limit: Limit = 20,
    ) -> RankedCustomers:
        """Who comes first by a forecast."""
        access.audit.write("audit", caller.actor, "ranking_read", forecast=forecast)
        found = _insight(shop).rank(forecast, limit)
        return RankedCustomers(customers=[RankedCustomer.model_validate(one) for one in found])

    @routes.get("/customers/{customer_id}/insight")
    def customer(
        customer_id: Id, caller: Annotated[Caller, Depends(key)], language: Language = "en"
    ) -> CustomerForecasts:
        """What one customer will probably do, each with its reasons."""
        access.audit.write("audit", caller.actor, "insight_read", customer_id=customer_id)
        return CustomerForecasts.of(_insight(shop).customer(customer_id), language)

    return routes


def decision_routes(shop: Shop, access: Access, doors: Doors) -> APIRouter:
    routes = APIRouter(tags=["decisions"], responses=documented(404))
    key = doors.key("decisions")

    @routes.get("/decisions")
    def decisions(
        caller: Annotated[Caller, Depends(key)],
        customer_id: Annotated[Id | None, Query()] = None,
        limit: Limit = 50,
    ) -> Decisions:
        """The ledger, newest first: what was decided and why, silence included."""
        access.audit.write("audit", caller.actor, "decisions_read", customer_id=customer_id)
        asked = select(DecisionRow).order_by(DecisionRow.at.desc(), DecisionRow.id).limit(limit)
        if customer_id is not None:
            asked = asked.where(DecisionRow.customer_id == customer_id)
        with shop.database.read() as records:
            return Decisions(decisions=[Decision.model_validate(one) for one in records.scalars(asked)])

    @routes.get("/customers/{customer_id}/decision")
    def decision(customer_id: Id, caller: Annotated[Caller, Depends(key)]) -> Decision:
        """What would be done for this customer now, with its reasons. Writes and sends nothing."""
        access.audit.write("audit", caller.actor, "decision_asked", customer_id=customer_id)
        return Decision.model_validate(shop.decide(customer_id))

    return routes


def _insight(shop: Shop) -> Insight:
    try:
        return shop.insight
    except ModelError as error:
        raise Refused(409, error.problem, advice=error.advice or "Run `beforehand train insight` first") from error
