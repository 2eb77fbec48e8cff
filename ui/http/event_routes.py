"""Events in: one, or a batch."""

# No "from __future__ import annotations": FastAPI reads the routes' own annotations, which name local doors.
import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends

from .callers import Caller, Doors
from .event_intake import EventIntake
from .problems import documented
from .records import EventBatch, EventIn, EventsTaken


def event_routes(intake: EventIntake, doors: Doors) -> APIRouter:
    routes = APIRouter(tags=["events"], responses=documented())

    @routes.post("/events")
    async def take(event: EventIn, caller: Annotated[Caller, Depends(doors.key("events"))]) -> EventsTaken:
        """One event. Answered when it is written; sent again under its id it changes nothing."""
        return await asyncio.wrap_future(intake.take([event], caller.actor.name))

    @routes.post("/events/batch")
    async def take_batch(batch: EventBatch, caller: Annotated[Caller, Depends(doors.key("events"))]) -> EventsTaken:
        """Up to 1,000 events, all or (where one of them is not as it must be) none."""
        return await asyncio.wrap_future(intake.take(batch.events, caller.actor.name))

    return routes
