"""Settings: YAML files checked by pydantic, where an unknown key is an error that names the nearest known one."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .errors import ConfigError

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_Model = TypeVar("_Model", bound=BaseModel)


class Settings(BaseModel):
    """Base of every settings class: frozen, and without room for misspelt keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Settings):
    """Where the records are."""

    url: str | None = None
    """``sqlite:///FILE`` or ``postgresql+psycopg://USER@HOST/NAME``; ``None``: ``shop.db`` in the home folder."""


def load_settings(path: Path, model: type[_Model]) -> _Model:
    """Read the YAML file ``path`` as ``model``. ``${NAME}`` in a value is taken from the environment.

    Raises ``ConfigError`` that names the file, the key, its value and what is allowed.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError("there is no such configuration file", value=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    return parse_settings(text, model, path)


def parse_settings(text: str, model: type[_Model], path: Path) -> _Model:
    """Read YAML ``text`` as ``model``, as ``load_settings`` does; errors name ``path`` as the place it came from."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} must hold keys and values", value=type(raw).__name__)
    return check_settings(_with_environment(raw, path), model, str(path))


def check_settings(raw: Mapping[str, Any], model: type[_Model], place: str) -> _Model:
    """``raw`` as ``model``. Raises ``ConfigError`` that names ``place``, the key, its value and what is allowed."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{place}: {'; '.join(_told(one, model) for one in error.errors())}") from error


def _with_environment(value: Any, path: Path) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_environment(one, path) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_environment(one, path) for one in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match.group(1), path), value)
    return value


def _variable(name: str, path: Path) -> str:
    if name not in os.environ:
        raise ConfigError(f"{path} names an environment variable that is not set", value=name)
    return os.environ[name]


def _told(error: ErrorDetails, model: type[BaseModel]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"{where} = {error['input']!r}: {error['msg']}"
    known = _known_keys(model, error["loc"][:-1])
    nearest = difflib.get_close_matches(str(error["loc"][-1]), known, n=1)
    guess = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"unknown key {where!r}{guess} (known here: {', '.join(sorted(known))})"


def _known_keys(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys of the settings class that stands at ``place`` below ``model``."""
    for part in place:
        field = model.model_fields.get(str(part))
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return list(model.model_fields)
