"""The chat over HTTP: a turn as one answer, or as server-sent events in whole checked sentences."""

# No "from __future__ import annotations": FastAPI reads the routes' own annotations, which name local doors.
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from agent import Progress, Sentence
from beforehand import Shop

from .callers import Caller, Doors
from .problems import documented
from .records import ChatReply, ChatRequest, Conversation, Conversations, Id
from .turns import Said, Turns

NO_BUFFERING = {"cache-control": "no-store", "x-accel-buffering": "no"}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "progress, sentence and reply", "content": {"text/event-stream": {}}}
}


def chat_routes(shop: Shop, doors: Doors, turns: Turns) -> APIRouter:
    routes = APIRouter(tags=["chat"], responses=documented(404))

    def turn(asked: ChatRequest, caller: Caller) -> Callable[[], Iterator[Said]]:
        session = caller.session(asked.language)
        doors.turn(caller)

        def begin() -> Iterator[Said]:
            conversation = shop.agent.start(session) if asked.new_conversation else asked.conversation_id
            return shop.agent.stream(session, asked.text, conversation)

        return begin

    @routes.post("/chat")
    async def chat(asked: ChatRequest, caller: Annotated[Caller, Depends(doors.customer)]) -> ChatReply:
        """One turn, answered when it is whole."""
        return ChatReply.model_validate(await turns.whole(turn(asked, caller)))

    @routes.post("/chat/stream", responses={**documented(404), **_STREAM}, response_class=StreamingResponse)
    async def stream(asked: ChatRequest, caller: Annotated[Caller, Depends(doors.customer)]) -> StreamingResponse:
        """The same turn as it comes: `progress`, `sentence` (joined, they are the text), and last `reply`."""
        events = turns.each(turn(asked, caller))
        # What is wrong with the request shows at the first event; it must not come as half a stream.
        first = await anext(events)
        return StreamingResponse(_sent(first, events), media_type="text/event-stream", headers=NO_BUFFERING)

    @routes.get("/conversations")
    def conversations(caller: Annotated[Caller, Depends(doors.customer)]) -> Conversations:
        """The customer's conversations, newest first, without their messages."""
        found = shop.agent.conversations(caller.session())
        return Conversations(conversations=[Conversation.model_validate(one) for one in found])

    @routes.get("/conversations/{conversation_id}")
    def conversation(
        conversation_id: Id,
        caller: Annotated[Caller, Depends(doors.customer)],
        after: Annotated[int, Query(ge=-1, le=2**31)] = -1,
    ) -> Conversation:
        """One conversation with its messages after a position; also those that came unasked."""
        return Conversation.model_validate(shop.agent.conversation(caller.session(), conversation_id, after))

    return routes


async def _sent(first: Said, rest: AsyncIterator[Said]) -> AsyncIterator[str]:
    yield _event(first)
    async for event in rest:
        yield _event(event)


def _event(event: Said) -> str:
    if isinstance(event, Progress):
        return server_sent("progress", json.dumps({"text": event.text, "tool": event.tool}, ensure_ascii=False))
    if isinstance(event, Sentence):
        return server_sent("sentence", json.dumps({"text": event.text}, ensure_ascii=False))
    return server_sent("reply", ChatReply.model_validate(event).model_dump_json())


def server_sent(name: str, data: str) -> str:
    """One event of a ``text/event-stream``; JSON has no line ends of its own."""
    return f"event: {name}\ndata: {data}\n\n"
