"""What fits a customer: candidates from history, company, popularity and searches; ranked, mixed, within the rules.

Where a history model was trained (``beforehand train history``), it proposes, and its ranker says what each sign is
worth; without one, the weighted mean of product vectors (``history``) and the settings do. No score can bring in what
a rule forbids: the rules are checked last, on the database as it is at that moment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from store import BeforehandError, Clock, Database, ModelError, NotFound
from store.schema import Customer, Product

from .candidates import Anchor, Candidates, Found, Reason
from .crowd import Crowd, count_crowd
from .diversity import diversified
from .facts import ProductFacts, fits, in_category
from .filters import Filters
from .history import NOTHING, History, history_vector, read_history
from .history_index import CUSTOMERS, Alike, HistoryIndex, open_history
from .praise import praised_aspects
from .product_search import ProductSearch
from .settings import RecommendSettings, RetrievalSettings
from .taste import Taste
from .words import fold

_log = logging.getLogger(__name__)
_ANCHORS = 12
"""So many of the products that say most about a customer are compared with on their own."""
_ANCHORS_BESIDE_MODEL = 3
"""So many of them propose their like where a history model proposes, too."""
_BY_WORDS = 20
_MIXED = 60
"""So many of the best are mixed for variety; further ones follow by score, should the rules take some out."""
_POPULAR = 300
_AT_ONCE = 8
"""So many are read from the database at a time, to check the rules by."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One product for one customer."""

    product_id: str
    score: float
    reasons: tuple[Reason, ...]
    """The strongest first; there is always one."""


class Recommender:
    """Recommendations for customers. Safe to share between threads."""

    def __init__(
        self,
        database: Database,
        search: ProductSearch,
        settings: RetrievalSettings,
        clock: Clock,
        folder: Path | None = None,
        *,
        learnt: HistoryIndex | None = None,
    ) -> None:
        """``folder``: where ``train_history`` put its model; without one there, or a sound one, it goes on without.
        ``learnt``: a model at work, in place of what is in the folder."""
        self.database = database
        self._learnt, self._folder = learnt, folder
        self.search = search
        self.clock = clock
        self._crowd: Crowd | None = None
        self._popular: tuple[str, ...] = ()
        self._found: dict[str, dict[str, Found]] = {}
        self._counting = threading.Lock()
        self.follow(settings)

    def follow(self, settings: RetrievalSettings) -> None:
        """Go by these settings from now on."""
        self._every = settings
        self.settings: RecommendSettings = settings.recommend
        self._blocked_products = frozenset(self.settings.blocked_products)
        self._blocked_brands = frozenset(fold(brand) for brand in self.settings.blocked_brands)

    def refresh(self, at: datetime | None = None) -> None:
        """Count popularity and what goes together anew, as of now or ``at``. It happens by itself in the background."""
        with self._counting:
            if self._crowd is None:
                self._open_model()
            if self._learnt is not None:
                self._learnt.sync()
            crowd = count_crowd(self.database, at or self.clock(), self.settings)
            ranked = sorted(crowd.popularity, key=lambda id_: (-crowd.popularity[id_], id_))
            self._crowd, self._popular, self._found = crowd, tuple(ranked), {}

    def reopen(self) -> None:
        """Take up the model that was trained meanwhile."""
        self._learnt = None
        self._open_model()
        self.refresh()

    def for_customer(
        self,
        customer_id: str,
        *,
        limit: int = 5,
        context: Sequence[str] = (),
        filters: Filters = Filters(),  # noqa: B008 - frozen
        exclude: Collection[str] = (),
    ) -> list[Recommendation]:
        """The ``limit`` products that fit ``customer_id`` best now, the best first.

        ``context``: ids of products that are being looked at or spoken of. Never recommended is what is hidden, out of
        stock, not sold to the customer's country, in the cart, blocked, in ``exclude`` or ``context``, or bought before
        unless it is a consumable. Without consent to the use of history none of it is read: popularity and context
        decide. Raises ``NotFound`` for an unknown customer.
        """
        now = self.clock()
        with self.database.read() as records:
            customer = records.get(Customer, customer_id)
            if customer is None:
                raise NotFound("there is no such customer", value=customer_id)
            history = read_history(records, customer_id, now, self.settings) if customer.consent_personal else NOTHING
        unwanted = {*exclude, *context, *history.in_cart}
        conditions = (Filters(country=customer.country, in_stock=True), filters)

        def open_to(facts: ProductFacts) -> bool:
            again = facts.consumable or facts.product_id not in history.bought
            return again and facts.product_id not in unwanted and not self._blocked(facts)

        def allowed(facts: ProductFacts) -> bool:
            return open_to(facts) and all(fits(facts, condition) for condition in conditions)

        candidates = self.candidates(customer_id, history, context, conditions, open_to)
        return self._chosen(candidates, limit, allowed, self.settings.diversity)

    def alike(self, customer_id: str, limit: int = 5) -> list[Alike]:
        """The ``limit`` customers whose taste is most like this one's, with what they took lately. None without a
        history model, or without consent to the use of history. For staff: it names other customers.

        Raises ``NotFound`` for an unknown customer.
        """
        with self.database.read() as records:
            customer = records.get(Customer, customer_id)
            if customer is None:
                raise NotFound("there is no such customer", value=customer_id)
            known = customer.consent_personal
            history = read_history(records, customer_id, self.clock(), self.settings) if known else NOTHING
        self._present_crowd()
        taste = Taste.of(self._learnt, customer_id, history)
        return [] if taste is None else list(taste.alike[:limit])

    def forget(self, customer_id: str) -> None:
        """Take the customer's embedding out of memory and of the saved index."""
        with self._counting:
            self._open_model()
            learnt = self._learnt
        if learnt is not None:
            learnt.erase(customer_id, None if self._folder is None else self._folder / CUSTOMERS)

    def similar(
        self,
        product_id: str,
        limit: int = 5,
        *,
        filters: Filters = Filters(),  # noqa: B008 - frozen
    ) -> list[Recommendation]:
        """The ``limit`` products most like ``product_id`` that can be bought now and meet ``filters``.

        Raises ``NotFound`` for an unknown product.
        """
        with self.database.read() as records:
            if records.get(Product, product_id) is None:
                raise NotFound("there is no such product", value=product_id)
        conditions = (Filters(in_stock=True), filters)

        def allowed(facts: ProductFacts) -> bool:
            other = facts.product_id != product_id and not self._blocked(facts)
            return other and all(fits(facts, condition) for condition in conditions)

        candidates = self.candidates(None, NOTHING, (product_id,), conditions, allowed)
        like = {row for row in range(len(candidates.ids)) if candidates.reasons(row)[0].product_id == product_id}
        return self._chosen(candidates, limit, allowed, 0.0, only=like)

    def _blocked(self, facts: ProductFacts) -> bool:
        """Whether the merchant wants it never to be recommended."""
        return (
            facts.product_id in self._blocked_products
            or any(in_category(facts, category) for category in self.settings.blocked_categories)
            or (facts.brand is not None and fold(facts.brand) in self._blocked_brands)
        )

    def candidates(
        self,
        customer_id: str | None,
        history: History,
        context: Sequence[str],
        conditions: Sequence[Filters],
        open_to: Callable[[ProductFacts], bool],
    ) -> Candidates:
        """What comes into question, gathered from every side: what met ``conditions`` when the index last heard of it,
        ``open_to`` does not rule out, and those who have it do not dislike."""
        index, crowd = self.search.index, self._present_crowd()
        index.ready()
        anchors = _anchors(history, context)
        past = {one.product_id for one in history.past} | {anchor.product_id for anchor in anchors}
        names = sorted(past)
        vectors = dict(zip(names, index.vectors.vectors(names), strict=True))
        taste = history_vector(history, vectors, index.vectors.dimension)
        found = self._by_words(history.searched)
        learnt = Taste.of(self._learnt, customer_id, history)
        wanted = dict.fromkeys([*found, *self.settings.boosts, *self._popular[:_POPULAR]])
        if learnt is not None:
            wanted.update(dict.fromkeys(learnt.proposals(self.settings.candidates)))
        for anchor in anchors:
            wanted.update(dict.fromkeys(other for other, _ in crowd.together.get(anchor.product_id, ())))
        with index.lock.read():
            catalogue = index.catalogue
            flags = catalogue.meets(conditions[0].merged(conditions[1]))
            rows = [row for id_ in wanted if (row := catalogue.row_of.get(id_)) is not None]
            near = _ANCHORS if learnt is None else _ANCHORS_BESIDE_MODEL
            for vector, count in self._starts(taste, anchors[:near], vectors):
                rows.extend(index.near(vector, count, flags).tolist())
            if len(rows) < self.settings.candidates:
                rows.extend(np.flatnonzero(flags)[: self.settings.candidates].tolist())
            facts = [catalogue.facts[row] for row in dict.fromkeys(rows) if flags[row]]
        ids = [
            one.product_id for one in facts if one is not None and one.product_id not in crowd.disliked and open_to(one)
        ]
        return Candidates(
            ids,
            index.vectors.vectors(ids),
            anchors=anchors,
            anchor_vectors=np.array([vectors[one.product_id] for one in anchors], dtype=np.float32),
            taste=taste,
            found=found,
            crowd=crowd,
            settings=self.settings,
            learnt=None if learnt is None else learnt.on(ids, anchors, self.settings),
        )

    def _starts(
        self, taste: NDArray[np.float32] | None, anchors: Sequence[Anchor], vectors: dict[str, NDArray[np.float32]]
    ) -> list[tuple[NDArray[np.float32], int]]:
        """The vectors whose neighbours come into question, and how many of each."""
        starts = [] if taste is None else [(taste, self.settings.candidates)]
        each = max(self.settings.candidates // 4, 10)
        starts.extend((vectors[anchor.product_id], each) for anchor in anchors if vectors[anchor.product_id].any())
        return starts

    def _by_words(self, searched: str | None) -> dict[str, Found]:
        """What the customer's latest search finds; remembered until the next counting, as customers repeat searches."""
        if not searched:
            return {}
        if searched not in self._found:
            hits = self.search.search(searched, limit=_BY_WORDS).hits
            self._found[searched] = {
                hit.product_id: Found(hit.product_id, hit.score, hit.matched_words or (searched,)) for hit in hits
            }
        return self._found[searched]

    def _chosen(
        self,
        candidates: Candidates,
        limit: int,
        allowed: Callable[[ProductFacts], bool],
        diversity: float,
        only: Collection[int] | None = None,
    ) -> list[Recommendation]:
        """The best ``limit`` that the rules allow now, mixed for variety."""
        order = [int(row) for row in np.argsort(-candidates.scores, kind="stable") if only is None or row in only]
        best, others = order[:_MIXED], order[_MIXED:]
        if diversity > 0:
            scores, vectors = candidates.scores[best], candidates.vectors[best]
            mixed = diversified(scores, vectors, len(best), diversity, self.settings.diversify)
            best = [best[place] for place in mixed]
        chosen: list[Recommendation] = []
        order = candidates.with_new(best + others, self.settings.new_every)
        for start in range(0, len(order), _AT_ONCE):
            some = order[start : start + _AT_ONCE]
            facts = self.search.index.facts([candidates.ids[row] for row in some])
            for row in some:
                id_ = candidates.ids[row]
                if id_ in facts and allowed(facts[id_]):
                    score = round(float(candidates.scores[row]), 6)
                    chosen.append(Recommendation(id_, score, candidates.reasons(row)))
                if len(chosen) >= limit:
                    return self._with_praise(chosen)
        return self._with_praise(chosen)

    def _with_praise(self, chosen: list[Recommendation]) -> list[Recommendation]:
        """With what reviewers speak well of, where the review reader found it."""
        with self.database.read() as records:
            praised = praised_aspects(records, [one.product_id for one in chosen])
        return [
            replace(one, reasons=(*one.reasons, Reason("praised", None, praised[one.product_id])))
            if one.product_id in praised
            else one
            for one in chosen
        ]

    def _present_crowd(self) -> Crowd:
        """The crowd as last counted; when that is too long ago it is counted anew in the background."""
        if self._crowd is None:
            self.refresh()
        crowd = self._crowd
        assert crowd is not None
        age = self.clock() - crowd.at
        if age > timedelta(minutes=self.settings.refresh_minutes) and not self._counting.locked():
            threading.Thread(target=self._refresh_quietly, daemon=True).start()
        return crowd

    def _open_model(self) -> None:
        if self._learnt is not None or self._folder is None:
            return
        try:
            self._learnt = open_history(self._folder, self.search.index, self._every)
        except ModelError as error:
            _log.warning("%s Recommendations go on without the history model.", error)

    def _refresh_quietly(self) -> None:
        try:
            self.refresh()
        except (BeforehandError, SQLAlchemyError) as error:
            _log.warning("Popularity could not be counted anew, the older count stays in use: %s", error)


def _anchors(history: History, context: Sequence[str]) -> list[Anchor]:
    """What recommendations start from: what is being looked at, then what says most about the customer."""
    anchors = [Anchor(product_id, "similar", 1.0) for product_id in dict.fromkeys(context)]
    speaking = [one for one in history.past if one.weight > 0 and one.product_id not in set(context)][:_ANCHORS]
    heaviest = speaking[0].weight if speaking else 1.0
    anchors.extend(Anchor(one.product_id, one.deed, one.weight / heaviest) for one in speaking)
    return anchors
