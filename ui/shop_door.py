"""The page's door into a real shop: what ``page`` and its parts ask for, answered by ``beforehand.Shop``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import PICTURE, Progress, Reply, Sentence, Session
from beforehand import Shop
from store import NotAllowed, NotFound

from .access import Access
from .attachments import pictures_of
from .chat_view import Kept, Seen, Shopper
from .names import called
from .order_timeline import OrderTimeline, timelines_named
from .page_events import Visitor

if TYPE_CHECKING:
    from sentiment import ReviewFindings, ScoreProgress, ScoreReport


class ShopDoor:
    """Implements ``page.PageDoor``. May be used from many threads."""

    def __init__(self, shop: Shop, access: Access) -> None:
        self._shop, self._access = shop, access

    def shopper(self, customer_id: str) -> Shopper:
        from store.schema import Customer

        with self._shop.database.read() as session:
            customer = session.get(Customer, customer_id)
        if customer is None:
            raise NotFound("there is no such customer", value=customer_id)
        return Shopper(customer.id, called(customer), customer.language)

    def shoppers(self, language: str) -> list[tuple[str, str]]:
        from store.demo import demo_customers

        return [(f"{one.name} · {one.note}", one.id) for one in demo_customers(self._shop.database)]

    def messages(self, customer_id: str, seen: Seen) -> tuple[Seen, Sequence[Kept]]:
        session = Session.for_customer(customer_id)
        found = self._shop.agent.conversation(session, None, after=seen.position)
        if found is None:
            return Seen(), ()
        if found.id != seen.conversation_id and seen.position >= 0:
            found = self._shop.agent.conversation(session, found.id) or found
        pictures = pictures_of(self._shop.database, [one.id for one in found.messages if one.kind == PICTURE])
        kept = [
            Kept(one.id, one.role, one.text, one.kind, one.at, one.products, pictures.get(one.id, ()), one.comparison)
            for one in found.messages
        ]
        position = found.messages[-1].position if found.messages else seen.position
        return Seen(found.id, position), kept

    def orders(self, customer_id: str, texts: Sequence[str], language: str) -> Sequence[tuple[OrderTimeline, ...]]:
        return timelines_named(self._shop.database, customer_id, texts, self._shop.clock(), language)

    def stream(self, text: str, customer_id: str, language: str) -> Iterator[Progress | Sentence | Reply]:
        return self._shop.agent.stream(Session.for_customer(customer_id, language), text)

    def visitor(self, request: Any) -> Visitor:
        user = self._access.staff_user(request)
        merchant = user is not None and user.may("manage_shop")
        token = request.query_params.get("pass")
        if not token:
            return Visitor(self._access.customer_id(request), merchant)
        try:
            return Visitor(self._access.tokens.read(token).customer_id, merchant)
        except NotAllowed:
            return Visitor(None, merchant, problem="pass_refused")

    def score(
        self, source: Path, target: Path, text_column: str | None, progress: Callable[[ScoreProgress], None]
    ) -> ScoreReport:
        from sentiment import score_file

        return score_file(self._shop.sentiment, source, target, text_column=text_column, progress=progress)

    def categories(self) -> Sequence[str]:
        from sqlalchemy import select

        from store.schema import Product

        with self._shop.database.read() as session:
            paths = session.scalars(select(Product.category_path)).all()
        return sorted({name for path in paths for name in path[:1]})

    def findings(self, category: str | None) -> ReviewFindings:
        return self._shop.review_findings(category=category)
