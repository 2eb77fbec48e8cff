"""Search, recommendations, and what review texts say."""

# No "from __future__ import annotations": FastAPI reads the routes' own annotations, which name local doors.
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import StringConstraints

from beforehand import Shop

from ..access import Access
from .callers import Caller, Doors
from .problems import documented
from .records import Id, Product, Products, Score, ScoreRequest, Scores, Text

Limit = Annotated[int, Query(ge=1, le=50)]
Language = Annotated[Literal["en", "zh"], Query()]
Words = Annotated[Text, StringConstraints(min_length=1, max_length=500)]


def product_routes(shop: Shop, access: Access, doors: Doors) -> APIRouter:
    routes = APIRouter(tags=["products"], responses=documented())

    @routes.get("/search")
    def search(
        q: Annotated[Words, Query(description='"waterproof trail shoes under 80 euros"')],
        caller: Annotated[Caller, Depends(doors.customer_or_key("search"))],
        limit: Limit = 10,
        language: Language = "en",
    ) -> Products:
        """Products that fit the words, best first; filters in the words are kept to."""
        found = shop.search(q, limit=limit, language=language)
        return Products(products=[Product.model_validate(one) for one in found])

    @routes.get("/recommendations", responses=documented(404))
    def recommendations(caller: Annotated[Caller, Depends(doors.customer)], limit: Limit = 5) -> Products:
        """Products for the customer of the token, each with why."""
        return _recommended(shop, caller.session().customer(), limit)

    @routes.get("/customers/{customer_id}/recommendations", responses=documented(404))
    def recommendations_for(
        customer_id: Id, caller: Annotated[Caller, Depends(doors.key("recommend"))], limit: Limit = 5
    ) -> Products:
        """Products for one customer, for a program of the shop."""
        access.audit.write("audit", caller.actor, "recommendations_read", customer_id=customer_id)
        return _recommended(shop, customer_id, limit)

    @routes.post("/score", tags=["reviews"])
    def score(asked: ScoreRequest, caller: Annotated[Caller, Depends(doors.key("score"))]) -> Scores:
        """What each text says: polarity, probabilities, expected stars, and the aspects where they are asked for."""
        found = shop.sentiment.score(asked.texts, aspects=asked.aspects and shop.sentiment.finds_aspects)
        return Scores(scores=[Score.model_validate(one) for one in found])

    return routes


def _recommended(shop: Shop, customer_id: str, limit: int) -> Products:
    return Products(products=[Product.model_validate(one) for one in shop.recommend(customer_id, limit=limit)])
