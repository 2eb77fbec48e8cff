"""Deciding: what is known of an occasion and what could be done go in, what is chosen and why comes out.

Pure: no database, no clock, no shop. The same occasion, settings and model give the same choice again. Importing this
package loads numpy only.
"""

from __future__ import annotations

from .batch import Batch
from .policy import ProfitPolicy
from .prior import PriorBelief, transparent_policy
from .records import SILENCE, Choice, Choosable, Policy, Situation, Weighed
from .settings import ActionPrior, DecidingSettings

__all__ = [
    "SILENCE",
    "ActionPrior",
    "Batch",
    "Choice",
    "Choosable",
    "DecidingSettings",
    "Policy",
    "PriorBelief",
    "ProfitPolicy",
    "Situation",
    "Weighed",
    "transparent_policy",
]
