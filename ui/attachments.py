"""Pictures that customers send in the chat: where they come in, and who may see them again.

    POST /attachments          the picture's bytes as the body; from the customer's own browser
    GET  /attachments/{id}     for staff who may see customers, and for the customer who sent it

A picture is part of the database, never a file with a name of its own. To everybody else it is not there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from agent import Session
from beforehand import Shop
from store import Database, InputError, NotAllowed, NotFound
from store.schema import Attachment

from .access import Access, Actor, RateLimit, actor_of, address_of
from .picture_cleaning import clean_picture

if TYPE_CHECKING:
    from agent import Picture

_PER_MINUTE = 6
_AT_ONCE = 2
"""Reading a picture takes a core and up to 200 MB for a moment."""
_HEADERS = {
    "cache-control": "private, max-age=300",
    "content-security-policy": "default-src 'none'; sandbox",
    "content-disposition": 'inline; filename="picture.jpg"',
    "cross-origin-resource-policy": "same-origin",
}


def pictures_of(database: Database, message_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Message id -> ids of the pictures that came with it."""
    wanted = list(message_ids)
    if not wanted:
        return {}
    asked = select(Attachment.message_id, Attachment.id).where(Attachment.message_id.in_(wanted))
    with database.read() as records:
        found: dict[str, tuple[str, ...]] = {}
        for message_id, picture_id in records.execute(asked.order_by(Attachment.at, Attachment.id)):
            found[message_id] = (*found.get(message_id, ()), picture_id)
        return found


def attachment_routes(shop: Shop, access: Access) -> APIRouter:
    """The two routes."""
    routes = APIRouter(include_in_schema=False)
    door = _Door(shop, access)

    @routes.post("/attachments")
    async def send(request: Request, language: str | None = None) -> Response:
        # How long the body may be and take is watched outside of here.
        return await run_in_threadpool(door.take, request, await request.body(), language)

    @routes.get("/attachments/{picture_id}")
    def show(request: Request, picture_id: str) -> Response:
        return door.show(request, picture_id)

    return routes


class _Door:
    def __init__(self, shop: Shop, access: Access) -> None:
        self._shop, self._access = shop, access
        self._rate = RateLimit(_PER_MINUTE)
        self._cleaning = threading.BoundedSemaphore(_AT_ONCE)

    def take(self, request: Request, content: bytes, language: str | None) -> Response:
        customer_id = self._access.own_customer_id(request)
        if customer_id is None:
            return self._refuse(request, 401, "refused_not_signed_in", "this needs the customer's own browser")
        if self._rate.take(customer_id):
            return self._refuse(request, 429, "refused_rate", "too many pictures", customer_id)
        try:
            picture = self._clean(content)
        except InputError as error:
            return self._refuse(request, 415, "refused_upload_content", error.problem, customer_id)
        try:
            self._shop.agent.take_picture(Session.for_customer(customer_id, language), picture)
        except NotFound as error:
            return self._refuse(request, 404, "refused_upload", error.problem, customer_id)
        except NotAllowed as error:
            return self._refuse(request, 429, "refused_rate", error.problem, customer_id)
        return Response(status_code=204, headers={"cache-control": "no-store"})

    def show(self, request: Request, picture_id: str) -> Response:
        user = self._access.staff_user(request)
        seer = user if user is not None and user.may("see_customers") else None
        with self._shop.database.read() as records:
            found = records.get(Attachment, picture_id)
        if found is None or (seer is None and self._access.customer_id(request) != found.customer_id):
            # Nobody learns that another's picture exists.
            return self._refuse(request, 404, "refused_picture", "there is no such picture")
        if seer is not None:
            self._access.audit.write(
                "audit", actor_of(seer, request), "picture_seen", customer_id=found.customer_id, picture=picture_id
            )
        return Response(found.content, media_type="image/jpeg", headers=_HEADERS)

    def _clean(self, content: bytes) -> Picture:
        with self._cleaning:
            return clean_picture(content)

    def _refuse(
        self, request: Request, status: int, action: str, told: str, customer_id: str | None = None
    ) -> Response:
        name = "anyone" if customer_id is None else f"customer:{customer_id}"
        self._access.audit.write(
            "security",
            Actor(name, address=address_of(request)),
            action,
            customer_id=customer_id,
            wanted=f"{request.method} {request.url.path}",
        )
        return JSONResponse({"status": status, "detail": told}, status, {"cache-control": "no-store"})
