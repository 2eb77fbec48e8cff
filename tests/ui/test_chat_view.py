"""What the agent says becomes bubbles, in order, and never twice."""

import pytest

from agent import Progress, Reply, Sentence
from ui.bubbles import Bubble
from ui.chat_view import ChatView


def opened(door, customer: str = "C1") -> ChatView:
    shopper = door.shopper(customer)
    return ChatView(door, shopper, shopper.language)


def said(view: ChatView) -> list[tuple[str, str]]:
    return [(bubble.role, bubble.text) for bubble in view.bubbles[1:]]


def last(view: ChatView) -> Bubble:
    return view.bubbles[-1]


def test_a_turn_shows_progress_then_sentences_then_the_reply(door, make_card) -> None:
    door.script = [
        [
            Progress("tool", "Looking for products …"),
            Sentence("I found one. "),
            Sentence("It is in stock."),
            Reply("I found one. It is in stock.", "answer", products=(make_card(),)),
        ]
    ]
    view = opened(door)
    shown = [last(view) for _ in view.say("  trail shoes ")]
    states = [(one.pending, one.progress, one.text, len(one.cards)) for one in shown]
    assert states[0] == (True, (), "", 0)
    assert states[1] == (True, ("Looking for products …",), "", 0)
    assert [state[2] for state in states[2:4]] == ["I found one. ", "I found one. It is in stock."]
    assert states[-1] == (False, (), "I found one. It is in stock.", 1)
    assert door.asked == [("trail shoes", "C1", "en")]
    assert said(view) == [("customer", "trail shoes"), ("assistant", "I found one. It is in stock.")]


def test_a_finished_turn_is_not_taken_up_again_from_the_record(door) -> None:
    door.script = [[Sentence("Yes."), Reply("Yes.", "answer")]]
    view = opened(door)
    list(view.say("Really?"))
    assert not view.refresh()
    assert said(view) == [("customer", "Really?"), ("assistant", "Yes.")]


def test_a_message_that_nobody_asked_for_appears_once(door, make_card) -> None:
    view = opened(door)
    assert not view.refresh()
    door.keep("assistant", "You left a jacket in your cart.", "proactive", (make_card(),))
    assert view.refresh()
    assert not view.refresh()
    assert last(view).unasked
    assert last(view).text == "You left a jacket in your cart."
    assert len(last(view).cards) == 1


def test_a_proactive_message_during_a_turn_is_shown_after_it(door) -> None:
    view = opened(door)

    def script():
        yield Sentence("One. ")
        door.keep("assistant", "By the way.", "proactive")
        assert not view.refresh()
        yield Reply("One. ", "answer")

    door.script = [script()]
    list(view.say("Hello"))
    assert said(view) == [("customer", "Hello"), ("assistant", "One. "), ("assistant", "By the way.")]
    assert last(view).unasked


def test_another_window_of_the_same_customer_gets_the_turn_too(door) -> None:
    door.script = [[Reply("Yes.", "answer")]]
    one, other = opened(door), opened(door)
    list(one.say("Really?"))
    assert other.refresh()
    assert said(other) == said(one)


def test_history_is_shown_and_a_new_conversation_is_read_from_its_beginning(door) -> None:
    door.keep("customer", "old question")
    door.keep("staff", "old answer")
    view = opened(door)
    assert said(view) == [("customer", "old question"), ("staff", "old answer")]
    door.conversation, door.kept = "another", []
    door.keep("assistant", "A fresh start.", "proactive")
    door.kept[0] = type(door.kept[0])("new", "assistant", "A fresh start.", "proactive", door.kept[0].at)
    assert view.refresh()
    assert said(view)[-1] == ("assistant", "A fresh start.")


def test_of_a_conversation_of_years_the_latest_is_shown_and_the_talk_goes_on(door) -> None:
    for number in range(500):
        door.keep("customer" if number % 2 else "assistant", f"message {number}")
    view = opened(door)
    assert [one.text for one in view.bubbles[1:]] == [f"message {number}" for number in range(300, 500)]
    door.script = [[Sentence("Yes."), Reply("Yes.", "answer")]]
    states = [said(view)[-2:] for _ in view.say("Is it there?")]
    assert states[-1] == [("customer", "Is it there?"), ("assistant", "Yes.")]
    assert len(view.bubbles) == 201
    assert not view.refresh()


def test_choices_can_be_pressed_until_the_talk_goes_on(door) -> None:
    door.script = [[Reply("Which one?", "choice", ("Size 41", "Size 42"))], [Reply("Noted.", "answer")]]
    view = opened(door)
    list(view.say("Change the size"))
    key = last(view).key
    assert view.says(f"{key}:1") == "Size 42"
    assert view.says(f"{key}:2") is None
    list(view.say("Size 42"))
    assert view.says(f"{key}:1") is None
    assert next(one for one in view.bubbles if one.key == key).answered


@pytest.mark.parametrize(("customer", "yes", "no"), [("C1", "Yes", "No"), ("C2", "是", "否")])
def test_a_proposal_is_confirmed_or_declined_in_the_customers_words(door, customer, yes, no) -> None:
    door.script = [[Reply("Shall I cancel order #1?", "proposal", proposal_id="p1")]]
    view = opened(door, customer)
    list(view.say("Cancel it"))
    assert [view.says(f"{last(view).key}:{place}") for place in (0, 1)] == [yes, no]


def test_a_card_asks_what_reviewers_say(door, make_card) -> None:
    door.script = [[Reply("Here:", "answer", products=(make_card("P1", "Trail shoe"),))]]
    view = opened(door)
    list(view.say("shoes"))
    assert view.says(f"{last(view).key}:card0") == "What do reviewers say about Trail shoe?"
    assert view.says(f"{last(view).key}:card1") is None
    assert view.says(f"{last(view).key}:cardx") is None
    assert view.says("nobody:0") is None
    assert view.says("") is None


@pytest.mark.parametrize("broken", [[RuntimeError("gone")], [Sentence("Half. "), RuntimeError("gone")], []])
def test_a_failing_agent_leaves_no_spinner(door, broken) -> None:
    door.script = [broken, [Reply("Back again.", "answer")]]
    view = opened(door)
    list(view.say("Hello"))
    assert not last(view).pending
    assert last(view).text
    list(view.say("Again"))
    assert said(view)[-1] == ("assistant", "Back again.")


def test_a_window_closed_in_the_middle_lets_the_next_turn_begin(door) -> None:
    door.script = [[Sentence("One. "), Sentence("Two.")], [Reply("Fine.", "answer")]]
    view = opened(door)
    turn = view.say("Hello")
    next(turn)
    next(turn)
    turn.close()
    assert not last(view).pending
    list(view.say("Again"))
    words = [text for _, text in said(view)]
    assert words == ["Hello", "One. ", "Again", "Fine."]


def test_a_database_that_is_away_for_a_moment_loses_nothing(door, monkeypatch) -> None:
    view = opened(door)
    door.keep("assistant", "You left something.", "proactive")
    with monkeypatch.context() as away:
        away.setattr(door, "messages", lambda *_: 1 / 0)
        assert not view.refresh()
    assert view.refresh()


def test_a_second_message_during_a_turn_and_empty_ones_are_ignored(door) -> None:
    door.script = [[Sentence("One."), Reply("One.", "answer")]]
    view = opened(door)
    turn = view.say("Hello")
    next(turn)
    assert list(view.say("Me too")) == []
    assert list(view.say("   ")) == []
    list(turn)
    assert len(door.asked) == 1


def test_a_reply_without_words_says_that_a_person_answers(door) -> None:
    door.script = [[Reply("", "handover")]]
    view = opened(door)
    list(view.say("Hello?"))
    assert last(view).text == view.words.handed_over


def test_welcome_greets_by_name_and_offers_examples_until_something_was_said(door) -> None:
    view = opened(door, "C2")
    assert view.bubbles[0].text.startswith("王小雨")
    assert view.bubbles[0].choices
    assert view.says("welcome:0") == view.words.examples[0]
    door.script = [[Reply("好的。", "answer")]]
    list(view.say("你好"))
    assert not view.bubbles[0].choices


def test_an_order_is_drawn_once_where_it_was_spoken_of_last(door, monkeypatch) -> None:
    door.keep("customer", "Where is #W1?")
    door.keep("assistant", "#W1 is being packed.")
    view = opened(door)
    assert [len(one.orders) for one in view.bubbles] == [0, 0, 1]
    door.script = [[Reply("#W1 is still being packed.", "answer")]]
    list(view.say("And now?"))
    assert [len(one.orders) for one in view.bubbles] == [0, 0, 0, 0, 1]
    monkeypatch.setattr(door, "orders", lambda *_: 1 / 0)
    door.script = [[Reply("#W1, once more.", "answer")]]
    list(view.say("And now?"))
    assert last(view).text == "#W1, once more."
