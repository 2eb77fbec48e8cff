"""Trains the intent reader on a file of utterances by the product's own training, and measures it on its test rows.

The trained weights are kept below ``.beforehand/benchmarks`` under a name made of the file's content, the plan and the
version of the recipe, so that a second run with nothing changed measures without training again.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from agent.intents.fitting_plan import RECIPE, FitPlan
from agent.intents.learning import learn_intents, plan_for, right
from agent.intents.reader import IntentReader
from agent.intents.rows import Rows, read_rows

from .frame import KEPT, Figures, bootstrap

_QUICK_EPOCHS = 1
_QUICK_ROWS = 2000


@dataclass(frozen=True, slots=True)
class IntentSet:
    """Test rows of a file, whether each was read right, and which are out of scope."""

    correct: np.ndarray
    outside: np.ndarray


def trained(file: Path, *, quick: bool, seed: int) -> tuple[IntentReader, dict[str, Rows]]:
    """The reader trained on ``file``'s rows, and all its rows."""
    rows = read_rows(file)
    if quick:
        step = max(1, len(rows["train"]) // _QUICK_ROWS)
        rows["train"] = Rows(rows["train"].texts[::step], rows["train"].intents[::step])
    plan = FitPlan(epochs=_QUICK_EPOCHS, seed=seed) if quick else plan_for(rows["train"], seed)
    weights = KEPT / f"{file.name.split('.')[0]}-{_key(file, plan)}.safetensors"
    if not weights.is_file():
        print(
            f"training on {len(rows['train'])} rows of {file.name}, {plan.epochs} epochs", file=sys.stderr, flush=True
        )
        learn_intents(rows, weights, plan=plan, progress=_tell)
    return IntentReader.load(weights), rows


def _tell(step: int, steps: int, loss: float) -> None:
    if step % 100 == 1 or step == steps:
        print(f"  step {step} of {steps}, loss {loss:.3f}", file=sys.stderr, flush=True)


def _key(file: Path, plan: FitPlan) -> str:
    digest = hashlib.sha256(file.read_bytes())
    digest.update(repr((RECIPE, sorted(asdict(plan).items()))).encode())
    return digest.hexdigest()[:12]


def measured(reader: IntentReader, rows: Rows) -> IntentSet:
    unknown = reader.scope.unknown
    return IntentSet(np.array(right(reader, rows)), np.array([one == unknown for one in rows.intents]))


def add_accuracy(figures: Figures, key: str, correct: np.ndarray) -> None:
    """A share with its interval over rows."""
    values = correct.astype(float)
    figures.add(key, float(values.mean()), bootstrap(lambda at: float(values[at].mean()), len(values)))
