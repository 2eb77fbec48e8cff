"""What can be done at a moment: one module per kind of action, each with its own eligibility, cost and words.

Comes in: a ``Case``. Goes out: ``Option`` records; those with a text were held against the evidence. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import answer_doubt, ask, deliveries, invite_person, offer, recommend, remind
from .case import Case, wanted_variant
from .option import OFFERS, SELLING, TASKS, OfferTerms, Option, Surface, held_by_evidence

__all__ = [
    "ACTIONS",
    "OFFERS",
    "SELLING",
    "TASKS",
    "Case",
    "OfferTerms",
    "Option",
    "Surface",
    "propose",
    "wanted_variant",
]

ACTIONS: Mapping[str, Callable[[Case], Option]] = {
    "recommend": recommend.propose,
    "answer_doubt": answer_doubt.propose,
    "remind": remind.propose,
    "reassure": deliveries.reassure,
    "apologise": deliveries.apologise,
    "offer": offer.percentage,
    "offer_shipping": offer.shipping,
    "offer_bundle": offer.bundle,
    "ask": ask.propose,
    "invite_person": invite_person.propose,
}


def propose(case: Case) -> list[Option]:
    """One option for each action of the moment, in the declared order. Silence is always possible and not listed."""
    today = case.moment.at.date()
    return [held_by_evidence(ACTIONS[name](case), today) for name in case.moment.kind.actions]
