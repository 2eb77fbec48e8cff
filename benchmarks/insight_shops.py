"""Public purchase logs as ``History``, so that the benchmark runs the very features and models that a shop gets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from insight.history import KINDS, NEVER, Events, History, Lines, Purchases, microseconds

_TAOBAO_KINDS = {"pv": "view", "fav": "other", "cart": "cart_add", "buy": "purchase"}


def online_retail(files: list[Path]) -> History:
    """Online Retail: invoices of known customers; a negative quantity sends the latest such line of his back."""
    columns = ["invoice_no", "stock_code", "quantity", "invoice_date", "unit_price", "customer_id"]
    frame = pd.concat([pd.read_parquet(file, columns=columns) for file in files], ignore_index=True)
    frame = frame[frame.customer_id.notna()].copy()
    frame["invoice_no"], frame["stock_code"] = frame.invoice_no.astype(str), frame.stock_code.astype(str)
    # The first days of the second year stand in both files.
    frame = frame.drop_duplicates() if len(files) > 1 else frame
    frame["at"] = _microseconds(frame.invoice_date)
    frame = frame.sort_values(["at"], kind="stable")
    customers = np.sort(frame.customer_id.unique())
    frame["customer"] = np.searchsorted(customers, frame.customer_id.to_numpy())
    codes, names = pd.factorize(frame.stock_code, sort=True)
    frame["product"] = codes
    bought = frame[(frame.quantity > 0)].copy()
    # Later invoice numbers are missing: an invoice is what a customer bought at one moment.
    bought["order"] = bought.groupby(["customer", "at"], sort=False).ngroup()
    bought["amount"] = bought.quantity * bought.unit_price
    orders = bought.groupby("order").agg(
        customer=("customer", "first"), at=("at", "first"), amount=("amount", "sum"), items=("quantity", "sum")
    )
    return History(
        customers=tuple(str(one) for one in customers),
        known_until=int(frame["at"].max()),
        joined=frame.groupby("customer")["at"].min().to_numpy(),
        products=tuple(names),
        purchases=Purchases.sorted(
            at=orders["at"], customer=orders.customer, amount=orders.amount, items=orders["items"],
            discount=np.zeros(len(orders)),
        ),
        lines=Lines.sorted(
            at=bought["at"], customer=bought.customer, order=bought.order, product=bought["product"],
            variant=np.full(len(bought), -1), quantity=bought.quantity, price=bought.unit_price,
            returned=_returned(bought, frame[frame.quantity < 0]),
        ),
    )  # fmt: skip


def cdnow(file: Path) -> History:
    """CDNOW: who bought when for how much."""
    frame = pd.read_parquet(file)
    customers = np.sort(frame.customer_id.unique())
    at = _microseconds(frame.date)
    return History(
        customers=tuple(str(one) for one in customers),
        known_until=int(at.max()),
        purchases=Purchases.sorted(
            at=at,
            customer=np.searchsorted(customers, frame.customer_id.to_numpy()),
            amount=frame.amount,
            items=frame.cds,
            discount=np.zeros(len(frame)),
        ),
    )


def taobao(file: Path) -> History:
    """Taobao's log of views, carts, favourites and purchases; a favourite is an event of a kind of its own."""
    frame = pd.read_parquet(file)
    customers, items = np.sort(frame.user_id.unique()), np.sort(frame.item_id.unique())
    kinds = {name: number for number, name in enumerate(KINDS)}
    frame["at"] = (frame.ts.astype("int64")) * 1_000_000
    frame = frame.sort_values("at", kind="stable")
    customer = np.searchsorted(customers, frame.user_id.to_numpy())
    categories, names = pd.factorize(frame.drop_duplicates("item_id").sort_values("item_id").category_id)
    frame["gap"] = frame.groupby("user_id")["at"].diff() > 30 * 60 * 1_000_000
    visit = frame.groupby("user_id")["gap"].cumsum()
    numbers = pd.factorize(customer.astype("int64") * 100_000 + visit.to_numpy())
    buys = (frame.behavior == "buy").to_numpy()
    nothing = np.full(len(frame), -1)
    return History(
        customers=tuple(str(one) for one in customers),
        known_until=int(frame["at"].max()),
        products=tuple(str(one) for one in items),
        categories=categories.astype(np.int64),
        category_names=tuple(str(one) for one in names),
        visits=("",) * len(numbers[1]),
        events=Events.sorted(
            at=frame["at"], customer=customer, kind=frame.behavior.map(_TAOBAO_KINDS).map(kinds),
            product=np.searchsorted(items, frame.item_id.to_numpy()), variant=nothing, visit=numbers[0],
            value=np.full(len(frame), np.nan), quantity=nothing, found=np.full(len(frame), np.nan),
        ),
        purchases=Purchases.sorted(
            at=frame["at"][buys], customer=customer[buys], amount=np.full(buys.sum(), np.nan),
            items=np.ones(buys.sum()), discount=np.zeros(buys.sum()),
        ),
    )  # fmt: skip


def day(year: int, month: int, day_of_month: int, hour: int = 0) -> int:
    """A moment in UTC, in microseconds."""
    return microseconds(datetime(year, month, day_of_month, hour, tzinfo=UTC))


def _microseconds(times: pd.Series) -> np.ndarray:
    values: np.ndarray = times.to_numpy().astype("datetime64[us]").astype("int64")
    return values


def _returned(bought: pd.DataFrame, back: pd.DataFrame) -> np.ndarray:
    """When each bought line was sent back: the latest line of the same customer and product before each return."""
    returned = np.full(len(bought), NEVER)
    lines = bought.reset_index(drop=True).reset_index(names="row")[["row", "customer", "product", "at"]]
    pairs = pd.merge_asof(
        back[["customer", "product", "at"]].rename(columns={"at": "back_at"}).sort_values("back_at"),
        lines.sort_values("at"),
        left_on="back_at",
        right_on="at",
        by=["customer", "product"],
    ).dropna(subset=["row"])
    np.minimum.at(returned, pairs.row.astype(int).to_numpy(), pairs.back_at.to_numpy())
    return returned
