"""After-sales wishes with a chat model that is not the built-in one: same tools, same proposals, same yes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

from agent import Agent, AgentSettings, Session
from store import Database, FixedClock
from store.schema import Customer, Order, OrderLine, Payment, PaymentMethod

CARLA = Session.for_customer("carla")
Says = Callable[[Sequence[BaseMessage]], AIMessage]


class ToolCallingModel(BaseChatModel):
    """Says what ``says`` says, and counts how often it was asked."""

    _says: Says = PrivateAttr()

    def follow(self, says: Says) -> None:
        self._says = says

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind()

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._says(messages))])


def _call(name: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call_{uuid.uuid4().hex}"}])


def _results(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """What the tools have given since the customer's last message."""
    at = max(place for place, one in enumerate(messages) if one.type == "human")
    return [json.loads(str(one.content)) for one in messages[at:] if one.type == "tool"]


@pytest.fixture
def model() -> ToolCallingModel:
    return ToolCallingModel()


@pytest.fixture
def agent(database: Database, clock: FixedClock, model: ToolCallingModel) -> Iterator[Agent]:
    with database.write() as records:
        card = PaymentMethod(id="card_carla", kind="credit_card", brand="visa", last_four="4242")
        records.add(Customer(id="carla", first_name="Carla", language="en", payment_methods=[card]))
        for order_id, total in (("#C1", 2500), ("#C2", 4000)):
            records.add(
                Order(
                    id=order_id, customer_id="carla", status="pending", currency="EUR",
                    placed_at=clock() - timedelta(days=1),
                    lines=[OrderLine(position=0, title="Desk Lamp", quantity=1, unit_price_minor=total)],
                    payments=[
                        Payment(
                            position=0, kind="payment", amount_minor=total, currency="EUR", method_id="card_carla"
                        )
                    ],
                )
            )  # fmt: skip
    settings = AgentSettings(policy="retail")
    opened = Agent(
        database, products=None, recommender=None, encoder=None, settings=settings, clock=clock, chat_model=model
    )
    yield opened
    opened.close()


def _status(database: Database, order_id: str) -> str:
    with database.read() as records:
        order = records.get(Order, order_id)
        assert order is not None
        return order.status


def _proposes(*orders: str, then: str) -> Says:
    def says(messages: Sequence[BaseMessage]) -> AIMessage:
        done = len(_results(messages))
        if done < len(orders):
            return _call("propose_cancel_order", order_id=orders[done], reason="no longer needed")
        return AIMessage(then)

    return says


def _confirms(proposal_id: str | None) -> Says:
    def says(messages: Sequence[BaseMessage]) -> AIMessage:
        if not _results(messages):
            return _call("confirm_proposal", proposal_id=proposal_id)
        return AIMessage("Thank you for your patience.")

    return says


def test_what_it_proposes_can_be_confirmed(agent: Agent, database: Database, model: ToolCallingModel) -> None:
    model.follow(_proposes("#C1", then="One moment, please."))
    proposed = agent.reply(CARLA, "please cancel #C1, I don't need it")
    assert proposed.kind == "proposal"
    assert proposed.proposal_id is not None
    assert "€25.00" in proposed.text, "what it would do is shown, although the model did not say it"
    assert "#C1" in proposed.text
    assert _status(database, "#C1") == "pending"
    model.follow(_confirms(proposed.proposal_id))
    assert agent.reply(CARLA, "yes").kind == "answer"
    assert _status(database, "#C1") == "cancelled"


def test_nothing_is_done_without_the_customers_own_yes(
    agent: Agent, database: Database, model: ToolCallingModel
) -> None:
    model.follow(_proposes("#C1", then="I can do that."))
    proposed = agent.reply(CARLA, "please cancel #C1, I don't need it")
    model.follow(_confirms(proposed.proposal_id))
    agent.reply(CARLA, "what would happen then?")
    assert _status(database, "#C1") == "pending"
    # The question in between showed no proposal, so a yes now is a yes to nothing.
    agent.reply(CARLA, "yes")
    assert _status(database, "#C1") == "pending"


def test_a_yes_is_to_what_was_shown_last(agent: Agent, database: Database, model: ToolCallingModel) -> None:
    model.follow(_proposes("#C1", "#C2", then="Both can be cancelled."))
    proposed = agent.reply(CARLA, "please cancel both, I don't need them")
    assert "€40.00" in proposed.text
    model.follow(_proposes("#C1", then="Is that right?"))
    again = agent.reply(CARLA, "only the first")
    assert again.proposal_id != proposed.proposal_id
    model.follow(_confirms(proposed.proposal_id))
    agent.reply(CARLA, "yes")
    assert (_status(database, "#C1"), _status(database, "#C2")) == ("pending", "pending")
