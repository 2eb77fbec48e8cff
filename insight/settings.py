"""What can be set about foresight. Cheap to import."""

from __future__ import annotations

from pydantic import Field

from store import Settings


class LearnerSettings(Settings):
    """How the models are fitted. The defaults train a shop of some thousand customers in seconds on two cores."""

    folds: int = Field(default=5, ge=2, le=20)
    """Parts of the customers; each part is predicted by a model that has not seen it."""
    rounds: int = Field(default=1500, ge=10)
    """Most trees in a model; early stopping mostly ends long before."""
    patience: int = Field(default=40, ge=1)
    """Trees without a better log loss on the part left out, after which it stops."""
    repeats: int = Field(default=1, ge=1, le=20)
    """How often the division into parts is drawn anew; the models are averaged."""
    members: int = Field(default=3, ge=1, le=20)
    """Models of all rows whose mean is taken in the end."""
    shapes: tuple[str, ...] = ("small", "medium")
    """Which shapes of tree ensemble are tried: small, medium, large, random. The best by log loss is taken."""
    threads: int = Field(default=1, ge=1)
    """More help only with very many rows on an idle machine; else they wait for one another."""
    seed: int = 0


class InsightSettings(Settings):
    """What is foreseen, from how much past, and how it is learnt."""

    history_days: int = Field(default=730, ge=60)
    """Events older than this are not read; orders are read whole."""
    active_days: int = Field(default=180, ge=7)
    """Customers who did nothing for so long are not asked whether they buy this week."""
    leaves_days: int = Field(default=90, ge=14)
    """A customer leaves if he buys nothing for so long."""
    value_days: int = Field(default=90, ge=7)
    """Horizon of expected purchases and value."""
    cart_hours: int = Field(default=72, ge=1)
    """A cart is abandoned if it is not bought within so many hours."""
    wish_days: int = Field(default=30, ge=1)
    """What was put into a cart within so many days and not bought since is still wished for."""
    return_days: int = Field(default=45, ge=1)
    """An item counts as returned if that is asked for within so many days after the order."""
    upset_days: int = Field(default=30, ge=1)
    """Horizon of dissatisfaction: a bad review or a return for a fault within so many days."""
    visit_gap_minutes: int = Field(default=30, ge=1)
    """A pause of so long ends a visit, where the events name no visit."""
    snapshot_days: int = Field(default=14, ge=1)
    """Distance of the points in time that the models are trained at."""
    snapshots: int = Field(default=20, ge=2)
    """How many such points at most, counted back from now."""
    max_rows: int = Field(default=12_000, ge=200)
    """Most training rows for a model; a random part of the customers is taken above."""
    min_rows: int = Field(default=200, ge=20)
    """Fewest training rows for a model; below, the shop's mean is used, and said to be so."""
    min_positives: int = Field(default=20, ge=5)
    """Fewest rows of the rarer outcome; below, the shop's mean is used."""
    learner: LearnerSettings = LearnerSettings(folds=4, patience=25, shapes=("small",))
