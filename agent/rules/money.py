"""What offers have cost and how they are spread over groups, counted per day in ``tallies``."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as Records

from store.schema import Tally

from ..moments import Person
from ..settings import ProactiveSettings

SPENT = "offers"
_CONSIDERED, _OFFERED = "offers considered:", "offers made:"


@dataclass
class Spending:
    """What counts against the budget, and of each group how many were considered and given an offer."""

    spent_minor: int = 0
    considered: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    offered: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def group_of(self, person: Person, settings: ProactiveSettings) -> str | None:
        """The group of ``person``, if the merchant named one."""
        by = settings.offers.groups
        if by is None:
            return None
        value = {"country": person.country, "language": person.language.split("-")[0]}.get(by, person.extra.get(by))
        return str(value) if value not in (None, "") else "unknown"

    def fairness_objection(self, group: str | None, settings: ProactiveSettings) -> str | None:
        """Whether one more offer would lift this group's share too far above another's."""
        if group is None:
            return None
        gap = settings.offers.max_share_gap
        share = (self.offered.get(group, 0) + 1) / (self.considered.get(group, 0) + 1)
        others = {
            one: self.offered.get(one, 0) / count for one, count in self.considered.items() if count and one != group
        }
        if not others or not self.offered.get(group, 0):
            # Nobody to compare with yet, or the group's first offer: without it no share could ever begin.
            return None
        lowest = min(others, key=lambda one: others[one])
        if share - others[lowest] <= gap:
            return None
        return f"{group} would have offers for {share:.0%}, {lowest} has them for {others[lowest]:.0%}: too far apart"

    def note(self, group: str | None, cost_minor: int | None) -> None:
        """One more was considered, and with a cost given an offer."""
        if group is not None:
            self.considered[group] = self.considered.get(group, 0) + 1
            self.offered[group] = self.offered.get(group, 0) + (cost_minor is not None)
        self.spent_minor += cost_minor or 0


def read_spending(records: Records, settings: ProactiveSettings, at: datetime) -> Spending:
    """What was spent in the days of the budget until ``at``."""
    if not settings.offers.enabled:
        return Spending()
    first = (at - timedelta(days=settings.offers.budget_days - 1)).date().isoformat()
    found = Spending()
    rows = records.execute(
        select(Tally.name, func.sum(Tally.count), func.sum(Tally.amount_minor))
        .where(Tally.day >= first, Tally.day <= at.date().isoformat(), Tally.name.startswith("offers"))
        .group_by(Tally.name)
    )
    for name, count, amount in rows:
        if name == SPENT:
            found.spent_minor = int(amount)
        elif name.startswith(_CONSIDERED):
            found.considered[name.removeprefix(_CONSIDERED)] = int(count)
        elif name.startswith(_OFFERED):
            found.offered[name.removeprefix(_OFFERED)] = int(count)
    return found


def note_offer(records: Records, group: str | None, cost_minor: int | None, at: datetime) -> None:
    """Count that an offer was considered for a customer of ``group``; with ``cost_minor``, that it was made."""
    if group is not None:
        add_to_tally(records, _CONSIDERED + group, at)
        if cost_minor is not None:
            add_to_tally(records, _OFFERED + group, at)
    if cost_minor is not None:
        add_to_tally(records, SPENT, at, amount_minor=cost_minor)


def add_to_tally(records: Records, name: str, at: datetime, count: int = 1, amount_minor: int = 0) -> None:
    """Add to the day's count. Must run in a write transaction."""
    day = at.date().isoformat()
    done = records.execute(
        update(Tally)
        .where(Tally.name == name, Tally.day == day)
        .values(count=Tally.count + count, amount_minor=Tally.amount_minor + amount_minor)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]  # an update has a row count
        records.add(Tally(name=name, day=day, count=count, amount_minor=amount_minor))
        records.flush()
