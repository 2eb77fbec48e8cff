"""From the settings to a chat model: one in this process, or any that LangChain's ``init_chat_model`` knows."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel

from store import ConfigError

from .local_models.chat_model import LocalChatModel
from .local_models.files import find_chat_model
from .settings import AgentSettings

if TYPE_CHECKING:
    from encoders import Device

BUILTIN = "builtin"
IN_PROCESS = "hf"


def open_chat_model(settings: AgentSettings, device: Device | None = None) -> BaseChatModel | None:
    """The model that is configured, or ``None`` for the built-in one. Makes no connection and loads no weights yet.

    ``device``: where a model in this process computes; ``None``: where ``encoders.pick_device`` says. Raises
    ``ConfigError`` or ``ModelError`` if the name, the files, the key or the provider's package is missing.
    """
    if settings.chat_model == BUILTIN:
        return None
    provider, _, name = settings.chat_model.partition(":")
    if not provider or not name:
        raise ConfigError(
            "agent.chat_model names no model",
            value=settings.chat_model,
            allowed="builtin, hf:folder, or provider:model",
        )
    if provider == IN_PROCESS:
        return LocalChatModel(
            find_chat_model(name, adapter=settings.adapter, allow_download=settings.allow_download),
            device,
            max_tokens=settings.max_tokens,
            timeout_s=settings.timeout_s,
            temperature=settings.temperature,
        )
    if settings.adapter is not None:
        raise ConfigError(
            "agent.adapter is for a model in this process", value=settings.chat_model, allowed="hf:folder"
        )
    return _elsewhere(settings, provider, name)


def leaves_machine(model: BaseChatModel | None) -> bool:
    """Whether what ``model`` is shown goes out of this process, and must be masked."""
    return model is not None and not isinstance(model, LocalChatModel)


def _elsewhere(settings: AgentSettings, provider: str, name: str) -> BaseChatModel:
    values: dict[str, Any] = {
        "timeout": settings.timeout_s,
        "max_retries": settings.retries,
        "max_tokens": settings.max_tokens,
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
