"""What every set of tools shares: the turn it is bound to, and that each result is reported, noted and returned."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from store import BeforehandError, Clock, Database

from .evidence import EvidenceBook
from .facts import Facts, Problem
from .help_pages import HelpPages
from .phrases import say

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from retrieval import Filters, Recommendation, SearchResult

    from .operations import Operations

_log = logging.getLogger(__name__)


class ProductFinder(Protocol):
    """What the agent needs of ``retrieval.ProductSearch``."""

    def search(self, query: str, *, filters: Filters = ..., limit: int = 10, language: str = "en") -> SearchResult: ...


class ProductAdviser(Protocol):
    """What the agent needs of ``retrieval.Recommender``."""

    def for_customer(
        self,
        customer_id: str,
        *,
        limit: int = 5,
        context: Sequence[str] = (),
        filters: Filters = ...,
        exclude: Collection[str] = (),
    ) -> Sequence[Recommendation]: ...

    def similar(self, product_id: str, limit: int = 5) -> Sequence[Recommendation]: ...

    def forget(self, customer_id: str) -> None: ...


@dataclass(frozen=True)
class Parts:
    """What the tools read from: the same for every turn."""

    database: Database
    products: ProductFinder | None
    recommender: ProductAdviser | None
    pages: HelpPages
    clock: Clock
    operations: Operations | None = None
    """``None``: the shop has no policy for them, and a person does everything after the sale."""


@dataclass(frozen=True)
class Turn:
    """One turn of one customer's conversation."""

    customer_id: str
    conversation_id: str
    language: str
    book: EvidenceBook
    report: Callable[[str, str], None]
    """Called with a tool's name and what it is doing, in the customer's language."""
    country: str | None = None
    """Where the customer is; only what is sold there is found."""
    confirmed: str | None = None
    """The proposal that the last reply showed and that the customer's own message said yes to. Nothing else can be
    confirmed in this turn, whatever a model asks for."""
    stops: bool = False
    """The customer's own message says that he does not want to be written to."""


class Desk:
    """Tools bound to the session's customer."""

    def __init__(self, parts: Parts, turn: Turn) -> None:
        self._parts = parts
        self._turn = turn

    def _give(self, tool: str, make: Callable[[], Facts], **said: object) -> str:
        """Report, look up, note as evidence, and return as JSON; what fails is a result too."""
        self._turn.report(tool, say(f"progress_{tool}", self._turn.language, **said))
        try:
            facts = make()
        except BeforehandError as error:
            _log.warning("%s failed: %s", tool, error)
            facts = Problem(problem="unavailable", advice="Say that this cannot be looked up at the moment.")
        self._turn.book.record(facts)
        return facts.to_text()
