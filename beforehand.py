"""Beforehand's front door: ``Shop`` puts all parts together; nothing else does.

    from beforehand import Shop

    with Shop.open("configs/default.yaml") as shop:
        shop.chat("Where is my order?", customer="C1042")

Importing this module is cheap: models, FAISS and the page load when a shop first needs them.
"""

from __future__ import annotations

import importlib.util
import logging
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import Field

_PACKAGES = ("store", "encoders", "sentiment", "retrieval", "insight", "agent", "ui")


def _check_packages(here: Path) -> None:
    """Raise ``ImportError`` if one of our packages, whose names are plain words, is shadowed by a stranger's."""
    for name in _PACKAGES:
        loaded = sys.modules.get(name)
        spec = loaded.__spec__ if loaded is not None else importlib.util.find_spec(name)
        found = Path(spec.origin).resolve() if spec is not None and spec.origin else None
        if found is None or found.parent.parent != here:
            raise ImportError(
                f"the package {name!r} that Python finds is not Beforehand's own: {found or 'no file'}. "
                f"Expected {here / name}. Install Beforehand in an environment of its own, "
                f"and do not start it from a folder that holds another {name!r}."
            )


_check_packages(Path(__file__).resolve().parent)

from agent import AgentSettings, DecidingSettings, ProactiveSettings, Session  # noqa: E402 - the guard above must come first
from encoders import EncoderSettings  # noqa: E402
from insight import InsightSettings  # noqa: E402
from retrieval import RetrievalSettings  # noqa: E402
from sentiment import SentimentSettings  # noqa: E402
from store import (  # noqa: E402
    AccessSettings,
    Clock,
    HttpSettings,
    ModelError,
    Settings,
    SettingsOverrides,
    StoreSettings,
    lay_over,
    load_settings,
    system_clock,
)

if TYPE_CHECKING:
    from agent import (
        Agent,
        Comparison,
        DayOfDecisions,
        DecisionRecord,
        InsightForesight,
        MomentEffect,
        PolicyReport,
        Preview,
        Proactive,
        ProductCard,
        Progress,
        Reason,
        Reply,
        Sentence,
        TodoView,
    )
    from encoders import TextEncoder
    from insight import Insight, InsightReport
    from retrieval import HistoryReport, ProductSearch, Recommender, SearchRanker, SearchTrainReport, TunedReader
    from sentiment import ReviewFindings, SentimentModel
    from store import Database
    from store.imports import ColumnMapping, ImportProgress, ImportReport

__all__ = ["Config", "PageSettings", "Shop", "ShopSettings"]

_log = logging.getLogger(__name__)
_Part = TypeVar("_Part")
Step = Callable[[str, int, int], None]
"""Told of long work: what is being done, how much is done, how much there is in all."""


class ShopSettings(Settings):
    """Which shop this is."""

    name: str = ""
    """As customers know it; empty: the agent names none."""
    home: Path = Path(".beforehand/shop")
    """Folder for the database, the indexes and local pictures; relative to the folder you start from."""
    currency: str = "EUR"
    """Of amounts in files that name no currency."""


class PageSettings(Settings):
    """Where the page answers. It is never shared beyond this address."""

    host: str = "127.0.0.1"
    port: int = 7860
    address: str = Field(default="", pattern=r"^(https?://[^/?#\s]+)?$")
    """How people reach it through your reverse proxy: ``https://help.example.com``; empty: host and port."""


class Config(Settings):
    """Everything that can be set, one part per package. ``configs/default.yaml`` shows the defaults."""

    shop: ShopSettings = ShopSettings()
    store: StoreSettings = StoreSettings()
    encoder: EncoderSettings = EncoderSettings()
    sentiment: SentimentSettings = SentimentSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    insight: InsightSettings = InsightSettings()
    agent: AgentSettings = AgentSettings()
    proactive: ProactiveSettings = ProactiveSettings()
    page: PageSettings = PageSettings()
    access: AccessSettings = AccessSettings()
    http: HttpSettings = HttpSettings()

    @classmethod
    def load(cls, path: str | Path) -> Config:
        """Read a YAML file. Raises ``ConfigError`` that names the key, its value and the nearest known key."""
        return load_settings(Path(path), cls)

    @property
    def database_url(self) -> str:
        return self.store.url or f"sqlite:///{self.shop.home / 'shop.db'}"


class Shop:
    """An open shop. Its parts load when they are first used; it may be shared between threads."""

    def __init__(self, config: Config, database: Database, clock: Clock = system_clock) -> None:
        self._own = config
        self.overrides = SettingsOverrides(config.shop.home / "console.yaml")
        """What was changed in the console; it lies over the shop's own settings file."""
        self.config = lay_over(config, self.overrides.read(), str(self.overrides.path))
        self.database = database
        self.clock = clock
        self._parts: dict[str, Any] = {}
        self._lock = threading.RLock()

    @classmethod
    def open(cls, config: str | Path | Config | None = None, *, clock: Clock = system_clock) -> Self:
        """Open the shop of a configuration (YAML file, ``Config``, or the defaults); its tables are made if missing."""
        from store import Database

        settings = config if isinstance(config, Config) else Config.load(config) if config is not None else Config()
        settings.shop.home.mkdir(parents=True, exist_ok=True)
        return cls(settings, Database.open(settings.database_url), clock)

    @classmethod
    def demo(
        cls,
        home: str | Path = ".beforehand/demo",
        *,
        seed: int = 0,
        scale: float = 1.0,
        max_age: timedelta = timedelta(hours=12),
        clock: Clock = system_clock,
        progress: Step | None = None,
    ) -> Self:
        """Open the demo shop; build it if there is none, or if its "now" is older than ``max_age``.

        ``scale`` 1.0 is the whole shop (over 2,000 products); tests take less.
        """
        from store import Database
        from store.demo import DemoProgress, build_demo

        folder = Path(home)
        config = Config(
            shop=ShopSettings(name="Fennel & Finch", home=folder),
            agent=AgentSettings(help_pages="demo", policy="demo"),
            # Who plays with the demo sees what is best, and not what is tried to learn from it.
            proactive=ProactiveSettings(moments="demo", deciding=DecidingSettings(exploration=0.0)),
        )
        # Written last, so that a build that was killed is not taken for a shop.
        mark = folder / "built"
        built_at = datetime.fromisoformat(mark.read_text()) if mark.exists() else None
        if built_at is None or clock() - built_at > max_age:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)

            def told(step: DemoProgress) -> None:
                if progress is not None:
                    progress(step.step, step.done, step.total)

            database = Database.open(config.database_url)
            build_demo(database, folder, seed=seed, now=clock(), scale=scale, progress=told)
            database.close()
            mark.write_text(clock().isoformat())
        return cls.open(config, clock=clock)

    # The parts, from left to right of the import rule.

    @property
    def encoder(self) -> TextEncoder:
        """The text encoder: texts -> vectors."""
        from encoders import TextEncoder

        return self._part("encoder", lambda: TextEncoder.load(self.config.encoder))

    @property
    def sentiment(self) -> SentimentModel:
        """The review reader: ``shop.sentiment.score(texts)``."""
        from sentiment import SentimentModel

        return self._part("sentiment", lambda: SentimentModel.load(self.config.sentiment, self.config.encoder))

    @property
    def products(self) -> ProductSearch:
        """Product search, its index in agreement with the records as they were when it was first asked for."""
        from retrieval import ProductSearch

        def build() -> ProductSearch:
            folder = self.config.shop.home / "index"
            encoder, ranker, reader = self._trained_search()
            search = ProductSearch(self.database, encoder, self.config.retrieval, folder, ranker, reader)
            search.sync()
            return search

        return self._part("products", build)

    @property
    def recommender(self) -> Recommender:
        """What fits a customer, from their history."""
        from retrieval import Recommender

        return self._part(
            "recommender",
            lambda: Recommender(self.database, self.products, self.config.retrieval, self.clock, self._history_folder),
        )

    @property
    def insight(self) -> Insight:
        """What customers will probably do: ``shop.insight.customer("C1042")``.

        Raises ``ModelError`` until ``train_insight`` has learnt from this shop's past.
        """
        from insight import Insight

        return self._part(
            "insight",
            lambda: Insight.load(self.database, self._insight_folder, clock=self.clock, read_mood=self._read_mood),
        )

    @property
    def agent(self) -> Agent:
        """The agent that answers customers."""
        from agent import Agent

        return self._part(
            "agent",
            lambda: Agent(
                self.database,
                products=self.products,
                recommender=self.recommender,
                encoder=self.encoder,
                settings=self.config.agent,
                clock=self.clock,
                shop_name=self.config.shop.name,
            ),
        )

    @property
    def proactive(self) -> Proactive:
        """The agent's proactive side: decides when to write first, and mostly does not."""
        from agent import Proactive

        return self._part(
            "proactive",
            lambda: Proactive(
                self.database,
                recommender=self.recommender,
                settings=self.config.proactive,
                clock=self.clock,
                foresight=self._foresight(),
                read_mood=self._read_mood,
                policy_folder=self._policy_folder,
            ),
        )

    def _foresight(self) -> InsightForesight | None:
        """Insight for the proactive side; ``None`` where nothing was learnt yet."""
        from agent import InsightForesight

        try:
            return InsightForesight(self.insight)
        except ModelError as error:
            _log.info("Decisions go on without forecasts: %s", error)
            return None

    # What one does with a shop.

    def search(self, text: str, *, limit: int = 10, language: str = "en") -> list[ProductCard]:
        """The products that fit the words, best first; filters in the words ("under 80 euros") are kept to."""
        return self.agent.search(text, limit=limit, language=language)

    def recommend(self, customer: str, *, limit: int = 5) -> list[ProductCard]:
        """Products for this customer, each with why. Raises ``NotFound`` for an unknown customer."""
        return self.agent.recommend(customer, limit=limit)

    def chat(self, text: str, *, customer: str, conversation: str | None = None) -> Reply:
        """One turn of a customer's chat; without ``conversation`` the customer's latest one goes on."""
        return self.agent.reply(Session.for_customer(customer), text, conversation)

    def stream(
        self, text: str, *, customer: str, conversation: str | None = None
    ) -> Iterator[Progress | Sentence | Reply]:
        """The same turn as it comes: progress, whole checked sentences, and last the ``Reply``."""
        return self.agent.stream(Session.for_customer(customer), text, conversation)

    def decide(self, customer: str) -> DecisionRecord:
        """What would be done for this customer now, with its reasons, or a reasoned silence. Writes nothing."""
        return self.proactive.decide(customer)

    def decisions_today(self) -> DayOfDecisions:
        """Today's decisions with their reasons, and how often a rule kept the shop silent."""
        return self.proactive.today()

    def decisions(self, *, days: float = 7, customer: str | None = None, limit: int = 200) -> list[DecisionRecord]:
        """The decision ledger of the last days, the newest first."""
        return self.proactive.decisions(days, customer, limit)

    def decision_effects(self, *, days: float = 90) -> list[MomentEffect]:
        """What deciding earned against the holdout group, with intervals: all moments together first, then each."""
        return self.proactive.effects(days)

    def preview_decisions(self, settings: ProactiveSettings, *, days: float = 7) -> Preview:
        """What the last days would have looked like under other settings. Writes nothing."""
        return self.proactive.preview(settings, days)

    def preview_config(self, changes: Mapping[str, object]) -> Config:
        """The configuration with ``changes`` ("proactive.max_per_week": 3) laid over. Raises ``ConfigError``."""
        return lay_over(self._own, {**self.overrides.read(), **changes}, "the changes")

    def preview_recommendations(
        self, settings: RetrievalSettings, customers: Sequence[str], *, limit: int = 5
    ) -> dict[str, tuple[list[str], list[str]]]:
        """Customer -> ids of the products that are recommended now, and of those that would be. Writes nothing."""
        from retrieval import Recommender

        other = Recommender(self.database, self.products, settings, self.clock, self._history_folder)
        both = (self.recommender, other)
        return {
            one: (
                [found.product_id for found in both[0].for_customer(one, limit=limit)],
                [found.product_id for found in both[1].for_customer(one, limit=limit)],
            )
            for one in customers
        }

    def change_settings(self, changes: Mapping[str, object]) -> Config:
        """Lay ``changes`` over the settings for good; they hold at once. Raises ``ConfigError``."""
        new = self.preview_config(changes)
        own, now = self._own.model_dump(mode="json"), new.model_dump(mode="json")
        names = {**self.overrides.read(), **changes}
        kept = {name: _value_of(now, name) for name in names}
        self.overrides.write({name: value for name, value in kept.items() if value != _value_of(own, name)})
        return self._follow(new)

    def settings_back(self) -> Config:
        """Put the settings back as they were before the last change. Raises ``InputError`` if there was none."""
        before = self.overrides.before()
        new = lay_over(self._own, before, str(self.overrides.path))
        self.overrides.write(before)
        return self._follow(new)

    def _follow(self, config: Config) -> Config:
        """Let the parts that are at work go by ``config``."""
        with self._lock:
            self.config = config
            # It reads its settings when it is made; what it does stands in the database.
            self._parts.pop("proactive", None)
            recommender: Recommender | None = self._parts.get("recommender")
            if recommender is not None:
                recommender.follow(config.retrieval)
            agent: Agent | None = self._parts.get("agent")
            if agent is not None:
                agent.follow(config.agent)
        return config

    def todos(self, *, done: bool = False) -> list[TodoView]:
        """Tasks for the shop's people that decisions led to."""
        return self.proactive.todos(done=done)

    def finish_todo(self, todo: str, *, by: str) -> TodoView:
        """A member of staff has done a task. Raises ``NotFound`` for an unknown one."""
        return self.proactive.finish_todo(todo, by)

    def reasons(self, customer: str, *, language: str = "en") -> list[Reason]:
        """Why the customer got each of his latest unasked messages."""
        return self.proactive.reasons(customer, language)

    def less_of_this(self, customer: str, decision: str | None = None) -> str:
        """The customer wants less of what led to a message (his latest if none is named). Returns the moment."""
        return self.proactive.less_of_this(customer, decision)

    def import_file(
        self,
        path: str | Path,
        *,
        kind: str | None = None,
        mapping: ColumnMapping | None = None,
        currency: str | None = None,
        encoding: str | None = None,
        rejects: Path | None = None,
        progress: Callable[[ImportProgress], None] | None = None,
    ) -> ImportReport:
        """Import an export of the shop; see ``store.imports.import_file``. Good rows go in, bad ones are listed."""
        from store.imports import import_file

        report = import_file(
            self.database,
            Path(path),
            kind=kind,
            mapping=mapping,
            currency=currency or self.config.shop.currency,
            encoding=encoding,
            rejects=rejects,
            progress=progress,
        )
        with self._lock:
            products: ProductSearch | None = self._parts.get("products")
        if products is not None:
            products.sync()
        return report

    def read_reviews(self, progress: Step | None = None) -> int:
        """Score the reviews that this model has not read yet. Returns how many; may be stopped and started again."""
        from sentiment import score_reviews

        def told(done: int, total: int) -> None:
            if progress is not None:
                progress("reading reviews", done, total)

        return score_reviews(self.database, self.sentiment, progress=told)

    def review_findings(
        self, *, product_ids: Sequence[str] | None = None, category: str | None = None, limit: int = 10
    ) -> ReviewFindings:
        """What the reviews of products, of a category, or of the whole shop complain of, most costly in stars first.

        Speaks of the reviews that ``read_reviews`` has read.
        """
        from sentiment import review_findings

        return review_findings(self.database, product_ids=product_ids, category=category, limit=limit)

    def train_insight(self, progress: Step | None = None) -> InsightReport:
        """Learn from the shop's own past what its customers will do; ``insight`` answers from it afterwards."""
        from insight import train_insight

        report = train_insight(
            self.database,
            self._insight_folder,
            self.clock(),
            self.config.insight,
            read_mood=self._read_mood,
            progress=progress,
        )
        with self._lock:
            # The proactive side holds the models as they were.
            for name in ("insight", "proactive"):
                self._parts.pop(name, None)
        return report

    def train_policy(self, *, replay_days: int = 14) -> PolicyReport:
        """Learn from the ledger when to act (``proactive.policy: learned``); it decides only where it would have earned
        more in the last days. Raises ``InputError`` while there are too few settled decisions."""
        from agent import train_policy

        report = train_policy(
            self.database, self.config.proactive, self._policy_folder, self.clock(), replay_days=replay_days
        )
        with self._lock:
            self._parts.pop("proactive", None)
        return report

    def policy_back(self) -> bool:
        """Put the policy that was learnt before the last one back; ``False`` if there is none."""
        from agent import go_back

        done = go_back(self._policy_folder)
        with self._lock:
            self._parts.pop("proactive", None)
        return done

    def ab_test(self, test: str, *, planned: int = 1000, since: datetime | None = None) -> Comparison:
        """A test of two policies (``proactive.policy: ab:NAME=transparent/learned``) as it stands, in minor units per
        customer. It may be looked at every day."""
        from agent import read_test

        return read_test(self.database, test, planned=planned, since=since)

    @staticmethod
    def ab_sample_size(rate: float, effect: float, *, power: float = 0.8) -> int:
        """Customers in all that a test needs to find that ``rate`` became ``rate + effect``."""
        from agent import sample_size

        return sample_size(rate, effect, power=power)

    def train_history(self, progress: Step | None = None) -> HistoryReport:
        """Learn from the shop's own past which product comes next; recommendations follow it at once afterwards."""
        from retrieval import train_history

        report = train_history(
            self.database, self.products, self._history_folder, self.config.retrieval, self.clock, progress
        )
        with self._lock:
            recommender: Recommender | None = self._parts.get("recommender")
        if recommender is not None:
            recommender.reopen()
        return report

    @property
    def _history_folder(self) -> Path:
        return self.config.shop.home / "history"

    def train_search(
        self, judgements: str | Path, progress: Step | None = None, *, networks: bool | None = None
    ) -> SearchTrainReport:
        """Learn from judged queries or clicks (see ``retrieval.read_judgements``); search uses it from then on.

        A ranker takes seconds to a minute; ``networks``: an encoder and a cross-encoder are tuned, too, which takes
        minutes to hours on a CPU. Unless said, they are with a thousand judged queries or more.

        Raises ``InputError`` for a file without them, or with too few about products of this shop.
        """
        from retrieval import ProductSearch, SearchTrainSettings, read_judgements, train_search

        given = read_judgements(Path(judgements))
        # What was learnt before is no part of it: each training starts from the search that comes with the program.
        learnt_before = self._search_folder.exists()
        folder = None if learnt_before else self.config.shop.home / "index"
        search = ProductSearch(self.database, self.encoder, self.config.retrieval, folder)
        report = train_search(
            search, given, self._search_folder, settings=SearchTrainSettings(networks=networks),
            encoder_settings=self.config.encoder, progress=progress,
        )  # fmt: skip
        with self._lock:
            # They hold the search as it was.
            for name in ("products", "recommender", "proactive"):
                self._parts.pop(name, None)
            agent: Agent | None = self._parts.pop("agent", None)
        if agent is not None:
            agent.close()
        return report

    def _trained_search(self) -> tuple[TextEncoder, SearchRanker | None, TunedReader | None]:
        """Encoder, ranker and cross-encoder of ``train_search``; the general encoder where there are none, or damaged
        ones."""
        from encoders import TextEncoder
        from retrieval import load_trained_search

        try:
            trained = load_trained_search(self._search_folder)
            encoder = self.encoder
            if trained.deltas is not None:
                encoder = TextEncoder.load(self.config.encoder.model_copy(update={"deltas": trained.deltas}))
            return encoder, trained.ranker, trained.reader(self.config.encoder)
        except ModelError as error:
            _log.warning("Search goes on without what it had learnt: %s", error)
            return self.encoder, None, None

    @property
    def _search_folder(self) -> Path:
        return self.config.shop.home / "search"

    @property
    def _insight_folder(self) -> Path:
        return self.config.shop.home / "insight"

    @property
    def _policy_folder(self) -> Path:
        return self.config.shop.home / "policy"

    def _read_mood(self, texts: Sequence[str]) -> list[float]:
        return [one.stars for one in self.sentiment.score(texts)]

    def close(self) -> None:
        """Let go of everything. The shop cannot be used afterwards."""
        with self._lock:
            agent: Agent | None = self._parts.pop("agent", None)
            self._parts.clear()
        if agent is not None:
            agent.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _part(self, name: str, build: Callable[[], _Part]) -> _Part:
        # One lock for all: parts build on one another, and two threads must not load the same weights twice.
        part: _Part | None = self._parts.get(name)
        if part is None:
            with self._lock:
                part = self._parts.get(name)
                if part is None:
                    part = self._parts[name] = build()
        return part


def _value_of(settings: Mapping[str, Any], name: str) -> object:
    value: Any = settings
    for part in name.split("."):
        value = value[part]
    return value
