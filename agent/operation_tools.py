"""The after-sales operations as tools of a customer's session. Each docstring is what a chat model reads.

A write is only ever proposed here. ``confirm_proposal`` carries out what the customer's own message said yes to, and
nothing else: which proposal that is, the turn says, not the model.
"""

from __future__ import annotations

from collections.abc import Callable

from store import InputError

from .desk import Desk
from .facts import AccountFacts, Facts, OperationFacts, Problem, RefusalFacts, ToldFacts
from .lookups import read_account
from .operations import (
    NoSuchRecord,
    OperationName,
    OperationRefused,
    Operations,
    Outcome,
    Proposal,
    ask_for_yes,
    parse_request,
    tell_outcome,
    tell_proposal,
    word_refusal,
)
from .operations.reading_told import tell_invoice, tell_refunds
from .session import Session

OPERATION_TOOLS = (
    "get_account",
    "get_refund_status",
    "get_invoice",
    "propose_cancel_order",
    "propose_return_items",
    "propose_exchange_items",
    "propose_change_order_items",
    "propose_change_order_address",
    "propose_change_order_payment",
    "propose_change_account_address",
    "check_proposal",
    "confirm_proposal",
    "decline_proposal",
)


class OperationDesk(Desk):
    """The tools' bodies."""

    @property
    def _operations(self) -> Operations:
        operations = self._parts.operations
        if operations is None:
            raise AssertionError("the operations' tools are bound without a policy")
        return operations

    @property
    def _session(self) -> Session:
        return Session.for_customer(self._turn.customer_id)

    def get_account(self) -> str:
        """READ. The customer's own account: address, payment methods with their ids, accepted reasons to cancel."""

        def make() -> AccountFacts:
            with self._parts.database.read() as records:
                account = read_account(records, self._turn.customer_id)
            shown = {
                name: labels.get(self._turn.language, name)
                for name, labels in self._operations.policy.cancel_reasons.items()
            }
            return account.model_copy(update={"cancel_reasons": shown, "once": self._once()})

        return self._give("get_account", make)

    def _once(self) -> tuple[str, ...]:
        """Operations after which an order is in a status that does not allow them again."""
        after: dict[OperationName, str] = {
            "change_order_items": "pending (item modified)",
            "exchange_items": "exchange requested",
            "return_items": "return requested",
        }
        allowed = self._operations.policy.allowed_statuses
        return tuple(name for name, status in after.items() if status not in allowed.get(name, ()))

    def get_refund_status(self, order_id: str) -> str:
        """READ. What was paid back for an order and when it is there, and what is still to come.

        Args:
            order_id: The order's id, e.g. "#W2611340".
        """
        return self._give("get_refund_status", lambda: self._read(order_id, "refunds"))

    def get_invoice(self, order_id: str) -> str:
        """READ. The invoice of an order: lines, sums, payments.

        Args:
            order_id: The order's id, e.g. "#W2611340".
        """
        return self._give("get_invoice", lambda: self._read(order_id, "invoice"))

    def propose_cancel_order(self, order_id: str, reason: str) -> str:
        """PROPOSE. Cancel a whole order that is not yet on its way. Nothing happens before the customer says yes.

        Args:
            order_id: The order's id, e.g. "#W2611340".
            reason: One of the reasons that get_account lists, e.g. "no longer needed".
        """
        return self._propose("cancel_order", order_id=order_id, reason=reason)

    def propose_return_items(self, order_id: str, item_ids: list[str], payment_method_id: str | None = None) -> str:
        """PROPOSE. Return items of a delivered order. Nothing happens before the customer says yes.

        Args:
            order_id: The order's id, e.g. "#W2611340".
            item_ids: Variant ids of the items, as get_order lists them, e.g. ["6469567736"].
            payment_method_id: Where the refund goes, e.g. "gift_card_1725971"; leave out for the way it was paid.
        """
        return self._propose("return_items", order_id=order_id, item_ids=item_ids, payment_method_id=payment_method_id)

    def propose_exchange_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str | None = None
    ) -> str:
        """PROPOSE. Exchange items of a delivered order for other versions of the same products, all in one go.

        Args:
            order_id: The order's id, e.g. "#W2611340".
            item_ids: Variant ids of the items, e.g. ["6469567736"].
            new_item_ids: Variant ids to get instead, place by place, e.g. ["7453605304"].
            payment_method_id: Pays or receives the difference in price; leave out for the way it was paid.
        """
        return self._propose(
            "exchange_items",
            order_id=order_id,
            item_ids=item_ids,
            new_item_ids=new_item_ids,
            payment_method_id=payment_method_id,
        )

    def propose_change_order_items(
        self, order_id: str, item_ids: list[str], new_item_ids: list[str], payment_method_id: str | None = None
    ) -> str:
        """PROPOSE. Change items of a pending order to other versions of the same products; possible once per order.

        Args:
            order_id: The order's id, e.g. "#W2611340".
            item_ids: Variant ids of the items, e.g. ["6469567736"].
            new_item_ids: Variant ids to get instead, place by place, e.g. ["7453605304"].
            payment_method_id: Pays or receives the difference in price; leave out for the way it was paid.
        """
        return self._propose(
            "change_order_items",
            order_id=order_id,
            item_ids=item_ids,
            new_item_ids=new_item_ids,
            payment_method_id=payment_method_id,
        )

    def propose_change_order_address(
        self, order_id: str, address1: str, city: str, country: str, zip: str, address2: str = "", state: str = ""
    ) -> str:
        """PROPOSE. Send a pending order to another address.

        Args:
            order_id: The order's id, e.g. "#W2611340".
            address1: Street and number, e.g. "215 River Road".
            city: e.g. "New York".
            country: e.g. "USA".
            zip: e.g. "10083".
            address2: Suite, floor or the like, e.g. "Suite 991"; may be empty.
            state: e.g. "NY"; may be empty.
        """
        return self._propose(
            "change_order_address", order_id=order_id, address1=address1, address2=address2, city=city, state=state,
            country=country, zip=zip,
        )  # fmt: skip

    def propose_change_order_payment(self, order_id: str, payment_method_id: str) -> str:
        """PROPOSE. Pay a pending order another way.

        Args:
            order_id: The order's id, e.g. "#W2611340".
            payment_method_id: The way to pay instead, as get_account lists it, e.g. "paypal_3738584".
        """
        return self._propose("change_order_payment", order_id=order_id, payment_method_id=payment_method_id)

    def propose_change_account_address(
        self, address1: str, city: str, country: str, zip: str, address2: str = "", state: str = ""
    ) -> str:
        """PROPOSE. Change the address of the customer's account; orders keep theirs.

        Args:
            address1: Street and number, e.g. "215 River Road".
            city: e.g. "New York".
            country: e.g. "USA".
            zip: e.g. "10083".
            address2: Suite, floor or the like, e.g. "Suite 991"; may be empty.
            state: e.g. "NY"; may be empty.
        """
        return self._propose(
            "change_account_address", address1=address1, address2=address2, city=city, state=state, country=country,
            zip=zip,
        )  # fmt: skip

    def check_proposal(self, proposal_id: str) -> str:
        """READ. What has become of a proposal of this customer.

        Args:
            proposal_id: e.g. "P-0a1b2c3d4e5f".
        """
        return self._give("check_proposal", lambda: self._outcome(lambda: self._read_outcome(proposal_id)))

    def confirm_proposal(self, proposal_id: str) -> str:
        """WRITE. Carry out the proposal that your last reply showed and that the customer has just said yes to.

        Args:
            proposal_id: e.g. "P-0a1b2c3d4e5f".
        """

        def make() -> Facts:
            if proposal_id.strip() != self._turn.confirmed:
                return Problem(
                    problem="not_confirmed",
                    value=proposal_id,
                    advice="The customer has not said yes to this. Show the proposal and ask.",
                )
            return self._outcome(lambda: self._operations.confirm(self._session, proposal_id))

        return self._give("confirm_proposal", make)

    def decline_proposal(self, proposal_id: str) -> str:
        """WRITE. Drop a proposal that the customer does not want.

        Args:
            proposal_id: e.g. "P-0a1b2c3d4e5f".
        """
        return self._give(
            "decline_proposal",
            lambda: self._outcome(lambda: self._operations.decline(self._session, proposal_id)),
        )

    def _propose(self, operation: str, **arguments: object) -> str:
        def make() -> Facts:
            try:
                request = parse_request(operation, arguments)
                found = self._operations.propose(self._session, request, conversation_id=self._turn.conversation_id)
            except (OperationRefused, NoSuchRecord) as error:
                told = (word_refusal(error.refusal, self._turn.language),)
                return RefusalFacts(refused=error.refusal.rule, told=told, allowed=error.refusal.allowed)
            except InputError as error:
                return Problem(problem="bad_argument", value=str(error))
            return self._as_proposal(found)

        return self._give(f"propose_{operation}", make)

    def _as_proposal(self, found: Proposal) -> OperationFacts:
        language = self._turn.language
        return OperationFacts(
            proposal_id=found.id,
            operation=found.operation,
            state=found.state,
            order_id=found.consequences.order_id,
            told=tuple(tell_proposal(found, language, self._operations.policy.cancel_reasons)),
            question=ask_for_yes(language),
        )

    def _read_outcome(self, proposal_id: str) -> Outcome:
        return self._operations.outcome(self._session, proposal_id)

    def _outcome(self, settle: Callable[[], Outcome]) -> Facts:
        language = self._turn.language
        try:
            outcome = settle()
        except NoSuchRecord as error:
            return RefusalFacts(refused=error.refusal.rule, told=(word_refusal(error.refusal, language),))
        return OperationFacts(
            proposal_id=outcome.proposal_id,
            operation=outcome.operation,
            state=outcome.state,
            order_id=outcome.consequences.order_id,
            told=tuple(tell_outcome(outcome, language, self._operations.policy.cancel_reasons)),
        )

    def _read(self, order_id: str, what: str) -> Facts:
        language = self._turn.language
        try:
            if what == "refunds":
                told = tell_refunds(self._operations.refund_status(self._session, order_id), language)
            else:
                told = tell_invoice(self._operations.invoice(self._session, order_id), language)
        except NoSuchRecord as error:
            return RefusalFacts(refused=error.refusal.rule, told=(word_refusal(error.refusal, language),))
        return ToldFacts(record=f"order:{order_id}", told=tuple(told))
