"""OpenAI's chat completions, so that any chat client can talk to the agent.

The bearer is the customer's token. The conversation is the one of record: what the client claims to have been said
before, by whomever, is not looked at. So a made-up assistant message proves nothing, and confirms nothing.
"""

# No "from __future__ import annotations": FastAPI reads the routes' own annotations, which name local doors.
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from agent import Progress, Sentence
from beforehand import Shop
from store import NotFound

from .callers import Caller, Doors
from .chat_routes import NO_BUFFERING
from .openai_records import (
    MODEL,
    Choice,
    Chunk,
    ChunkChoice,
    Completed,
    Completion,
    Delta,
    Model,
    Models,
    SpokenMessage,
)
from .problems import documented
from .records import ChatReply
from .turns import Said, Turns


def openai_routes(shop: Shop, doors: Doors, turns: Turns) -> APIRouter:
    routes = APIRouter(prefix="/v1", tags=["openai"], responses=documented(404, openai=True))
    streamed: dict[int | str, dict[str, Any]] = {
        200: {"description": "An answer, or a stream of chunks", "content": {"text/event-stream": {}}}
    }

    @routes.get("/models")
    def models(caller: Annotated[Caller, Depends(doors.customer)]) -> Models:
        """The one model that there is."""
        return Models(data=[Model()])

    @routes.get("/models/{model}")
    def model(model: str, caller: Annotated[Caller, Depends(doors.customer)]) -> Model:
        _check_model(model)
        return Model()

    @routes.post("/chat/completions", response_model=Completed, responses=streamed)
    async def complete(
        asked: Completion, caller: Annotated[Caller, Depends(doors.customer)]
    ) -> Completed | StreamingResponse:
        """One turn of the customer's chat. A client that shows one message begins a new conversation."""
        _check_model(asked.model)
        asked.check()
        text, session = asked.said(), caller.session()
        doors.turn(caller)

        def begin() -> Iterator[Said]:
            conversation = asked.conversation_id or (shop.agent.start(session) if asked.begins else None)
            return shop.agent.stream(session, text, conversation)

        answer, created = f"chatcmpl-{uuid.uuid4().hex}", int(shop.clock().timestamp())
        if asked.stream:
            events = turns.each(begin)
            sent = _chunks(await anext(events), events, answer, created)
            return StreamingResponse(sent, media_type="text/event-stream", headers=NO_BUFFERING)
        reply = ChatReply.model_validate(await turns.whole(begin))
        choice = Choice(message=SpokenMessage(content=reply.text))
        return Completed(id=answer, created=created, choices=[choice], beforehand=reply)

    return routes


def _check_model(name: str) -> None:
    if name != MODEL:
        raise NotFound("there is no such model", value=name, allowed=MODEL)


async def _chunks(first: Said, rest: AsyncIterator[Said], answer: str, created: int) -> AsyncIterator[str]:
    def chunk(delta: Delta, *, reply: ChatReply | None = None) -> str:
        choice = ChunkChoice(delta=delta, finish_reason=None if reply is None else "stop")
        told = Chunk(id=answer, created=created, choices=[choice], beforehand=reply)
        return f"data: {told.model_dump_json(exclude_unset=False)}\n\n"

    yield chunk(Delta(role="assistant", content=""))
    spoken = False
    async for event in _chain(first, rest):
        if isinstance(event, Progress):
            # A comment: clients skip it, and a proxy sees that the connection lives.
            yield f": {event.tool or event.stage}\n\n"
        elif isinstance(event, Sentence):
            spoken = True
            yield chunk(Delta(content=event.text))
        else:
            reply = ChatReply.model_validate(event)
            if not spoken and reply.text:
                yield chunk(Delta(content=reply.text))
            yield chunk(Delta(), reply=reply)
    yield "data: [DONE]\n\n"


async def _chain(first: Said, rest: AsyncIterator[Said]) -> AsyncIterator[Said]:
    yield first
    async for event in rest:
        yield event
