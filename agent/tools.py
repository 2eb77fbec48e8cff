"""The tools of a customer's session. Each docstring is what a chat model reads about its tool.

The customer is bound when the tools are made: no tool takes one as an argument, and no text can name another.
Every result is noted in the turn's evidence before a model sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool, StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from store import Database, parse_amount
from store.schema import Conversation, Customer, Product

from .comparison import put_side_by_side
from .desk import Desk, Parts, ProductAdviser, ProductFinder, Turn
from .facts import Facts, HandOver, OrderFacts, OrderList, Problem, ProductFacts, ProductList, ReviewFacts, Stopped
from .lookups import read_order, read_orders, read_products
from .operation_tools import OPERATION_TOOLS, OperationDesk
from .phrases import say
from .reviews import summarise_reviews
from .session import Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retrieval import Hit, Recommendation

_SHOWN = 5


_NAMES = (
    "search_products",
    "get_product",
    "compare_products",
    "summarise_reviews",
    "recommend_products",
    "get_orders",
    "get_order",
    "read_help_pages",
    "stop_messages",
    "hand_over_to_person",
)


def customer_tools(parts: Parts, turn: Turn) -> list[BaseTool]:
    """The tools of ``turn``'s customer; those of the operations only where the shop has a policy for them."""
    tools = [_tool(_Desk(parts, turn), name) for name in _NAMES]
    if parts.operations is not None:
        desk = OperationDesk(parts, turn)
        tools += [_tool(desk, name) for name in OPERATION_TOOLS]
    return tools


def tool_schemas(*, operations: bool) -> list[dict[str, Any]]:
    """The tools of a customer's session as a chat model is told of them, without a customer to bind them to."""
    kinds: list[tuple[type[Desk], tuple[str, ...]]] = [(_Desk, _NAMES)]
    if operations:
        kinds.append((OperationDesk, OPERATION_TOOLS))
    return [convert_to_openai_tool(_shape(f"{kind.__name__}.{name}")) for kind, names in kinds for name in names]


def _tool(desk: Desk, name: str) -> BaseTool:
    shape = _shape(f"{type(desk).__name__}.{name}")
    return StructuredTool(
        name=name,
        description=shape.description,
        args_schema=shape.args_schema,
        func=getattr(desk, name),
        handle_tool_error=True,
    )


@cache
def _shape(name: str) -> StructuredTool:
    """Name, description and argument schema of a tool: the same for every customer, and slow to make."""
    owner, _, tool = name.partition(".")
    kind: type[Desk] = OperationDesk if owner == OperationDesk.__name__ else _Desk
    bound = getattr(kind, tool).__get__(object.__new__(kind))
    return StructuredTool.from_function(bound, name=tool, parse_docstring=True)


class _Desk(Desk):
    """The tools' bodies, bound to the session's customer."""

    def search_products(
        self,
        query: str,
        min_price: str | None = None,
        max_price: str | None = None,
        category: str | None = None,
        brand: str | None = None,
        in_stock_only: bool = False,
        not_these: list[str] | None = None,
    ) -> str:
        """READ. Find products of the shop by words; best first.

        Args:
            query: What the customer wants, in his words, e.g. "waterproof trail shoes".
            min_price: Lowest price in the shop's currency, e.g. "20".
            max_price: Highest price in the shop's currency, e.g. "79.90".
            category: Only this category, e.g. "Shoes".
            brand: Only this brand, e.g. "Norrvik".
            in_stock_only: true if only products that can be bought now are of use.
            not_these: Ids that were shown already and did not please, e.g. ["P0042"].
        """
        return self._give(
            "search_products",
            lambda: self._search(query, min_price, max_price, category, brand, in_stock_only, not_these or []),
            query=query,
        )

    def get_product(self, product_id: str) -> str:
        """READ. One product with description, attributes, variants, prices and stock.

        Args:
            product_id: Id as another tool gave it, e.g. "P0042".
        """
        return self._give("get_product", lambda: self._product(product_id))

    def compare_products(self, product_ids: list[str]) -> str:
        """READ. Two to five products side by side: prices, ratings, stock, attributes and versions.

        The customer sees the table; say in words what matters to his question.

        Args:
            product_ids: Ids as another tool gave them, e.g. ["P0042", "P0043"].
        """

        def make() -> Facts:
            wanted = list(dict.fromkeys(product_ids))[:_SHOWN]
            with self._parts.database.read() as records:
                found = read_products(records, wanted, self._turn.language)
            if len(found) < 2:
                missing = [one for one in wanted if all(one != known.product_id for known in found)]
                return Problem(problem="no_such_product", value=", ".join(missing), advice="Name two products.")
            return put_side_by_side(found, self._turn.language)

        return self._give("compare_products", make)

    def summarise_reviews(self, product_id: str, about: str = "") -> str:
        """READ. What reviewers say of one product: counts, and quotes that may be repeated word for word only.

        Args:
            product_id: Id as another tool gave it, e.g. "P0042".
            about: What the customer asks about, e.g. "battery"; empty for everything.
        """
        return self._give("summarise_reviews", lambda: self._reviews(product_id, about))

    def recommend_products(
        self, wish: str = "", similar_to: str | None = None, not_these: list[str] | None = None
    ) -> str:
        """READ. Products that fit this customer's history, or that are like one product; each with the reason why.

        Args:
            wish: What he is after, if he said so, e.g. "something for the kitchen".
            similar_to: Id of a product that the result should be like, e.g. "P0042".
            not_these: Ids that were shown already and did not please, e.g. ["P0042"].
        """
        return self._give("recommend_products", lambda: self._recommend(wish, similar_to, not_these or []))

    def get_orders(self) -> str:
        """READ. All orders of the customer of this conversation, newest first."""

        def make() -> Facts:
            with self._parts.database.read() as records:
                found = read_orders(records, self._turn.customer_id, self._turn.language)
            return found.model_copy(update={"orders": self._with_possible(found.orders)})

        return self._give("get_orders", make)

    def get_order(self, order_id: str) -> str:
        """READ. One order of the customer of this conversation: status, items, parcels, dates, payments, address.

        Args:
            order_id: The order's id, e.g. "#W2611340".
        """

        def make() -> Facts:
            with self._parts.database.read() as records:
                found = read_order(records, self._turn.customer_id, order_id, self._turn.language)
            if found is None:
                return Problem(problem="no_such_order", value=order_id, advice="Ask for the right order id.")
            return self._with_possible([found])[0]

        return self._give("get_order", make, order=order_id)

    def read_help_pages(self, question: str) -> str:
        """READ. The passage of the shop's own policy and help pages that answers a question; quote it, add nothing.

        Args:
            question: The customer's question, e.g. "how long do I have to return something?".
        """

        def make() -> Facts:
            found = self._parts.pages.find(question, self._turn.language)
            return found or Problem(problem="no_page", advice="Say that you do not know, and offer a person.")

        return self._give("read_help_pages", make)

    def stop_messages(self) -> str:
        """WRITE. The customer does not want to be written to unasked (reminders, offers). Ask nothing, do it."""

        def make() -> Facts:
            if not self._turn.stops:
                # A text in a product or a review may ask for it as well.
                return Problem(
                    problem="not_confirmed",
                    advice="The customer has not said so. Ask whether he wants no more messages.",
                )
            with self._parts.database.write() as records:
                customer = records.get(Customer, self._turn.customer_id)
                if customer is not None:
                    customer.consent_proactive = False
            return Stopped(since=self._parts.clock().date().isoformat())

        return self._give("stop_messages", make)

    def hand_over_to_person(self, summary: str) -> str:
        """WRITE. Give this conversation to a person of the shop, with a summary. You fall silent after it.

        Use it when the customer asks for a person or wants something done that no tool here can do.

        Args:
            summary: What he wants and what is known, e.g. "Wants to return the boots of #W2611340, too small."
        """

        def make() -> Facts:
            with self._parts.database.write() as records:
                conversation = records.get(Conversation, self._turn.conversation_id)
                if conversation is not None:
                    conversation.state = "person"
            return HandOver(summary=summary)

        return self._give("hand_over_to_person", make)

    def _with_possible(self, orders: Sequence[OrderFacts]) -> tuple[OrderFacts, ...]:
        """The orders with what may be done with each now."""
        operations = self._parts.operations
        if operations is None or not orders:
            return tuple(orders)
        session = Session.for_customer(self._turn.customer_id)
        found = operations.possible_of_each(session, [one.order_id for one in orders])
        return tuple(
            order.model_copy(
                update={"possible": tuple(one.operation for one in found[order.order_id] if one.refusal is None)}
            )
            for order in orders
        )

    def _search(
        self,
        query: str,
        min_price: str | None,
        max_price: str | None,
        category: str | None,
        brand: str | None,
        in_stock_only: bool,
        not_these: Sequence[str],
    ) -> Facts:
        if self._parts.products is None:
            return Problem(problem="unavailable", advice="Say that products cannot be searched at the moment.")
        from retrieval import Filters

        given: dict[str, object] = {
            "category": category,
            "brand": brand,
            "in_stock": in_stock_only or None,
            "country": self._turn.country,
        }
        for name, text in (("min_minor", min_price), ("max_minor", max_price)):
            given[name] = parse_amount(text, "USD") if text else None
        filters = Filters.model_validate({name: value for name, value in given.items() if value is not None})
        result = self._parts.products.search(
            query, filters=filters, limit=_SHOWN + len(not_these), language=self._turn.language
        )
        why = self._matches(result.hits, not_these)
        shown = self._facts(list(why)[:_SHOWN], why)
        return ProductList(products=shown, query=query, limits=result.understood.told(self._turn.language))

    def _product(self, product_id: str) -> Facts:
        with self._parts.database.read() as records:
            found = read_products(records, [product_id], self._turn.language)
        return found[0] if found else Problem(problem="no_such_product", value=product_id)

    def _reviews(self, product_id: str, about: str) -> Facts:
        with self._parts.database.read() as records:
            found: ReviewFacts | None = summarise_reviews(records, product_id, about, self._turn.language)
            if found is not None:
                return found
            known = records.get(Product, product_id) is not None
        return Problem(problem="no_reviews" if known else "no_such_product", value=product_id)

    def _recommend(self, wish: str, similar_to: str | None, not_these: Sequence[str]) -> Facts:
        adviser = self._parts.recommender
        if adviser is None:
            return Problem(problem="unavailable", advice="Say that nothing can be recommended at the moment.")
        if wish and not similar_to:
            return self._wished(wish, not_these)
        if similar_to:
            found = [one for one in adviser.similar(similar_to, 2 * _SHOWN) if one.product_id not in not_these][:_SHOWN]
        else:
            found = list(adviser.for_customer(self._turn.customer_id, limit=_SHOWN, exclude=not_these))
        why = {one.product_id: self.why(one) for one in found}
        return ProductList(products=self._facts(list(why), why), from_history=not similar_to)

    def _wished(self, wish: str, not_these: Sequence[str]) -> Facts:
        """What fits the words and can be bought; among equals what reviewers like."""
        if self._parts.products is None:
            return Problem(problem="unavailable", advice="Say that products cannot be searched at the moment.")
        from retrieval import Filters

        filters = Filters(in_stock=True, country=self._turn.country)
        hits = self._parts.products.search(wish, filters=filters, limit=3 * _SHOWN, language=self._turn.language).hits
        why = self._matches(hits, not_these)
        liked = sorted(self._facts(list(why), why), key=lambda one: -(one.rating or 3.0))
        return ProductList(products=tuple(liked[:_SHOWN]), query=wish)

    def why(self, recommendation: Recommendation) -> str:
        """The first reason that can be worded, in the customer's language."""
        return word_reasons(self._parts.database, recommendation, self._turn.language)

    def _matches(self, hits: Sequence[Hit], not_these: Sequence[str]) -> dict[str, str]:
        """The ids of ``hits`` but for ``not_these``, and for each which words of the search it has."""
        return {
            hit.product_id: say("why_words", self._turn.language, words=", ".join(hit.matched_words[:3]))
            if hit.matched_words
            else ""
            for hit in hits
            if hit.product_id not in not_these
        }

    def _facts(self, ids: list[str], why: Mapping[str, str] | None = None) -> tuple[ProductFacts, ...]:
        with self._parts.database.read() as records:
            found = read_products(records, ids, self._turn.language, brief=True)
        return tuple(one.model_copy(update={"why": (why or {}).get(one.product_id, "")}) for one in found)


def word_reasons(database: Database, recommendation: Recommendation, language: str) -> str:
    """Why something is recommended, in ``language``: from the first of its reasons that names something, and what
    reviewers praise."""
    praise = [
        say("why_praised", language, words=", ".join(one.words))
        for one in recommendation.reasons
        if one.words and one.kind == "praised"
    ]
    why = _first_reason(database, recommendation, language)
    return ("；" if language.startswith("zh") else "; ").join(part for part in (why, *praise) if part)


def _first_reason(database: Database, recommendation: Recommendation, language: str) -> str:
    for reason in recommendation.reasons:
        if reason.kind in {"viewed", "bought", "carted", "similar", "together"} and reason.product_id:
            with database.read() as records:
                named = read_products(records, [reason.product_id], language, brief=True)
            if named:
                return say(f"why_{reason.kind}", language, title=named[0].title)
        elif reason.kind == "words" and reason.words:
            return say("why_words", language, words=", ".join(reason.words[:3]))
        elif reason.kind in {"popular", "alike"}:
            return say(f"why_{reason.kind}", language)
    return ""


__all__ = ["OrderList", "Parts", "ProductAdviser", "ProductFinder", "Turn", "customer_tools", "word_reasons"]
