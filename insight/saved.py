"""Models as one file: written whole or not at all, with a checksum that is checked when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from store import CheckedFile

from .btyd import BgNbd, GammaGamma
from .calibration import Calibrator
from .counts import CountModel
from .learning import Fit, ProbabilityModel
from .line import Line
from .segments import Quintiles
from .value import ValueModel

_FILE = "insight.json"
_KIND = CheckedFile(
    format=1,
    missing="there are no insight models yet",
    other_version="the insight models are of another version",
    damaged="the insight models are damaged",
    advice="Train it: beforehand train insight",
)
_LINE = ("centre", "scale", "weights", "unknown_weights", "unknown_share")


def write(folder: Path, body: dict[str, Any]) -> Path:
    """Put ``body`` in place of what was there before. Raises ``OSError`` if the folder cannot be written."""
    _KIND.write(folder / _FILE, body)
    return folder / _FILE


def read(folder: Path) -> dict[str, Any]:
    """What was written. Raises ``ModelError`` if there is nothing, or it is damaged or of another program version."""
    return _KIND.read(folder / _FILE, dict)


def probability_record(model: ProbabilityModel) -> dict[str, Any]:
    """A ``ProbabilityModel`` as JSON."""
    return {
        "names": list(model.names),
        "boosters": [one.model_to_string() for one in model.boosters],
        "lines": [{name: getattr(line, name).tolist() for name in _LINE} | {"base": line.base} for line in model.lines],
        "tree_weight": model.tree_weight,
        "calibrator": _fields(model.calibrator),
        "base_rate": model.base_rate,
        "fit": _fields(model.fit_report),
    }


def probability_model(record: dict[str, Any]) -> ProbabilityModel:
    """The inverse of ``probability_record``."""
    import lightgbm

    return ProbabilityModel(
        names=tuple(record["names"]),
        boosters=tuple(lightgbm.Booster(model_str=text) for text in record["boosters"]),
        lines=tuple(
            Line(**{name: np.array(line[name]) for name in _LINE}, base=line["base"]) for line in record["lines"]
        ),
        tree_weight=record["tree_weight"],
        calibrator=Calibrator(**record["calibrator"]),
        base_rate=record["base_rate"],
        fit_report=Fit(**record["fit"]),
    )


def value_record(model: ValueModel | None) -> dict[str, Any] | None:
    """A ``ValueModel`` as JSON."""
    if model is None:
        return None
    correction = model.correction
    return {
        "days": model.days,
        "rates": _fields(model.rates),
        "amounts": None if model.amounts is None else _fields(model.amounts),
        "correction": None
        if correction is None
        else {
            "names": list(correction.names),
            "boosters": [one.model_to_string() for one in correction.boosters],
            "offset": correction.offset,
            "gain": correction.gain,
        },
        "why": model.why,
    }


def value_model(record: dict[str, Any] | None) -> ValueModel | None:
    """The inverse of ``value_record``."""
    import lightgbm

    if record is None:
        return None
    correction = record["correction"]
    return ValueModel(
        days=record["days"],
        rates=BgNbd(**record["rates"]),
        amounts=None if record["amounts"] is None else GammaGamma(**record["amounts"]),
        correction=None
        if correction is None
        else CountModel(
            tuple(correction["names"]),
            tuple(lightgbm.Booster(model_str=text) for text in correction["boosters"]),
            correction["offset"],
            correction["gain"],
        ),
        why=record["why"],
    )


def quintiles_record(quintiles: Quintiles) -> dict[str, list[float]]:
    """``Quintiles`` as JSON."""
    return {name: list(bounds) for name, bounds in _fields(quintiles).items()}


def quintiles_of(record: dict[str, list[float]]) -> Quintiles:
    """The inverse of ``quintiles_record``."""
    return Quintiles(**{name: tuple(bounds) for name, bounds in record.items()})


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}
