"""Settings of the agent and of its proactive side."""

from __future__ import annotations

from datetime import time

from pydantic import Field, field_validator

from store import Settings

from .deciding.settings import DecidingSettings


class AgentSettings(Settings):
    """How the chat answers."""

    chat_model: str = "builtin"
    """``builtin``; ``hf:`` and a folder (or hub id) with a chat model of transformers, which runs in this process; or
    ``provider:model`` as LangChain's ``init_chat_model`` takes it (``openai:gpt-4.1-mini``)."""
    adapter: str | None = None
    """Folder of a LoRA adapter for an ``hf:`` model, as ``train chat`` makes it."""
    allow_download: bool = False
    """Whether an ``hf:`` model that is not on this machine may be fetched from the hub, once."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server (vLLM, Ollama, llama.cpp), used with ``openai:<name of its model>``."""
    api_key_env: str | None = None
    """Name of the environment variable with the key; ``None``: the provider's usual one."""
    timeout_s: float = Field(default=30.0, gt=0)
    """For one call of the model. When it passes, or the call fails, the built-in model finishes the turn."""
    max_tokens: int = Field(default=1024, ge=1)
    """Tokens that the model may write in one call. What is cut off there is not sent; the built-in model finishes."""
    max_model_calls: int = Field(default=8, ge=1)
    """Calls of a model elsewhere in one turn; after them the built-in model finishes it."""
    retries: int = Field(default=1, ge=0)
    """How often a failed call is tried again before the built-in model takes over."""
    daily_tokens: int | None = Field(default=None, ge=0)
    """Tokens that a model elsewhere may read and write in a UTC day; after them the built-in model answers."""
    daily_budget: float | None = Field(default=None, ge=0)
    """What a model elsewhere may cost in a UTC day, by the two prices; after that the built-in model answers."""
    input_price: float = Field(default=0.0, ge=0)
    """Price of a million tokens that a model elsewhere reads."""
    output_price: float = Field(default=0.0, ge=0)
    """Price of a million tokens that it writes."""
    temperature: float = Field(default=0.0, ge=0)
    max_history: int = Field(default=40, ge=2)
    """Messages of working memory that a model is shown."""
    max_characters: int = Field(default=4000, ge=100)
    """A customer's message is read up to here; all of it is kept in the record."""
    policy: str | None = None
    """The shop's after-sales policy: ``demo``, ``retail``, or a Markdown file of your own. Without one the agent
    changes nothing and hands every such wish to a person."""
    approve_refunds_above: dict[str, str] = Field(default_factory=dict)
    """Currency -> amount as the policy writes it (``{EUR: "250.00"}``), in place of the policy's own
    ``approval.refund_above``; the text that the policy tells people is not changed. Empty: the policy's."""
    help_pages: str | None = None
    """Folder with the shop's policy and help pages (Markdown); ``demo``: those of the demo shop; ``None``: none."""


class OfferSettings(Settings):
    """What may be offered. Off until the merchant sets a budget."""

    enabled: bool = False
    percents: tuple[int, ...] = Field(default=(10, 5), min_length=1)
    """Discounts that may be given; the largest that keeps the margin floor is taken."""
    bundle_percent: int = Field(default=10, ge=1, le=90)
    """On two things bought together."""
    shipping_cost_minor: int | None = Field(default=None, ge=0)
    """What shipping an order costs the shop; ``None``: it is not known, and free shipping is not offered."""
    margin_floor: float = Field(default=0.1, ge=0, lt=1)
    """Share of the reduced price that must be left as margin on every piece."""
    budget_minor: int = Field(default=0, ge=0)
    """What all offers of ``budget_days`` may cost together if they are taken up."""
    budget_days: int = Field(default=30, ge=1)
    valid_hours: int = Field(default=72, ge=1)
    pause_days: int = Field(default=60, ge=0)
    """At most one offer to a customer in so many days."""
    groups: str | None = None
    """Offers must be spread evenly over groups by this: country, language, or a key of the customer's ``extra``."""
    max_share_gap: float = Field(default=0.1, gt=0, le=1)
    """The share of those considered who are given an offer may not be larger by more than this in one group than in
    another."""

    @field_validator("percents")
    @classmethod
    def _real(cls, percents: tuple[int, ...]) -> tuple[int, ...]:
        if not all(1 <= one <= 90 for one in percents):
            raise ValueError("each must be between 1 and 90")
        return percents


class OutboxSettings(Settings):
    """Where decisions are sent outside."""

    webhook_url: str | None = None
    """Every decision that acts is posted there as JSON, signed."""
    webhook_secret_env: str = "BEFOREHAND_WEBHOOK_SECRET"
    """Name of the environment variable with the key of the signature (HMAC-SHA256)."""
    mail_folder: str | None = None
    """Messages of moments whose channel is e-mail are written there as .eml files, for the shop's mail system."""
    sender: str = "shop@localhost"
    """From address of those messages."""
    max_attempts: int = Field(default=8, ge=1)
    """Then it is given up, and the problem stands in the outbox."""


class ProactiveSettings(Settings):
    """When the agent may write first, and what it may do."""

    enabled: bool = True
    moments: str | None = None
    """A YAML file laid over the shipped moments; ``demo``: that of the demo shop."""
    quiet_from: time = time(21)
    quiet_to: time = time(8)
    """Between these hours, in the customer's time zone, nothing is sent; it waits until they are over."""
    max_per_week: int = Field(default=2, ge=0)
    """Messages to one customer in any seven days, over all channels; after "less of this" at most one."""
    min_gap_hours: float = Field(default=4.0, ge=0)
    """Between two messages to one customer; the second waits."""
    holdout_share: float = Field(default=0.1, ge=0, le=1)
    """Share of customers who are never written to, so that the effect can be measured. By a stable hash of the id."""
    seed: int = 0
    """Moves the border of the holdout group."""
    policy: str = "transparent"
    """Who chooses among what the rules allow."""
    shadow: str | None = None
    """Another policy that is asked each time, too; what it would have done is written down and not done."""
    deciding: DecidingSettings = DecidingSettings()
    sure_chance: float = Field(default=0.85, gt=0, le=1)
    """Who buys with at least this probability is not sold to."""
    sure_orders: int = Field(default=3, ge=1)
    """Without a forecast: who ordered so often in 90 days buys without being asked."""
    margin_share: float = Field(default=0.3, gt=0, le=1)
    """Share of a price that is margin, where the cost of a product is not known."""
    task_cost_minor: int = Field(default=0, ge=0)
    """What a task for one of the shop's people costs."""
    less_cost_minor: int = Field(default=200, ge=0)
    """What a customer's "less of this" counts in the reward of the message."""
    staff_language: str = "en"
    """Language of tasks for the shop's people."""
    offers: OfferSettings = OfferSettings()
    outbox: OutboxSettings = OutboxSettings()
    keep_detail_days: int = Field(default=90, ge=1)
    """Older rows of the ledger lose what was known and the candidates, once their outcome is known."""
    keep_days: int = Field(default=730, ge=1)
    """Older rows are deleted."""
