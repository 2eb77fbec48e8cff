"""Signing in over HTTP: the cookies, the forms' tokens, the guessing, and what lies behind the console's door."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from beforehand import Shop
from store import FixedClock, NotAllowed
from ui.access import CUSTOMER_COOKIE, STAFF_COOKIE, Access, Actor, Doorkeeper, NotSignedIn, sign_in_routes

PASSWORD = "seven green kettles"


def application(shop: Shop, access: Access, *origins: str) -> FastAPI:
    app = FastAPI()
    app.include_router(sign_in_routes(access, "Fennel & <Finch>", home="/console", session_seconds=3600))

    @app.api_route("/console/{path:path}", methods=["GET", "POST"])
    def console(path: str) -> str:
        return "secret figures"

    @app.get("/")
    def chat() -> str:
        return "chat"

    app.add_middleware(Doorkeeper, access=access, clock=shop.clock, origins=origins)
    return app


@pytest.fixture
def browser(shop: Shop, access: Access) -> Iterator[TestClient]:
    with TestClient(application(shop, access), base_url="https://help.example", follow_redirects=False) as opened:
        yield opened


def form(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))


def sign_in(browser: TestClient, name: str = "ana", password: str = PASSWORD, after: str = ""):
    fields = form(browser.get("/sign-in", params={"after": after}).text)
    return browser.post("/sign-in", data=fields | {"name": name, "password": password})


@pytest.fixture
def ana(access: Access, owner: Actor) -> None:
    access.staff.use_link(access.staff.add("ana", "agent", owner), PASSWORD, "x")


def test_signing_in_opens_the_console_and_signing_out_closes_it(browser: TestClient, ana: None) -> None:
    answer = sign_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console")
    cookie = answer.headers["set-cookie"]
    for part in (STAFF_COOKIE, "HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert part in cookie
    assert browser.get("/console/").status_code == 200
    out = form(browser.get("/sign-out").text)
    assert browser.post("/sign-out", data={"csrf": "forged"}).headers["location"] == "/sign-out"
    assert browser.get("/console/").status_code == 200
    browser.post("/sign-out", data=out)
    assert browser.get("/console/").status_code == 401


def test_the_console_is_shut_to_everybody_else(browser: TestClient, access: Access) -> None:
    page = browser.get("/console/", headers={"accept": "text/html"})
    assert page.headers["location"] == "/sign-in?after=/console/"
    for method, path in (
        ("GET", "/console/"),
        ("POST", "/console/gradio_api/upload"),
        ("GET", "/console/config?pass=1"),
    ):
        answer = browser.request(method, path, cookies={STAFF_COOKIE: "nonsense"})
        assert answer.status_code == 401
        assert "secret" not in answer.text
    assert [one.action for one in access.audit.entries(log="security")].count("refused_not_signed_in") == 3


def test_a_form_of_another_page_is_refused(browser: TestClient, ana: None) -> None:
    good = form(browser.get("/sign-in").text) | {"name": "ana", "password": PASSWORD}
    assert browser.post("/sign-in", data=good | {"csrf": "forged"}).status_code == 403
    browser.cookies.clear()
    assert browser.post("/sign-in", data=good).status_code == 403


@pytest.mark.parametrize(
    "after", ["//evil.example", "https://evil.example", "/\\evil.example", "\n/x", "evil", "/a\nb"]
)
def test_signing_in_leads_nowhere_else(browser: TestClient, ana: None, after: str) -> None:
    assert sign_in(browser, after=after).headers["location"] == "/console"
    fields = form(browser.get("/sign-in").text) | {"name": "ana", "password": PASSWORD, "after": after}
    assert browser.post("/sign-in", data=fields).headers["location"] == "/console"


def test_signing_in_goes_on_where_it_began(browser: TestClient, ana: None) -> None:
    assert sign_in(browser, after="/console/").headers["location"] == "/console/"


def test_guessing_ends_with_429(browser: TestClient, ana: None) -> None:
    assert [sign_in(browser, password="a wrong password").status_code for _ in range(7)] == [401] * 5 + [429] * 2
    assert sign_in(browser).status_code == 429


def test_the_link_sets_the_password_once(browser: TestClient, access: Access) -> None:
    link = access.staff.first_link()
    page = browser.get("/welcome", params={"link": link})
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    fields = form(page.text)
    assert browser.post("/welcome", data=fields | {"password": PASSWORD, "again": "other"}).status_code == 400
    assert browser.post("/welcome", data=fields | {"password": "short", "again": "short"}).status_code == 400
    done = browser.post("/welcome", data=fields | {"password": PASSWORD, "again": PASSWORD})
    assert done.headers["location"] == "/console"
    assert browser.get("/console/").status_code == 200
    assert browser.get("/welcome", params={"link": link}).status_code == 403
    again = fields | {"password": PASSWORD, "again": PASSWORD}
    assert browser.post("/welcome", data=again).status_code == 403


def test_what_is_typed_comes_back_as_text(browser: TestClient) -> None:
    bad = '"><script>alert(1)</script>'
    for page in (sign_in(browser, name=bad).text, browser.get("/sign-in", params={"after": bad}).text):
        assert "<script" not in page
        assert "Fennel &amp; &lt;Finch&gt;" in page
    policy = browser.get("/sign-in").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_the_forms_speak_the_browsers_language(browser: TestClient) -> None:
    page = browser.get("/sign-in", headers={"accept-language": "zh-CN"})
    assert "登录" in page.text
    assert 'lang="zh-CN"' in page.text


def test_a_customers_link_leaves_its_token_in_a_cookie(browser: TestClient, access: Access, clock: FixedClock) -> None:
    token = access.tokens.sign("C1", timedelta(hours=1))
    cookie = browser.get("/", params={"pass": token}).headers["set-cookie"]
    for part in (f"{CUSTOMER_COOKIE}={token}", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=3600"):
        assert part in cookie
    assert "set-cookie" not in browser.get("/", params={"pass": token[:-3]}).headers
    clock.advance(timedelta(hours=1))
    assert "set-cookie" not in browser.get("/", params={"pass": token}).headers


def test_an_embedded_chats_cookie_is_sent_inside_the_shops_page(shop: Shop, access: Access) -> None:
    with TestClient(application(shop, access, "https://www.shop.example"), base_url="https://help.example") as framed:
        cookie = framed.get("/", params={"pass": access.tokens.sign("C1", timedelta(hours=1))}).headers["set-cookie"]
    assert "SameSite=None" in cookie
    assert "Partitioned" in cookie


class Asked:
    """A request with a session's cookie, as Gradio and Starlette give one."""

    def __init__(self, token: str | None) -> None:
        self.cookies = {} if token is None else {STAFF_COOKIE: token}
        self.client = type("Client", (), {"host": "10.0.0.9"})()


def test_what_staff_sees_and_what_is_refused_is_logged(access: Access, owner: Actor) -> None:
    token = access.staff.use_link(access.staff.add("ana", "agent", owner), PASSWORD, "x")
    user = access.require(Asked(token), "see_customers", "customer_opened", customer_id="C1")
    assert user.name == "ana"
    with pytest.raises(NotAllowed):
        access.require(Asked(token), "manage_access", "key_added")
    with pytest.raises(NotSignedIn):
        access.require(Asked(None), "see_customers", "customer_opened", customer_id="C1")
    (seen,) = access.audit.entries(log="audit")
    assert (seen.actor, seen.role, seen.action, seen.customer_id, seen.address) == (
        "staff:ana", "agent", "customer_opened", "C1", "10.0.0.9"
    )  # fmt: skip
    assert {one.action for one in access.audit.entries(log="security")} >= {"refused_role", "refused_not_signed_in"}


def test_the_open_demo_needs_no_sign_in(shop: Shop) -> None:
    user = Access(shop, open_demo=True).require(Asked(None), "manage_shop", "import")
    assert (user.name, user.role) == ("demo", "owner")
