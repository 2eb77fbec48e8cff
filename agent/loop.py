"""One turn through LangChain's agent loop, the same for every chat model.

``TurnGuard`` is the middleware that makes the loop trustworthy: it masks what leaves the machine, lets the built-in
model finish when the configured one fails or runs on, and lets no sentence out that the evidence does not hold.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, AgentState, ModelRequest, ModelResponse, hook_config
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, RemoveMessage, SystemMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.runtime import Runtime

from .builtin_model import BuiltinChatModel
from .draft import CHECK, Shown
from .evidence import EvidenceBook
from .grounding import check_reply
from .language import language_of
from .masking import Mask
from .phrases import say
from .settings import AgentSettings
from .spending import Spending

_log = logging.getLogger(__name__)
_CUT_OFF = frozenset({"length", "max_tokens", "MAX_TOKENS"})
"""How providers say that a reply had all the tokens it may have."""


@dataclass
class TurnState:
    """What the guard knows and finds out during one turn."""

    asked: str
    language: str
    today: date
    message_id: str
    """Id that the reply will have in the record, and in working memory."""
    book: EvidenceBook
    mask: Mask
    tell: Callable[[str], None]
    """Called with each checked sentence of the reply, in order."""
    elsewhere: BaseChatModel | None
    """The configured model, in this process or not; ``None`` where the built-in one is it."""
    spending: Spending | None = None
    """Counts what that model uses, and says when it may be used no more."""
    calls: int = 0
    corrected: bool = False
    finishing: bool = False
    """The built-in model has taken over."""
    failures: list[str] = field(default_factory=list)
    text: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


class TurnGuard(AgentMiddleware):
    """Stands around the model of one turn."""

    def __init__(self, turn: TurnState, builtin: BuiltinChatModel, settings: AgentSettings) -> None:
        super().__init__()
        self._turn = turn
        self._builtin = builtin
        self._settings = settings

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        turn = self._turn
        if turn.elsewhere is None or turn.finishing:
            return handler(request.override(model=self._builtin))
        turn.calls += 1
        if turn.calls > self._settings.max_model_calls:
            return self._finish(request, handler, f"no reply after {self._settings.max_model_calls} calls")
        if turn.spending is not None and (why := turn.spending.objection()) is not None:
            return self._finish(request, handler, why)
        messages = [turn.mask.hide_message(one) for one in _latest(request.messages, self._settings.max_history)]
        try:
            response = handler(request.override(messages=messages))  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - providers raise what they like; the turn must end with a reply
            return self._finish(request, handler, f"{type(error).__name__}: {error}")
        if turn.spending is not None:
            turn.spending.add(messages, response.result)
        revealed = [turn.mask.reveal_message(one) for one in response.result]
        why = _unfit(revealed[-1] if revealed else None)
        return ModelResponse(result=revealed) if why is None else self._finish(request, handler, why)

    def _finish(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]], why: str
    ) -> ModelResponse[Any]:
        _log.warning("the built-in model finishes the turn: %s", why)
        self._turn.failures.append(why)
        self._turn.finishing = True
        return handler(request.override(model=self._builtin))

    @hook_config(can_jump_to=["model"])
    def after_model(self, state: AgentState[Any], runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Check a finished reply: pass it on, send it back once with the reasons, or take out what does not hold."""
        message = state["messages"][-1]
        if not isinstance(message, AIMessage) or message.tool_calls:
            return None
        turn = self._turn
        text = str(message.content).strip()
        checked = check_reply(text, turn.book, asked=turn.asked, today=turn.today)
        problems = [f"- {one.text.strip()}  ({one.problem})" for one in checked if one.problem]
        foreign = turn.elsewhere is not None and not turn.finishing
        for problem in problems:
            _log.info("withheld: %s", problem)
        if problems and foreign and not turn.corrected:
            turn.corrected = True
            return {"messages": [_correction(problems)], "jump_to": "model"}
        kept = [one.text for one in checked if not one.problem]
        if problems and foreign and not any(one.strip() for one in kept):
            turn.failures.append("no sentence of the reply was held by the evidence")
            turn.finishing = True
            return {"messages": [RemoveMessage(id=str(message.id))], "jump_to": "model"}
        if problems:
            language = language_of(text, turn.language)
            gap = "" if language == "zh" else " "
            kept.append(("" if not kept or kept[-1].endswith((" ", "\n")) else gap) + say("withheld", language))
        if foreign:
            kept.extend(_untold("".join(kept), turn.book, "" if turn.language == "zh" else " "))
        for sentence in kept:
            turn.tell(sentence)
        turn.text = "".join(kept).strip()
        turn.extra = dict(message.additional_kwargs) if not foreign else _read_extra(turn)
        final = AIMessage(content=turn.text, id=turn.message_id, additional_kwargs=turn.extra)
        dropped = [RemoveMessage(id=str(one.id)) for one in state["messages"] if _is_scaffold(one, message)]
        return {"messages": [*dropped, final]}


def _unfit(message: BaseMessage | None) -> str | None:
    """Why what a model gave is neither a reply nor calls; ``None`` if it is one."""
    if not isinstance(message, AIMessage):
        return "no message"
    if message.invalid_tool_calls:
        return f"a tool call that cannot be read ({message.invalid_tool_calls[0].get('error') or 'no JSON'})"
    if message.response_metadata.get("finish_reason") in _CUT_OFF:
        return "a reply that was cut off at its length"
    return None if message.tool_calls or str(message.content).strip() else "an empty reply"


def _untold(text: str, book: EvidenceBook, gap: str) -> list[str]:
    """What the model's reply left out of the proposal it made: nobody says yes to what he was not shown."""
    if book.proposed is None:
        return []
    plain = " ".join(text.split())
    missing = [one for one in (*book.proposed.told, book.proposed.question) if " ".join(one.split()) not in plain]
    return [f"{gap if at or text else ''}{one}" for at, one in enumerate(missing)]


def _is_scaffold(message: BaseMessage, last: BaseMessage) -> bool:
    """Left over from the check: the correction, and replies that were sent back."""
    return (
        message is last
        or bool(message.additional_kwargs.get(CHECK))
        or (isinstance(message, AIMessage) and not message.tool_calls and "shown" not in message.additional_kwargs)
    )


def _correction(problems: Sequence[str]) -> HumanMessage:
    return HumanMessage(
        "[automatic check, not the customer] These sentences of your reply are not held by what the tools returned:\n"
        + "\n".join(problems)
        + "\nWrite the whole reply again with only what the tools returned. If something is unknown, say so.",
        additional_kwargs={CHECK: True},
    )


def _read_extra(turn: TurnState) -> dict[str, Any]:
    """What a foreign model's reply shows, and its kind, read from its text and from what the tools did."""
    found: list[tuple[int, Shown]] = []
    lowered = turn.text.lower()
    for item in turn.book:
        kind, _, record = item.record.partition(":")
        named = (kind == "product" and item.field in {"title", "id"}) or (kind == "order" and item.field == "id")
        at = lowered.find(item.value.lower()) if named else -1
        if at >= 0 and all(one.id != record for _, one in found):
            found.append((at, Shown(kind, record, item.value if item.field == "title" else "")))
    shown = [one for _, one in sorted(found, key=lambda pair: pair[0])]
    looked_up = bool(turn.book.touched)
    proposed = turn.book.proposed
    if any(item.field == "handed_over" for item in turn.book.new_items()):
        kind_of_reply = "handover"
    elif proposed is not None:
        kind_of_reply = "proposal"
    else:
        kind_of_reply = "question" if turn.text.rstrip().endswith(("?", "？")) and not looked_up else "answer"
    return {
        "kind": kind_of_reply,
        "options": [],
        "products": {one.id: "" for one in shown if one.kind == "product"},
        "shown": [[one.kind, one.id, one.title] for one in shown],
        "proposal_id": None if proposed is None else proposed.proposal_id,
    }


def _latest(messages: Sequence[BaseMessage], limit: int) -> list[BaseMessage]:
    """The newest messages, from a customer's message on, so that no tool result stands without its call."""
    kept = list(messages[-limit:])
    starts = [
        at for at, one in enumerate(kept) if isinstance(one, HumanMessage) and not one.additional_kwargs.get(CHECK)
    ]
    if starts:
        return kept[starts[0] :]
    asked = max((at for at, one in enumerate(messages) if isinstance(one, HumanMessage)), default=0)
    return list(messages[asked:])


def build_loop(
    turn: TurnState,
    builtin: BuiltinChatModel,
    tools: Sequence[Any],
    settings: AgentSettings,
    prompt: str,
    saver: BaseCheckpointSaver[Any],
) -> Any:
    """The compiled LangGraph agent of one turn; its tools are bound to the session's customer."""
    return create_agent(
        turn.elsewhere or builtin,
        list(tools),
        system_prompt=SystemMessage(prompt),
        middleware=[TurnGuard(turn, builtin, settings)],
        checkpointer=saver,
    )
