"""Which customers to try in the demo: those with a story, first of all."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from ..database import Database
from ..schema import Customer


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """One entry of the page's customer list. ``note`` says what has just happened to them."""

    id: str
    name: str
    language: str
    note: str


def demo_customers(database: Database, language: str | None = None) -> list[DemoCustomer]:
    """The named customers of the demo shop, in their order; none for a shop that is not the demo.

    ``language``: of the notes, ``en`` or ``zh``; ``None``: each in the customer's own.
    """
    with database.read() as session:
        query = select(Customer).where(Customer.source == "demo", Customer.id < "C1100").order_by(Customer.id)
        customers = [customer for customer in session.scalars(query) if "demo" in customer.extra]
    return [
        DemoCustomer(
            id=customer.id,
            name=customer.full_name,
            language=customer.language,
            note=customer.extra["demo"]["zh" if (language or customer.language) == "zh" else "en"],
        )
        for customer in customers
    ]
