"""Who is talking: one customer, or one member of staff with a role. Never an argument of a tool."""

from __future__ import annotations

from dataclasses import dataclass

from store import InputError, NotAllowed


@dataclass(frozen=True, slots=True)
class Session:
    """Made by the door that knows who is logged in (page, command line, HTTP); nothing said in a chat can change it."""

    customer_id: str | None = None
    language: str | None = None
    """BCP 47 language the page is shown in; ``None``: the customer's own. A message is answered in its own language."""
    staff_name: str | None = None
    role: str | None = None

    @classmethod
    def for_customer(cls, customer_id: str, language: str | None = None) -> Session:
        if not customer_id.strip():
            raise InputError("a session needs a customer", value=customer_id, allowed="the id of a customer")
        return cls(customer_id=customer_id, language=language)

    @classmethod
    def for_staff(cls, name: str, role: str) -> Session:
        if not name.strip() or not role.strip():
            raise InputError("a staff session needs a name and a role", value=f"{name}/{role}")
        return cls(staff_name=name, role=role)

    @property
    def is_staff(self) -> bool:
        return self.staff_name is not None

    def customer(self) -> str:
        """The customer's id. Raises ``NotAllowed`` in a staff session."""
        if self.customer_id is None:
            raise NotAllowed(
                "this needs a customer's session", value=f"staff {self.staff_name}", advice="Open it for a customer"
            )
        return self.customer_id
