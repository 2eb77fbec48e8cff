"""The page over HTTP: what it offers, to whom, and what it never does."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from agent import Reply, Sentence
from store import NotAllowed
from ui.page import build_page
from ui.page_events import PageOptions, Visitor, Wiring
from ui.pictures import placeholder
from ui.rooms import WINDOWS, Rooms
from ui.web import build_app


def client(door, *, demo: bool = True, base_url: str = "http://127.0.0.1:7860") -> TestClient:
    options = PageOptions("Fennel & Finch", choose_customer=demo)
    return TestClient(build_app(door, options, lambda one: placeholder(one, one)), base_url=base_url)


@pytest.fixture
def page(door) -> Iterator[TestClient]:
    with client(door) as opened:
        yield opened


def test_the_page_needs_nothing_from_elsewhere(page: TestClient) -> None:
    answer = page.get("/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    theme = page.get("/theme.css").text
    assert "fonts.googleapis" not in theme
    assert "@import" not in theme


def test_other_names_of_this_machine_are_refused(door) -> None:
    with client(door, base_url="http://evil.example") as foreign:
        assert foreign.get("/").status_code == 400


def test_it_has_no_public_programming_interface(page: TestClient) -> None:
    config = page.get("/config").json()
    assert {one["api_visibility"] for one in config["dependencies"]} == {"private"}
    assert page.get("/gradio_api/info").json()["named_endpoints"] == {}
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert "swagger" not in page.get(path).text.lower()


def test_pictures_and_health(page: TestClient) -> None:
    answer = page.get("/pictures/a%2Fb")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert page.get("/healthz").json() == {"status": "ok"}


def test_a_shop_s_page_takes_the_chat_by_one_script(page: TestClient) -> None:
    answer = page.get("/widget.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "document.currentScript" in answer.text
    assert "http:" not in answer.text


def test_names_in_the_head_are_escaped(page: TestClient) -> None:
    assert "Fennel &amp; Finch" in str(page.get("/config").json())


def test_rooms_are_bounded_and_forgotten() -> None:
    rooms = Rooms(limit=2)
    for window in ("a", "b", "c"):
        rooms.enter(window, object())  # type: ignore[arg-type]
    assert rooms.view("a") is None
    assert rooms.view("c") is not None
    rooms.leave("c")
    assert rooms.view("c") is None
    assert rooms.view(None) is None
    rooms.leave(None)


def test_the_pages_library_keeps_few_windows_and_counts_nothing(door) -> None:
    page = build_page(door, PageOptions())
    assert page.state_session_capacity == WINDOWS
    queue = page._queue
    queue.events_recorded += 1
    counted = queue.compute_analytics_summary([{"function": "send", "status": "success", "process_time": 1.0}])
    assert counted == {"functions": {}}
    assert queue.ANALYTICS_MAX_EVENTS == 1


def window(name: str = "w1", language: str = "en-US", **query: str) -> SimpleNamespace:
    return SimpleNamespace(session_hash=name, headers={"accept-language": language}, query_params=query)


def wiring(door, *, demo: bool = True) -> Wiring:
    return Wiring(door, PageOptions("Shop", choose_customer=demo), Rooms())


def shown(value: object) -> str:
    assert isinstance(value, dict), value
    return "".join(bubble["html"] for bubble in value["bubbles"])


def skipped(value: object) -> bool:
    return value == {"__type__": "update"}


def test_the_demo_opens_with_the_first_customer_and_switches_language_with_the_customer(door) -> None:
    events = wiring(door)
    _, dropdown, transcript, *_ = events.open(window(language="zh-CN"))
    assert dropdown["value"] == "C1"
    assert [one for _, one in dropdown["choices"]] == ["C1", "C2"]
    assert transcript["lang"] == "en"
    assert "Hello Emma" in shown(transcript)
    assert transcript["address"] == "?customer=C1"
    assert events.open(window(customer="C2"))[1]["value"] == "C2"
    assert events.open(window(customer="nobody"))[1]["value"] == "C1"
    head, _, transcript, attach, message = events.choose("C2", window())
    assert attach["address"] == "attachments?language=zh-CN&customer=C2"
    assert transcript["lang"] == "zh-CN"
    assert "王小雨，您好" in shown(transcript)
    assert "程序" in head
    assert "/console/" in head
    assert message["placeholder"] == "请输入消息…"


def test_in_a_real_shop_nobody_chooses_a_customer(door) -> None:
    events = wiring(door, demo=False)
    head, dropdown, transcript, attach, message = events.open(window())
    assert attach["address"] is None
    assert dropdown["choices"] == []
    assert "open this chat from your account" in shown(transcript)
    assert not message["interactive"]
    assert "/console" not in head
    with pytest.raises(NotAllowed):
        events.choose("C1", window())
    assert [skipped(one) for one in events.send("Hello", window())] in ([], [False])
    assert door.asked == []


def test_a_customer_comes_with_a_pass_and_sees_no_merchant_tools(door) -> None:
    head, _, transcript, attach, message = wiring(door, demo=False).open(window(customer="C2"))
    assert attach["address"] == "attachments?language=zh-CN", "whose it is, the cookie says"
    assert "王小雨，您好" in shown(transcript)
    assert message["interactive"]
    assert "/console" not in head


def test_an_unknown_customer_and_a_refused_pass_are_said_and_not_thrown(door, monkeypatch) -> None:
    assert "something went wrong" in shown(wiring(door, demo=False).open(window(customer="C9"))[2])
    monkeypatch.setattr(door, "visitor", lambda query: Visitor(problem="pass_refused"))
    assert "no longer valid" in shown(wiring(door, demo=False).open(window())[2])
    monkeypatch.setattr(door, "visitor", lambda query: Visitor(merchant=True))
    assert "/console/" in wiring(door, demo=False).open(window())[0]


def test_a_turn_streams_and_each_answer_is_newer_than_the_one_before(door) -> None:
    door.script = [[Sentence("Yes. "), Reply("Yes. ", "choice", ("A", "B"))], [Reply("B it is.", "answer")]]
    events = wiring(door)
    first = events.open(window())[2]["number"]
    states = list(events.send("Really?", window()))
    numbers = [first, *(one["number"] for one in states)]
    assert numbers == sorted(set(numbers))
    assert not any(one["unsent"] for one in states)
    assert "Really?" in shown(states[0])
    button = states[-1]["bubbles"][-1]["key"] + ":1"
    pressed = list(events.press(SimpleNamespace(say=button), window()))
    assert "B it is." in shown(pressed[-1])
    assert door.asked[-1][0] == "B"
    assert list(events.press(SimpleNamespace(say="nonsense"), window())) == []


def test_a_turn_that_goes_on_after_another_customer_was_chosen_is_not_shown_to_them(door) -> None:
    door.script = [[Sentence("Your "), Sentence("order "), Reply("Your order.", "answer")]]
    events = wiring(door)
    events.open(window())
    turn = events.send("Where is it?", window())
    assert "Where is it?" in shown(next(turn))
    events.choose("C2", window())
    assert all(skipped(one) for one in turn)
    assert door.asked[-1][0] == "Where is it?"


def test_who_writes_too_fast_is_told_and_keeps_the_words(door) -> None:
    door.script = [[Reply("One.", "answer")], [Reply("Two.", "answer")]]
    events = Wiring(door, PageOptions("Shop", choose_customer=True, turns_per_minute=2), Rooms())
    for name in ("w1", "w2"):
        events.open(window(name))
    list(events.send("One", window("w1")))
    list(events.send("x" * 9000, window("w2")))
    assert len(door.asked[-1][0]) == 4000
    state, *more = events.send("Three", window("w1"))
    assert not more
    assert "wait a moment" in shown(state)
    assert state["unsent"] == "Three"
    assert next(text for text, *_ in door.asked) == "One"
    assert len(door.asked) == 2


def test_a_tick_sends_only_what_is_new(door) -> None:
    events = wiring(door)
    assert skipped(events.tick(window()))
    events.open(window())
    assert skipped(events.tick(window()))
    door.keep("assistant", "You left a jacket.", "proactive")
    assert "You left a jacket." in shown(events.tick(window()))
    assert skipped(events.tick(window()))
    events.leave(window())
    assert skipped(events.tick(window()))
    told = next(events.send("Hello", window()))
    assert "reload" in shown(told)
    assert told["unsent"] == "Hello"
