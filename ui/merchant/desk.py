"""What every tab of the console shares: the shop, and who is allowed to look at what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent import Session
from beforehand import Shop

from ..access import Access, Permission, staff_session
from .words import Words

if TYPE_CHECKING:
    from ..wording import Wording


@dataclass(frozen=True, slots=True)
class Visit:
    """A member of staff, at one handler."""

    words: Words
    session: Session
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Handed to every tab."""

    shop: Shop
    access: Access

    def enter(
        self,
        request: Any,
        permission: Permission,
        action: str,
        *,
        customer_id: str | None = None,
        **detail: str | int | float | None,
    ) -> Visit:
        """Who asks, if they may; what they do goes into the audit log. Raises ``NotAllowed`` otherwise."""
        user = self.access.require(request, permission, action, customer_id=customer_id, **detail)
        return Visit(Words.of(request.headers.get("accept-language")), staff_session(user), user.name, user.role)

    def may(self, request: Any, permission: Permission) -> bool:
        """The same question without an entry in the log: for what is shown or hidden."""
        user = self.access.staff_user(request)
        return user is not None and user.may(permission)

    # What the reviews tab asks (``reviews_tab.ReviewDesk``).

    def words(self, request: Any) -> Wording:
        """The page's own texts in the language of the browser."""
        from ..wording import pick_language, wording

        return wording(pick_language(request.headers.get("accept-language")))

    def may_score(self, request: Any) -> bool:
        return self.may(request, "manage_shop")

    def may_see_figures(self, request: Any) -> bool:
        return self.may(request, "see_figures")
