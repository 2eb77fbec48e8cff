"""``ShopperWorld``: shoppers with hidden tastes, moods, reactions and fatigue, whose parameters are drawn at random.

On a day some customers come by; each visit ends in a moment. At each the customer buys within some days with

    logit p = moment + readiness + mood + lift(action, moment, traits) - fatigue - satedness - waiting for offers

A message tires, an offer teaches to wait for the next, too many messages make people complain, and who complained
must not be written to again and comes back less. The luck of a customer on a day is the same whatever is done, so that
policies can be compared shopper by shopper.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from agent.deciding import Batch

from .interface import DayResult, Floats, Integers, Occasions
from .signs import NAMES, Signs, blurred
from .traits import ACTIONS, ALLOWED, BESTSELLERS, MOMENTS, OFFER, TRAITS, draw_nature, draw_people

_DELAY_DAYS = 4
_SATED_DAYS = 6.0
_AFTER_COMPLAINT = 0.5
_FITS = np.array([[action in ALLOWED[moment] for action in ACTIONS] for moment in MOMENTS])


class ShopperWorld:
    """See the module. ``seed`` draws the world and its people; vectorised over the customers."""

    window_days = 5
    popular = ACTIONS[BESTSELLERS]

    def __init__(self, seed: int, customers: int, days: int) -> None:
        random = np.random.default_rng([seed, 71])
        self.customers, self.days = customers, days
        self.nature = draw_nature(random)
        self.people = draw_people(self.nature, customers, random)
        self._signs = Signs.of(self.nature, self.people, random)
        self._seed = seed
        self._fatigue = np.zeros(customers)
        self._waiting = np.zeros(customers)
        self._consent = random.random(customers) < 0.95
        self._mood = random.normal(size=customers)
        self._since_order = random.exponential(40.0, customers) + 1
        self._ordered = np.zeros(customers)
        self._lost = np.zeros(customers)
        self._sent = np.zeros((30, customers))
        self._due_profit = np.zeros((days + _DELAY_DAYS + 1, customers))
        self._due_orders = np.zeros((days + _DELAY_DAYS + 1, customers), dtype=np.int64)

    def open_day(self, day: int) -> Occasions:
        """See ``World``."""
        self._day, random = day, np.random.default_rng([self._seed, 72, day])
        count = self.customers
        self._mood = 0.9 * self._mood + np.sqrt(1 - 0.81) * random.normal(size=count)
        visits = random.random(count) < self.people.activity * np.exp(-0.5 * self._lost)
        kinds = (random.random(count)[:, None] > np.cumsum(self.people.kinds, axis=1)).sum(axis=1)
        kinds = np.minimum(kinds, len(MOMENTS) - 1)
        worth = self.people.margin_minor * np.exp(random.normal(0.0, 0.3, count))
        seen_mood = blurred(self._mood, float(self.nature.clarity[-1]), random.normal(size=count))
        # Drawn for every customer on every day: luck does not depend on what is done.
        self._luck, self._complains = random.random(count), random.random(count)
        self._delay = random.integers(0, _DELAY_DAYS + 1, count)
        self._worth_noise = np.exp(random.normal(-0.02, 0.2, count))
        self._who: Integers = np.flatnonzero(visits)
        self._kind, self._worth = kinds[self._who], worth[self._who]
        batch = self._batch(seen_mood)
        return Occasions(self._who, batch)

    def _batch(self, seen_mood: Floats) -> Batch:
        who, nature = self._who, self.nature
        margin = np.repeat(self._worth[:, None], len(ACTIONS), axis=1)
        margin[:, OFFER] -= nature.discount * self._worth / nature.margin_rate
        discount = np.zeros_like(margin)
        discount[:, OFFER] = nature.discount
        eligible = np.repeat(self._consent[who][:, None], len(ACTIONS), axis=1)
        eligible &= _FITS[self._kind]
        eligible[:, 0] = True
        table = self._signs.table(
            who,
            sentiment=seen_mood[who],
            activity=self.people.activity[who],
            since_order=self._since_order[who],
            ordered=self._ordered[who],
            margin_minor=self._worth,
            messages=(self._sent[:7].sum(axis=0)[who], self._sent.sum(axis=0)[who]),
        )
        names: tuple[str, ...] = NAMES
        if nature.forecast:
            known = nature.moment_base[self._kind] - nature.sated * self._sated(who)
            names = (*NAMES, "buy_chance")
            table = np.column_stack((table, self._signs.forecast(who, nature, known)))
        return Batch(
            moments=tuple(MOMENTS[one] for one in self._kind),
            names=names,
            values=table,
            actions=ACTIONS,
            eligible=eligible,
            margin=margin,
            cost=np.repeat(nature.message_cost[None], who.size, axis=0),
            discount=discount,
            keys=tuple(f"{self._day}:{one}" for one in who),
        )

    def _sated(self, who: Integers) -> Floats:
        told: Floats = np.exp(-self._since_order[who] / _SATED_DAYS)
        return told

    def _logits(self) -> Floats:
        """(n, a) log-odds of a purchase after each action."""
        who, nature = self._who, self.nature
        thrifty = np.maximum(self.people.traits[who, TRAITS.index("thrift")], 0.0)
        base = (
            nature.moment_base[self._kind]
            + self.people.ready[who]
            + nature.mood_weight * self._mood[who]
            - nature.fatigue_weight * self._fatigue[who]
            - nature.sated * self._sated(who)
            - self._lost[who]
        )
        waits = np.repeat((nature.waiting * thrifty * self._waiting[who])[:, None], len(ACTIONS), axis=1)
        waits[:, OFFER] = 0.0
        lift = nature.effect[self._kind] + self.people.traits[who] @ nature.reaction.T
        logits: Floats = base[:, None] + lift - waits
        return logits

    def _tired(self) -> Floats:
        """(n, a) fatigue that each action adds."""
        added: Floats = self.people.tires[self._who][:, None] * self.nature.annoying
        return added

    def _complaint(self) -> Floats:
        """(n, a) probability of a complaint after each action; none after silence."""
        tired = self._fatigue[self._who][:, None] + self._tired()
        chance: Floats = expit(self.nature.complaint_base + 2.5 * tired - 0.3 * self._mood[self._who][:, None])
        chance[:, 0] = 0.0
        return chance

    def expected(self) -> Floats:
        """Exact for the moment itself; what fatigue, waiting and complaints cost later, to the first order."""
        who, nature, left = self._who, self.nature, self.days - 1 - self._day
        chance = expit(self._logits())
        batch_margin = np.repeat(self._worth[:, None], len(ACTIONS), axis=1)
        batch_margin[:, OFFER] -= nature.discount * self._worth / nature.margin_rate
        now = chance * batch_margin - nature.message_cost
        usual = expit(nature.moment_share @ nature.moment_base + self.people.ready[who] - self._lost[who])
        slope = usual * (1 - usual) * self.people.margin_minor[who] * self.people.activity[who]
        kept = nature.fatigue_kept
        tired_days = kept * (1 - kept**left) / (1 - kept)
        later = slope[:, None] * nature.fatigue_weight * self._tired() * tired_days
        lost = slope * _AFTER_COMPLAINT + usual * self.people.margin_minor[who] * self.people.activity[who] * 0.4
        later += self._complaint() * (lost * left)[:, None]
        thrifty = np.maximum(self.people.traits[who, TRAITS.index("thrift")], 0.0)
        later[:, OFFER] += slope * nature.waiting * thrifty * 0.3 * (1 - 0.95**left) / 0.05
        total: Floats = (now - now[:, :1]) - later
        return total

    def close_day(self, chosen: Integers) -> DayResult:
        """See ``World``."""
        who, rows, nature = self._who, np.arange(self._who.size), self.nature
        chance = expit(self._logits())[rows, chosen]
        complains = self._complains[who] < self._complaint()[rows, chosen]
        price = self._worth / nature.margin_rate
        margin = self._worth * self._worth_noise[who] - np.where(chosen == OFFER, nature.discount * price, 0.0)
        buys = self._luck[who] < chance
        when = self._day + self._delay[who]
        np.add.at(self._due_profit, (when[buys], who[buys]), margin[buys])
        np.add.at(self._due_orders, (when[buys], who[buys]), 1)
        profit, orders = self._due_profit[self._day].copy(), self._due_orders[self._day].copy()
        profit[who] -= nature.message_cost[chosen]
        complaints = np.zeros(self.customers, dtype=np.int64)
        complaints[who[complains]] = 1
        self._remember(who, chosen, complaints, orders)
        return DayResult(profit, orders, complaints)

    def _remember(self, who: Integers, chosen: Integers, complaints: Integers, orders: Integers) -> None:
        self._fatigue[who] += self._tired()[np.arange(who.size), chosen]
        self._fatigue *= self.nature.fatigue_kept
        self._waiting[who[chosen == OFFER]] += 0.3
        self._waiting *= 0.95
        self._consent &= complaints == 0
        self._lost += _AFTER_COMPLAINT * complaints
        self._ordered += orders
        self._since_order = np.where(orders > 0, 0.0, self._since_order) + 1
        self._sent = np.roll(self._sent, 1, axis=0)
        self._sent[0] = 0
        self._sent[0, who[chosen > 0]] = 1
