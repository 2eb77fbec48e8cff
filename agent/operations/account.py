"""What can be done to the account itself: its address."""

from __future__ import annotations

from .case import Case, Plan
from .consequences import Consequences
from .refusal import NoSuchRecord, refused
from .requests import ChangeAccountAddress


def plan_account_address(case: Case, request: ChangeAccountAddress) -> Plan:
    """The account's address becomes exactly the six fields; orders that were placed keep theirs."""
    customer = case.customer
    if customer is None:
        raise NoSuchRecord("account", case.customer_id)
    if not case.policy.change_account_address:
        raise refused(f"account:{customer.id}", "offered", request.operation)
    consequences = Consequences(address_before=dict(customer.address), address_after=request.address)

    def apply() -> None:
        if customer.country == customer.address.get("country"):
            customer.country = request.country
        customer.address = request.address

    return Plan(request, consequences, apply)
