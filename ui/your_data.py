"""A customer's own data, for himself: seen, taken along, deleted.

    GET  /your-data            the page
    GET  /your-data/export     all of it as a JSON file
    POST /your-data/delete     for good

Who it is, the browser's cookie says; programs use ``/api/v1/me`` with the customer's token.
"""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from agent import Session
from beforehand import Shop
from store import NotFound
from store.schema import Customer

from .access import CUSTOMER_COOKIE, Access, Actor, address_of, bound, same
from .names import name_of
from .plain_page import HEADERS
from .wording import pick_language
from .your_data_page import YOUR_DATA, YourDataWording, deleted_html, nobody_html, profile_html

_HEADERS = {**HEADERS, "referrer-policy": "same-origin"}
"""A form that is sent must say which site it comes from."""


def your_data_routes(shop: Shop, access: Access) -> APIRouter:
    """The three routes."""
    routes = APIRouter(include_in_schema=False)
    pages = _Pages(shop, access)

    @routes.get("/your-data")
    def show(request: Request) -> Response:
        return pages.show(request)

    @routes.get("/your-data/export")
    def export(request: Request) -> Response:
        return pages.export(request)

    @routes.post("/your-data/delete")
    def delete(request: Request, csrf: Annotated[str, Form(max_length=200)] = "") -> Response:
        return pages.delete(request, csrf)

    return routes


class _Pages:
    def __init__(self, shop: Shop, access: Access) -> None:
        self._shop, self._access, self._name = shop, access, shop.config.shop.name

    def show(self, request: Request, problem: str = "", status: int = 200) -> Response:
        session = self._session(request)
        if session is None:
            return self._nobody(request)
        profile = self._shop.agent.profile(session)
        with self._shop.database.read() as records:
            name = name_of(records.get(Customer, session.customer()), "")
        words, query = self._words(request), self._query(request)
        told = profile_html(words, self._name, name, profile, query, _csrf(request), problem)
        return HTMLResponse(told, status, _HEADERS)

    def export(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return self._nobody(request)
        content = json.dumps(self._shop.agent.export_profile(session), ensure_ascii=False, indent=1)
        self._note(request, session, "own_data_exported")
        named = {"content-disposition": 'attachment; filename="your-data.json"'}
        return Response(content, media_type="application/json", headers={**_HEADERS, **named})

    def delete(self, request: Request, csrf: str) -> Response:
        session = self._session(request)
        if session is None:
            return self._nobody(request)
        words = self._words(request)
        if not same(_csrf(request), csrf):
            return self.show(request, words.stale, 403)
        forgotten = self._shop.agent.forget(session)
        self._note(request, session, "own_data_deleted")
        return HTMLResponse(deleted_html(words, self._name, forgotten, self._query(request)), headers=_HEADERS)

    def _session(self, request: Request) -> Session | None:
        """Of the customer whose browser it is, if the shop knows him."""
        customer_id = self._access.own_customer_id(request)
        if customer_id is None:
            return None
        session = Session.for_customer(customer_id)
        try:
            self._shop.agent.profile(session)
        except NotFound:
            return None
        return session

    def _nobody(self, request: Request) -> Response:
        return HTMLResponse(nobody_html(self._words(request), self._name), 401, _HEADERS)

    def _words(self, request: Request) -> YourDataWording:
        return YOUR_DATA[pick_language(request.query_params.get("language"), request.headers.get("accept-language"))]

    def _query(self, request: Request) -> str:
        kept = {name: request.query_params[name] for name in ("customer", "language") if name in request.query_params}
        return f"?{urlencode(kept)}" if kept else ""

    def _note(self, request: Request, session: Session, action: str) -> None:
        actor = Actor(f"customer:{session.customer()}", address=address_of(request))
        self._access.audit.write("audit", actor, action, customer_id=session.customer())


def _csrf(request: Request) -> str:
    """Only a page that was drawn for this very cookie has it."""
    return bound(request.cookies.get(CUSTOMER_COOKIE, ""), "your data")
