"""From the settings to a chat model: any that LangChain's ``init_chat_model`` knows, or an OpenAI-compatible server."""

from __future__ import annotations

import os
from typing import Any

from langchain_core.language_models import BaseChatModel

from store import ConfigError

from .settings import AgentSettings

BUILTIN = "builtin"


def open_chat_model(settings: AgentSettings) -> BaseChatModel | None:
    """The model elsewhere that is configured, or ``None`` for the built-in one. Makes no connection yet.

    Raises ``ConfigError`` if the name, the key or the provider's package is missing.
    """
    if settings.chat_model == BUILTIN:
        return None
    provider, _, name = settings.chat_model.partition(":")
    if not provider or not name:
        raise ConfigError(
            "agent.chat_model names no model", value=settings.chat_model, allowed="builtin, or provider:model"
        )
    values: dict[str, Any] = {
        "timeout": settings.timeout_s,
        "max_retries": settings.retries,
        "temperature": settings.temperature,
    }
    if settings.base_url:
        values["base_url"] = settings.base_url
    key = _key(settings)
    if key:
        values["api_key"] = key
    from langchain.chat_models import init_chat_model

    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **values)
    except ImportError as error:
        raise ConfigError(
            f"the package for {provider!r} is not installed ({error})",
            value=settings.chat_model,
            advice='Install it with: pip install -c constraints.txt -e ".[llm]"',
        ) from error
    except Exception as error:  # each provider's package has its own errors for a missing key or a wrong name
        raise ConfigError(f"the chat model cannot be used: {error}", value=settings.chat_model) from error
    return model


def _key(settings: AgentSettings) -> str | None:
    if settings.api_key_env:
        key = os.environ.get(settings.api_key_env)
        if not key:
            raise ConfigError("agent.api_key_env names a variable that is not set", value=settings.api_key_env)
        return key
    # A server of one's own mostly wants no key, but the client insists on having one.
    return "none" if settings.base_url and "OPENAI_API_KEY" not in os.environ else None
