"""Settings of the agent and of its proactive side."""

from __future__ import annotations

from datetime import time

from pydantic import Field

from store import Settings

from .deciding.settings import DecidingSettings


class AgentSettings(Settings):
    """How the chat answers."""

    chat_model: str = "builtin"
    """``builtin``, or ``provider:model`` as LangChain's ``init_chat_model`` takes it (``openai:gpt-4.1-mini``)."""
    base_url: str | None = None
    """Address of an OpenAI-compatible server (vLLM, Ollama, llama.cpp), used with ``openai:<name of its model>``."""
    api_key_env: str | None = None
    """Name of the environment variable with the key; ``None``: the provider's usual one."""
    timeout_s: float = Field(default=30.0, gt=0)
    """For one call of a model elsewhere. When it passes, or the call fails, the built-in model finishes the turn."""
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
    help_pages: str | None = None
    """Folder with the shop's policy and help pages (Markdown); ``demo``: those of the demo shop; ``None``: none."""


class ProactiveSettings(Settings):
    """When the agent may write first."""

    enabled: bool = True
    deciding: DecidingSettings = DecidingSettings()
    """How what is allowed is weighed."""
    idle_minutes: int = Field(default=60, ge=1)
    """A cart counts as abandoned when nothing has happened for this long."""
    max_age_hours: int = Field(default=72, ge=1)
    """An older cart is let go."""
    quiet_from: time = time(21)
    quiet_to: time = time(8)
    """Between these hours, in the customer's time zone, nothing is sent; it waits until they are over."""
    max_per_week: int = Field(default=2, ge=0)
    """Messages to one customer in any seven days."""
    holdout_share: float = Field(default=0.1, ge=0, le=1)
    """Share of customers who are never written to, so that the effect can be measured. By a stable hash of the id."""
    seed: int = 0
    """Moves the border of the holdout group."""
    min_score: float = Field(default=0.3, ge=0, le=1)
    """A candidate below this loses to silence."""
