"""``Case``: a moment with what the actions need to know about it: the product at its heart, and what is at stake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from sqlalchemy.orm import Session as Records

from store import BeforehandError, format_amount

from ..evidence import EvidenceBook
from ..facts import OrderFacts, ProductFacts, ReviewFacts
from ..lookups import read_order, read_products
from ..moments import Moment
from ..phrases import say
from ..reviews import summarise_reviews
from ..settings import ProactiveSettings
from ..tools import ProductAdviser

_SIMILAR = 3
_LOOK_DAYS = 30


def wanted_variant(moment: Moment, product_id: str) -> str | None:
    """The variant of the product that the customer chose, if he chose one."""
    signal = moment.signal
    if signal.cart is not None:
        return next((one.variant_id for one in signal.cart.lines if one.product_id == product_id), None)
    variant = signal.facts.get("variant")
    return str(variant) if variant is not None and product_id == signal.product_id else None


@dataclass
class Case:
    """One moment, for one round of weighing. Looks things up when they are first asked for."""

    records: Records
    moment: Moment
    language: str
    settings: ProactiveSettings
    adviser: ProductAdviser | None = None
    usual_margin_minor: int = 0
    """What an order of this shop earns on average: the stake where nothing nearer is known."""
    _reviews: dict[str, ReviewFacts | None] = field(default_factory=dict)

    @cached_property
    def lead(self) -> ProductFacts | None:
        """The product that is spoken of, if it is shown; in a cart the dearest that can be bought, else the dearest."""
        signal = self.moment.signal
        if signal.cart is None:
            found = read_products(self.records, [signal.product_id], self.language) if signal.product_id else []
            return found[0] if found else None
        lines = {line.product_id: line for line in signal.cart.lines}
        products = read_products(self.records, list(lines), self.language)
        return max(
            products,
            key=lambda one: (
                self.can_be_bought(one.product_id),
                lines[one.product_id].value_minor or one.price_minor or 0,
            ),
            default=None,
        )

    def wanted_variant(self, product_id: str) -> str | None:
        return wanted_variant(self.moment, product_id)

    def can_be_bought(self, product_id: str) -> bool:
        goods = self.moment.state.goods.get(product_id)
        return goods is not None and goods.can_be_bought(self.wanted_variant(product_id))

    @property
    def price_minor(self) -> int | None:
        """Of the lead product, in the variant that the customer chose."""
        if self.lead is None:
            return None
        goods = self.moment.state.goods.get(self.lead.product_id)
        form = goods.form(self.wanted_variant(self.lead.product_id)) if goods is not None else None
        return form.price_minor if form is not None else self.lead.price_minor

    @property
    def currency(self) -> str:
        if self.lead is not None and self.lead.currency:
            return self.lead.currency
        orders = self.moment.state.orders
        return orders[-1].currency if orders else ""

    def amount(self, minor: int) -> str:
        return format_amount(minor, self.currency)

    @cached_property
    def order(self) -> OrderFacts | None:
        order_id = self.moment.signal.order_id
        return read_order(self.records, self.moment.customer_id, order_id, self.language) if order_id else None

    def reviews(self, about: str = "") -> ReviewFacts | None:
        """What reviewers of the lead product say."""
        if self.lead is None:
            return None
        if about not in self._reviews:
            self._reviews[about] = summarise_reviews(
                self.records, self.lead.product_id, about, self.language, self.moment.at
            )
        return self._reviews[about]

    @property
    def looks(self) -> int:
        """How often the customer opened the lead product in thirty days."""
        if self.lead is None:
            return 0
        since = self.moment.at - timedelta(days=_LOOK_DAYS)
        return sum(
            one.kind == "view" and one.product_id == self.lead.product_id and one.at > since
            for one in self.moment.state.events
        )

    @property
    def others_in_cart(self) -> int:
        cart = self.moment.signal.cart
        return 0 if cart is None else len({line.product_id for line in cart.lines}) - 1

    @cached_property
    def stake_minor(self) -> int:
        """Margin of the order that is hoped for: the cart, the product, the customer's usual order, the shop's."""
        state, signal = self.moment.state, self.moment.signal
        if signal.cart is not None:
            lines = [(line.product_id, line.variant_id, line.quantity) for line in signal.cart.lines]
            return sum(self._margin(product, variant, quantity) for product, variant, quantity in lines)
        if signal.product_id is not None and signal.product_id in state.goods and self.moment.name != "bad_review":
            return self._margin(signal.product_id, self.wanted_variant(signal.product_id), 1)
        orders = state.kept_orders
        if orders:
            spent = sum(line.quantity * line.unit_price_minor for one in orders for line in one.lines)
            return int(spent / len(orders) * self.settings.margin_share)
        return self.usual_margin_minor

    def _margin(self, product_id: str, variant_id: str | None, quantity: int) -> int:
        goods = self.moment.state.goods.get(product_id)
        form = goods.form(variant_id) if goods is not None else None
        if form is None or form.price_minor is None:
            return 0
        if form.cost_minor is None:
            return int(form.price_minor * self.settings.margin_share) * quantity
        return (form.price_minor - form.cost_minor) * quantity

    def similar(self) -> list[ProductFacts]:
        """Products like the lead that can be bought."""
        if self.adviser is None or self.lead is None:
            return []
        try:
            found = [one.product_id for one in self.adviser.similar(self.lead.product_id, _SIMILAR)]
        except BeforehandError:
            return []
        return self.in_stock(found)

    def for_customer(self, context: Sequence[str] = ()) -> list[ProductFacts]:
        """Products for this customer that can be bought; none without leave to use the history."""
        if self.adviser is None or not self.moment.state.person.consent_personal:
            return []
        try:
            found = self.adviser.for_customer(
                self.moment.customer_id, limit=_SIMILAR, context=context, exclude=tuple(context)
            )
        except BeforehandError:
            return []
        return self.in_stock([one.product_id for one in found])

    def in_stock(self, product_ids: Sequence[str]) -> list[ProductFacts]:
        products = read_products(self.records, list(product_ids), self.language, brief=True)
        return [one for one in products if one.in_stock]

    def text(self, *parts: str) -> str:
        """The parts as one text, closed by why it is written."""
        because = getattr(self.moment.kind.because, self.language)
        joint = "" if self.language == "zh" else " "
        return joint.join([*parts, say("unasked_because", self.language, because=because)])

    def book_of_lead(self) -> EvidenceBook:
        book = EvidenceBook()
        if self.lead is not None:
            book.record(self.lead)
            price = self.price_minor
            book.add(f"product:{self.lead.product_id}", "price", "amount", price, currency=self.currency)
        return book
