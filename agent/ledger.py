"""The decision ledger: one row per occasion and, in the same transaction, what it led to.

A silence in which nothing could have been done is counted, and its occasion remembered; every other decision has a row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as Records

from store import Database
from store.schema import Customer, Decision, Occasion, Offer, Todo

from . import conversations as record
from .actions import Option, wanted_variant
from .cards import product_cards
from .deciding import SILENCE
from .language import spoken
from .moments import Moment
from .moments.reading import chunks, read_goods
from .outbox import enqueue
from .phrases import say
from .reply import Candidate, DecisionRecord, ProductCard
from .rules import (
    Contact,
    Spending,
    add_to_tally,
    first_objection,
    note_offer,
    option_objection,
    read_contacts,
    read_spending,
)
from .settings import ProactiveSettings
from .weighing import Plan

SILENCES = "silence:"


def settled(records: Records, keys: Iterable[str]) -> set[str]:
    """Which of the occasions were decided already."""
    found: set[str] = set()
    for part in chunks(keys):
        found.update(records.scalars(select(Decision.idempotency_key).where(Decision.idempotency_key.in_(part))))
        found.update(records.scalars(select(Occasion.key).where(Occasion.key.in_(part))))
    return found


def read_decision(records: Records, moment: Moment) -> DecisionRecord | None:
    row = records.scalar(select(Decision).where(Decision.idempotency_key == moment.key))
    return None if row is None else from_row(row)


@dataclass
class Written:
    """What came of a batch of plans."""

    decisions: list[DecisionRecord]
    put_off: dict[str, datetime]
    """Customers for whom something changed while it was weighed: decide again then."""


class Ledger:
    """Writes plans. The rules are asked once more under the write lock: another process may have written since."""

    def __init__(self, database: Database, settings: ProactiveSettings) -> None:
        self._database, self._settings = database, settings

    def cards(self, plans: Sequence[Plan]) -> dict[str, tuple[ProductCard, ...]]:
        """What is shown beside each message, by the key of its moment. Before the write, to keep that short."""
        return {
            plan.moment.key: product_cards(
                self._database, plan.chosen.products, spoken(plan.moment.state.person.language)
            )
            for plan in plans
            if plan.chosen is not None and plan.chosen.products
        }

    def write(
        self, records: Records, plans: Sequence[Plan], cards: Mapping[str, tuple[ProductCard, ...]], at: datetime
    ) -> Written:
        """Write all plans that still stand. Must run in a write transaction."""
        written = Written([], {})
        if not plans:
            return written
        customers = sorted({plan.moment.customer_id for plan in plans})
        if records.get_bind().dialect.name == "postgresql":
            # Two deciders of one customer wait for one another; in one order, so that they never do so in a circle.
            for part in chunks(customers):
                records.execute(
                    select(Customer.id).where(Customer.id.in_(part)).order_by(Customer.id).with_for_update()
                )
        done = settled(records, [plan.moment.key for plan in plans])
        contacts = read_contacts(records, customers, at)
        spending = read_spending(records, self._settings, at) if self._settings.offers.enabled else Spending()
        for plan in plans:
            if plan.moment.key in done:
                continue
            done.add(plan.moment.key)
            if not self._stands(records, plan, contacts[plan.moment.customer_id], spending):
                written.put_off[plan.moment.customer_id] = at
                continue
            found = self._write_one(records, plan, cards.get(plan.moment.key, ()), contacts, spending)
            if found is not None:
                written.decisions.append(found)
        return written

    def _stands(self, records: Records, plan: Plan, contact: Contact, spending: Spending) -> bool:
        """Whether the rules still allow what was planned."""
        chosen, moment = plan.chosen, plan.moment
        if chosen is None or chosen.is_task:
            return True
        customer = records.get(Customer, moment.customer_id)
        person = replace(
            moment.state.person,
            known=customer is not None,
            consent_proactive=customer is not None and customer.consent_proactive,
        )
        if first_objection(person, contact, self._settings, moment) is not None:
            return False
        if option_objection(chosen, moment, contact, self._settings, spending, plan.buy_chance) is not None:
            return False
        goods = read_goods(records, chosen.products)
        return all(one in goods and goods[one].can_be_bought(wanted_variant(moment, one)) for one in chosen.products)

    def _write_one(
        self,
        records: Records,
        plan: Plan,
        cards: tuple[ProductCard, ...],
        contacts: Mapping[str, Contact],
        spending: Spending,
    ) -> DecisionRecord | None:
        moment, at = plan.moment, plan.moment.at
        if plan.choice is None:
            add_to_tally(records, f"{SILENCES}{moment.name}:{plan.rule}", at)
            records.add(Occasion(key=moment.key, customer_id=moment.customer_id, at=at))
            return None
        decision_id = f"dec_{uuid.uuid4().hex}"
        chosen = plan.chosen
        surface = None if chosen is None else self._surface(plan, chosen)
        message_id = None
        if chosen is not None and surface == "chat":
            message_id = self._say(records, plan, chosen, cards, decision_id)
        row = _row(plan, decision_id, surface, message_id)
        records.add(row)
        if chosen is not None:
            self._lead_on(records, plan, chosen, row)
            if surface in ("chat", "email"):
                contacts[moment.customer_id].sent.append((at, moment.name))
        if plan.offer_considered:
            group = spending.group_of(moment.state.person, self._settings)
            cost = chosen.offer.cost_minor if chosen is not None and chosen.offer is not None else None
            note_offer(records, group, cost, at)
            spending.note(group, cost)
            if cost is not None:
                contacts[moment.customer_id].offered_at = at
        records.flush()
        return replace(from_row(row), products=cards)

    def _surface(self, plan: Plan, chosen: Option) -> str:
        if chosen.is_task:
            return "todo"
        person, outbox = plan.moment.state.person, self._settings.outbox
        by_mail = plan.moment.kind.channel == "email" and person.consent_email and person.email and outbox.mail_folder
        return "email" if by_mail else "chat"

    def _say(
        self, records: Records, plan: Plan, chosen: Option, cards: tuple[ProductCard, ...], decision_id: str
    ) -> str:
        moment = plan.moment
        language = spoken(moment.state.person.language)
        conversation = record.latest(records, moment.customer_id) or record.start(
            records, moment.customer_id, language, moment.at
        )
        message = record.append(
            records,
            conversation.id,
            "assistant",
            chosen.text or "",
            moment.at,
            kind="proactive",
            evidence=chosen.book.new_items() if chosen.book else (),
            products=cards,
            decision_id=decision_id,
        )
        return message.id

    def _lead_on(self, records: Records, plan: Plan, chosen: Option, row: Decision) -> None:
        """The offer, the task, and what goes outside."""
        moment, terms = plan.moment, chosen.offer
        if terms is not None:
            records.add(
                Offer(
                    code=terms.code,
                    decision_id=row.id,
                    customer_id=moment.customer_id,
                    kind=terms.kind,
                    percent=terms.percent,
                    product_ids=list(terms.product_ids),
                    cost_minor=terms.cost_minor,
                    currency=terms.currency,
                    made_at=moment.at,
                    valid_until=terms.valid_until,
                )
            )
        if chosen.is_task:
            records.add(
                Todo(
                    id=f"todo_{uuid.uuid4().hex}",
                    decision_id=row.id,
                    customer_id=moment.customer_id,
                    moment=moment.name,
                    text=chosen.text or "",
                    created_at=moment.at,
                )
            )
        if row.surface == "email":
            person = moment.state.person
            language = spoken(person.language)
            mail = {"to": person.email, "subject": say("mail_subject", language), "text": chosen.text}
            enqueue(records, f"email:{moment.key}", "email", person.id, mail, moment.at)
        if self._settings.outbox.webhook_url is not None:
            enqueue(records, f"webhook:{moment.key}", "webhook", moment.customer_id, _told(row, chosen), moment.at)


def _told(row: Decision, chosen: Option) -> dict[str, object]:
    """What the shop's own systems are told of a decision."""
    found: dict[str, object] = {
        "decision": row.id,
        "customer": row.customer_id,
        "at": row.at.isoformat(),
        "moment": row.moment,
        "action": row.action,
        "surface": row.surface,
        "text": row.text,
        "products": list(chosen.products),
    }
    if chosen.offer is not None:
        terms = chosen.offer
        found["offer"] = {
            "code": terms.code,
            "kind": terms.kind,
            "percent": terms.percent,
            "products": list(terms.product_ids),
            "valid_until": terms.valid_until.isoformat(),
        }
    return found


def plan_record(plan: Plan) -> DecisionRecord:
    """The decision as it would be written."""
    return from_row(_row(plan, "", None if plan.chosen is None else "todo" if plan.chosen.is_task else "chat", None))


def _row(plan: Plan, decision_id: str, surface: str | None, message_id: str | None) -> Decision:
    moment, choice, chosen = plan.moment, plan.choice, plan.chosen
    return Decision(
        id=decision_id,
        idempotency_key=moment.key,
        customer_id=moment.customer_id,
        at=moment.at,
        moment=moment.name,
        known=plan.known(),
        candidates=_candidates(plan),
        action=SILENCE if chosen is None else chosen.action,
        reason=plan.reason,
        policy="rules" if choice is None else f"{choice.policy} {choice.version}",
        # Who is held out is silent for certain; what the policy would have drawn stands in ``known``.
        propensity=1.0 if choice is None or plan.holdout else choice.propensity,
        shadow=None
        if plan.shadow is None
        else {
            "policy": f"{plan.shadow.policy} {plan.shadow.version}",
            "action": plan.shadow.action,
            "propensity": plan.shadow.propensity,
        },
        holdout=plan.holdout,
        cost_minor=0 if chosen is None else chosen.cost_minor,
        currency=_currency(plan),
        text=None if chosen is None else chosen.text,
        surface=surface,
        message_id=message_id,
        window_until=moment.window_until,
    )


def _candidates(plan: Plan) -> list[dict[str, object]]:
    weighed = {one.action: one for one in plan.choice.weighed} if plan.choice is not None else {}
    rows: list[dict[str, object]] = []
    for action, option in {SILENCE: None, **{one.action: one for one in plan.options}}.items():
        score = weighed.get(action)
        rows.append(
            {
                "action": action,
                "score": 0.0 if score is None else round(score.score_minor, 2),
                "eligible": option is None or option.eligible,
                "why": " — ".join(
                    part for part in ("" if option is None else option.why, "" if score is None else score.why) if part
                ),
                "cost_minor": 0 if option is None else option.cost_minor,
                "margin_minor": plan.stake_minor if option is None else option.margin_minor,
                "probability": 0.0 if score is None else round(score.probability, 6),
            }
        )
    return sorted(rows, key=lambda one: (not one["eligible"], -float(str(one["score"]))))


def _currency(plan: Plan) -> str:
    state, signal = plan.moment.state, plan.moment.signal
    if signal.cart is not None and signal.cart.currency:
        return signal.cart.currency
    goods = state.goods.get(signal.product_id or "")
    form = goods.form(None) if goods is not None else None
    if form is not None:
        return form.currency
    return state.orders[-1].currency if state.orders else ""


def from_row(row: Decision) -> DecisionRecord:
    return DecisionRecord(
        customer_id=row.customer_id,
        at=row.at,
        moment=row.moment,
        action=row.action,
        reason=row.reason,
        candidates=tuple(
            Candidate(
                one["action"],
                one["score"],
                one["eligible"],
                one["why"],
                one.get("cost_minor", 0),
                one.get("margin_minor", 0),
                one.get("probability", 0.0),
            )
            for one in row.candidates
        ),
        policy=row.policy,
        propensity=row.propensity,
        holdout=bool(row.holdout),
        cost_minor=row.cost_minor or 0,
        currency=row.currency or "",
        text=row.text,
        surface=row.surface,
        id=row.id or None,
        message_id=row.message_id,
        known=row.known,
        shadow=row.shadow,
        outcome=row.outcome,
        reward_minor=row.reward_minor,
    )
