"""What goes to a model elsewhere carries placeholders, and comes back whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from agent.masking import Mask
from store.schema import Customer

CUSTOMER = Customer(
    id="c",
    first_name="Anna",
    last_name="Berg",
    email="anna@example.com",
    phone="+49 228 123456",
    address={"address1": "Elm Street 12", "zip": "53111", "city": "Bonn"},
)


@pytest.mark.parametrize(
    "text",
    [
        "I am Anna Berg of Elm Street 12, 53111 Bonn",
        "write to anna@example.com or other.person@mail.org",
        "my card is 4111 1111 1111 1111",
        "call +49 228 123456 or 13812345678",
        "ANNA, please",
    ],
)
def test_hides_and_reveals(text: str) -> None:
    mask = Mask.of(CUSTOMER)
    hidden = mask.hide(text)
    for secret in ("Anna", "ANNA", "Berg", "Elm Street", "53111", "@", "4111", "123456", "1381234"):
        assert secret not in hidden
    assert mask.reveal(hidden).lower() == text.lower()


@pytest.mark.parametrize("text", ["order #W2611340 costs €12.50", "Bergamot tea, 100 g", "2026-03-02", "P0042"])
def test_leaves_the_rest_alone(text: str) -> None:
    assert Mask.of(CUSTOMER).hide(text) == text


def test_the_same_value_is_the_same_placeholder_in_text_and_tool_calls() -> None:
    mask = Mask.of(CUSTOMER)
    call = {"name": "hand_over_to_person", "args": {"summary": "Anna Berg wants a call"}, "id": "1"}
    hidden = mask.hide_message(AIMessage("Anna Berg", tool_calls=[call]))
    assert isinstance(hidden, AIMessage)
    assert str(hidden.content) in hidden.tool_calls[0]["args"]["summary"]
    back = mask.reveal_message(hidden)
    assert isinstance(back, AIMessage)
    assert back.tool_calls[0]["args"] == call["args"]


@given(st.text())
def test_any_text_survives(text: str) -> None:
    mask = Mask()
    assert mask.reveal(mask.hide(text)) == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("My name is Sophie Lang. Sophie needs help.", "My name is <NAME_1>. <NAME_2> needs help."),
        ("Please ask for Mr. van Gijn", "Please ask for Mr. <NAME_1>"),
        ("I'm Karin M. Beike, call me on 0393 1144137", "I'm <NAME_1>, call me on <PHONE_1>"),
        ("Name: leone mazzi", "Name: <NAME_1>"),
        ("call 780 6326 please", "call <PHONE_1> please"),
        ("ring me: (579)888-3058 or +41 (0)96 471 07 95", "ring me: <PHONE_1> or <PHONE_2>"),
        ("card 4111-1111-1111-1111", "card <CARD_1>"),
        ("IBAN GB29 NWBK 6016 1331 9268 19", "IBAN <NUMBER_1>"),
        ("from 86.121.97.248", "from <NUMBER_1>"),
        ("send it to 12 Elm Street, Springfield 62704 please", "send it to <ADDRESS_1> please"),
        ("My address is ul. Narewska 94, 05-800 Warszawa", "My address is <ADDRESS_1>"),
        ("ship to Hauptstr. 5, 53111 Bonn", "ship to <ADDRESS_1>"),
        ("zip code: 3610-114", "zip code: <ADDRESS_1>"),
        ("我叫李伟，电话13812345678", "我叫<NAME_1>，电话<PHONE_1>"),
        ("请寄到上海市浦东新区世纪大道100号3栋502室，谢谢", "请寄到<ADDRESS_1>，谢谢"),
        ("收件人：王小明，身份证号11010519491231002X", "收件人：<NAME_1>，身份证号<NUMBER_1>"),
        ("卡号4111111111111111，邮箱wei@example.com。", "卡号<CARD_1>，邮箱<EMAIL_1>。"),
        ("欧阳女士来电", "<NAME_1>女士来电"),
    ],
)
def test_finds_what_is_written_like_personal_data(text: str, hidden: str) -> None:
    mask = Mask()
    assert mask.hide(text) == hidden
    assert mask.reveal(hidden) == text


@pytest.mark.parametrize(
    "text",
    [
        "I want the Aurora Desk Lamp in 5 W, size 42-43",
        "It arrived on 2026-03-02 12:30, before 02.03.2026",
        "deliver to Norway please, I live in Bonn",
        "item 9523456873, tracking TR1234567890X, 12 x 100 g for €1,299.00",
        '{"order_id": "#W2611340", "total": "€34.50", "placed": "2026-02-26", "quantity": 2}',
        "I'm interested in the 2 of them on my way",
        "My name is not on the parcel",
        "我要退款，订单W1234567，3件，一共1299元，请问李宁鞋子有货吗",
        "我是说那双黑色的，42码，在第3页",
    ],
)
def test_leaves_what_a_shop_talks_about(text: str) -> None:
    assert Mask().hide(text) == text


def test_a_chinese_customers_own_name_is_hidden_between_other_characters() -> None:
    mask = Mask.of(Customer(id="w", first_name="小明", last_name="欧阳", email="w@example.com", address={}))
    hidden = mask.hide("我是欧阳小明，邮箱w@example.com")
    assert "小明" not in hidden
    assert "w@example" not in hidden
    assert mask.reveal(hidden) == "我是欧阳小明，邮箱w@example.com"


def test_nothing_is_hidden_from_a_model_in_this_process() -> None:
    assert Mask.nothing().hide("My name is Sophie Lang, call 780 6326") == "My name is Sophie Lang, call 780 6326"


@pytest.mark.parametrize(
    "title",
    [
        "Quickstep Summit 2 Rock-Plate Waterproof Trail Shoes",
        "Paceline Breeze 300 Lightweight Trail Running Shoes",
        "Ironleaf Allround 3 12-Hour Solar Garden Light Set of 4",
        "Paceline Breeze 500 Cushioned Reflective Road Running Shoes",
    ],
)
def test_a_thing_whose_name_has_a_kind_of_street_in_it_is_no_address(title: str) -> None:
    assert Mask().hide(f"{title} costs €82.00.") == f"{title} costs €82.00."


def test_such_a_street_is_one() -> None:
    assert Mask().hide("I live at 12 Cedar Trail, Austin") == "I live at <ADDRESS_1>"
