"""The service inbox: hand-overs with what it is about, an answer, and back to the program; approvals beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from agent import PICTURE, ConversationView, MessageView, TodoView
from agent.operations import Proposal, tell_proposal
from store import BeforehandError, NotAllowed
from store.schema import Conversation, Customer, Todo
from store.schema import Proposal as KeptProposal

from ..access import Permission
from ..answers import IN_TURN, QUIET, number, take
from ..attachments import pictures_of
from ..names import name_of
from ..quiet import no_telemetry
from .desk import Desk, Visit
from .inbox import Waiting, read_waiting
from .markup import (
    Link,
    done_html,
    head_html,
    link_html,
    moment,
    note_html,
    problem_html,
    since,
)
from .people import customer_of
from .words import Words

no_telemetry()
import gradio as gr  # noqa: E402 - telemetry must be off before

if TYPE_CHECKING:
    from agent import Agent

PLACED = (Path(__file__).parents[1] / "assets" / "placed.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class InboxView:
    """The tab's components."""

    tab: gr.Tab
    waiting: gr.HTML
    talk: gr.HTML
    open_id: gr.Textbox
    """The conversation that the browser shows, as the browser knows it: an answer goes where it was read."""
    answer: gr.Textbox
    back: gr.Button
    approvals_head: gr.HTML
    note: gr.Textbox
    """Above what it may be for: whoever approves or rejects has seen it."""
    approvals: gr.HTML
    todos: gr.HTML
    told: gr.HTML

    @classmethod
    def build(cls, words: Any) -> InboxView:
        with gr.Tab(words("tab_inbox"), id="inbox") as tab, gr.Column(elem_classes="view"):
            told = gr.HTML("", elem_id="inbox-told", js_on_load=None, apply_default_css=False)
            waiting = _place("waiting")
            open_id = gr.Textbox("", visible=False)
            talk = _place("talk")
            answer = gr.Textbox(
                label=words("your_answer"), lines=1, max_lines=8, max_length=4000, visible=False,
                submit_btn=True, elem_id="answer",
            )  # fmt: skip
            back = gr.Button(words("give_back"), visible=False, elem_id="give-back")
            approvals_head = _place("approvals-head")
            note = gr.Textbox(label=words("note_to_customer"), max_length=500, visible=False, elem_id="approval-note")
            approvals = _place("approvals")
            todos = _place("todos")
        return cls(tab, waiting, talk, open_id, answer, back, approvals_head, note, approvals, todos, told)

    @property
    def lists(self) -> list[Any]:
        return [self.waiting, self.approvals_head, self.note, self.approvals, self.todos]

    @property
    def conversation(self) -> list[Any]:
        return [self.talk, self.open_id, self.answer, self.back]

    def wire(self, desk: Desk, timer: gr.Timer) -> None:
        events = _Events(desk)
        every = [self.told, *self.conversation, *self.lists]
        self.tab.select(events.lists, None, self.lists, **QUIET)
        self.waiting.chosen(events.open, None, [self.told, *self.conversation], **IN_TURN)
        self.answer.submit(events.answer, [self.answer, self.open_id], every, js=take("answer"), **IN_TURN)
        self.back.click(events.give_back, self.open_id, every, **QUIET)
        self.approvals.chosen(events.decide, self.note, [self.told, *self.lists], **IN_TURN)
        self.todos.chosen(events.decide, self.note, [self.told, *self.lists], **IN_TURN)
        timer.tick(events.again, self.open_id, [self.talk, *self.lists], queue=False, **QUIET)


def _place(name: str) -> gr.HTML:
    """Shows what ``placed`` makes: also the clock looks for news there."""
    return gr.HTML(
        None, html_template='<div class="placed"></div>', js_on_load=PLACED, elem_id=name, apply_default_css=False
    )


def placed(html: str, number: int, *, of: str = "", again: bool = False) -> dict[str, Any]:
    """``html`` as read at ``number``; ``of``: the open conversation; ``again``: a look by the clock, see placed.js."""
    return {"html": html, "of": of, "number": number, "again": again}


class _Events:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def _agent(self) -> Agent:
        # Asked for each time: settings that change put another in its place.
        return self._desk.shop.agent

    def lists(self, request: gr.Request) -> list[Any]:
        visit = self._desk.enter(request, "see_customers", "inbox_opened")
        return self._lists(visit)

    def again(self, open_id: str, request: gr.Request) -> list[Any]:
        """What is new, while somebody looks; whoever may not see it is shown nothing and not logged every time."""
        if not self._desk.may(request, "see_customers"):
            return [gr.skip()] * 6
        visit = Visit(Words.of(request.headers.get("accept-language")), self._session(request), "", "")
        return [self._talk(visit, open_id, again=True) if open_id else gr.skip(), *self._lists(visit)]

    def open(self, event: gr.EventData, request: gr.Request) -> list[Any]:
        kind, _, conversation_id = str(event.open).partition(":")
        if kind != "talk":
            return [gr.skip()] * 5
        visit = self._at(request, "see_customers", "conversation_opened", conversation_id)
        # The browser does not translate the text of this button, so it comes in the reader's language.
        box = gr.update(visible=True, label=self._whose(visit, conversation_id), submit_btn=visit.words("send"))
        return ["", self._talk(visit, conversation_id), conversation_id, box, gr.update(visible=True)]

    def answer(self, text: str, conversation_id: str, request: gr.Request) -> list[Any]:
        """What was written goes to the customer; the browser has taken it out of its box already."""
        visit = self._at(request, "serve_customers", "customer_answered", conversation_id)
        if not text.strip() or not conversation_id:
            return [gr.skip()] * 10
        try:
            self._agent.write_as_staff(visit.session, conversation_id, text.strip())
        except BeforehandError as error:
            # Words that were not taken are given back.
            unsent = gr.update(value=text)
            return [problem_html(str(error)), gr.skip(), gr.skip(), unsent, gr.skip(), *self._lists(visit)]
        return ["", self._talk(visit, conversation_id), *[gr.skip()] * 3, *self._lists(visit)]

    def give_back(self, conversation_id: str, request: gr.Request) -> list[Any]:
        visit = self._at(request, "serve_customers", "conversation_given_back", conversation_id)
        self._agent.hand_back(visit.session, conversation_id)
        hidden = gr.update(visible=False)
        closed = placed("", number())
        return [done_html(visit.words("given_back")), closed, "", hidden, hidden, *self._lists(visit)]

    def decide(self, note: str, event: gr.EventData, request: gr.Request) -> list[Any]:
        word, _, proposal_id = str(event.open).partition(":")
        if word == "todo":
            return self._finish(proposal_id, request)
        if word not in {"approve", "reject"}:
            return [gr.skip()] * 6
        whose = customer_of(self._desk.shop.database, KeptProposal, proposal_id)
        visit = self._desk.enter(
            request, "serve_customers", f"proposal_{word}", customer_id=whose, proposal=proposal_id, note=note.strip()
        )
        try:
            outcome = self._agent.decide_proposal(
                visit.session, proposal_id, approve=word == "approve", note=note.strip()
            )
        except BeforehandError as error:
            return [problem_html(str(error)), *self._lists(visit)]
        said = visit.words(f"approval_{outcome.state}") if outcome.state in {"done", "rejected"} else outcome.state
        # The note was for this one; the next customer must not be told it.
        return [done_html(said), *self._lists(visit, note="")]

    def _finish(self, todo_id: str, request: gr.Request) -> list[Any]:
        whose = customer_of(self._desk.shop.database, Todo, todo_id)
        visit = self._desk.enter(request, "serve_customers", "todo_finished", customer_id=whose, todo=todo_id)
        try:
            self._desk.shop.finish_todo(todo_id, by=visit.name)
        except BeforehandError as error:
            return [problem_html(str(error)), *self._lists(visit)]
        return [done_html(visit.words("todo_was_done")), *self._lists(visit)]

    def _at(self, request: gr.Request, permission: Permission, action: str, conversation_id: str) -> Visit:
        """Somebody does something at a conversation; the log says whose it is."""
        whose = customer_of(self._desk.shop.database, Conversation, conversation_id)
        return self._desk.enter(request, permission, action, customer_id=whose, conversation=conversation_id)

    def _session(self, request: gr.Request) -> Any:
        from ..access import staff_session

        user = self._desk.access.staff_user(request)
        if user is None:
            raise NotAllowed("nobody is signed in")
        return staff_session(user)

    def _lists(self, visit: Visit, *, note: str | None = None) -> list[Any]:
        """``note``: what its box shall hold; where nothing is said, what somebody is writing there."""
        words, now, read_at = visit.words, self._desk.shop.clock(), number()
        try:
            queue = self._agent.operations.queue(visit.session)
        except NotAllowed:
            queue = ()
        approvals = "".join(approval_html(one, self._name(one.customer_id), words) for one in queue)
        waiting = read_waiting(self._desk.shop.database)
        listed = "".join(waiting_html(one, since(one.handed_at, now, words), words) for one in waiting)
        everybody = f'<ul class="inbox">{listed}</ul>' if listed else note_html(words("nobody_waits"))
        return [
            placed(head_html(words("waiting_head")) + everybody, read_at),
            placed(head_html(words("approvals_head")), read_at),
            gr.update(visible=bool(queue), **({} if note is None else {"value": note})),
            placed(approvals or note_html(words("no_approvals")), read_at),
            placed(todos_html(self._desk.shop.todos(), words), read_at),
        ]

    def _talk(self, visit: Visit, conversation_id: str, *, again: bool = False) -> dict[str, Any]:
        read_at = number()
        found = self._agent.conversation(visit.session, conversation_id)
        if found is None:
            return placed(problem_html(visit.words("nothing")), read_at, of=conversation_id, again=again)
        pictures = pictures_of(self._desk.shop.database, [one.id for one in found.messages if one.kind == PICTURE])
        return placed(talk_html(found, pictures, visit.words), read_at, of=conversation_id, again=again)

    def _name(self, customer_id: str) -> str:
        with self._desk.shop.database.read() as records:
            return name_of(records.get(Customer, customer_id), customer_id)

    def _whose(self, visit: Visit, conversation_id: str) -> str:
        """Whom an answer would go to."""
        customer_id = customer_of(self._desk.shop.database, Conversation, conversation_id)
        return visit.words("your_answer_to", name="" if customer_id is None else self._name(customer_id))


def waiting_html(one: Waiting, ago: str, words: Words) -> str:
    """Who waits, for how long, and what it is about: enough to choose whom to answer first."""
    state = words("answered") if one.answered else words("waits", ago=ago)
    about = words("about", wish=_short(one.wish)) if one.wish else ""
    last = words("last_words", text=_short(one.last)) if one.last and one.last != one.wish else ""
    link = link_html(Link(one.name, f"talk:{one.conversation_id}"))
    facts = " · ".join((state, words("messages", count=one.messages), one.language))
    said = "".join(f"<p>{escape(line)}</p>" for line in (about, last) if line)
    return f"<li>{link}<span>{escape(facts)}</span>{said}</li>"


def talk_html(found: ConversationView, pictures: Mapping[str, Sequence[str]], words: Words) -> str:
    """The whole conversation. ``pictures``: message id -> ids of what came with it."""
    said = "".join(_message_html(one, pictures.get(one.id, ()), words) for one in found.messages)
    link = link_html(Link(words("whole_story"), f"customer:{found.customer_id}"))
    head = escape(words("conversation"))
    return f'<h3>{head}</h3><p>{link}</p><ol class="talk" tabindex="0" aria-label="{head}">{said}</ol>'


def _message_html(one: MessageView, pictures: Sequence[str], words: Words) -> str:
    speaker = words(f"speaker_{one.role}")
    stamp = f'<time datetime="{one.at.isoformat()}">{escape(moment(one.at, words))}</time>'
    head = f"<header>{escape(speaker)} {stamp}</header>"
    shown = "".join(_picture_html(picture, words) for picture in pictures) or f"<p>{escape(one.text)}</p>"
    return f'<li class="{escape(one.role)}">{head}{shown}</li>'


def _picture_html(picture_id: str, words: Words) -> str:
    # Absolute: the console stands below an address of its own.
    address, label = f"/attachments/{quote(picture_id, safe='')}", escape(words("sent_picture"))
    image = f'<img src="{address}" alt="{label}" loading="lazy" decoding="async">'
    return f'<a class="sent" href="{address}" target="_blank" rel="noopener">{image}</a>'


def approval_html(one: Proposal, name: str, words: Words) -> str:
    """What would be done for whom, why a person must say so, and the two buttons."""
    told = "".join(f"<li>{escape(line)}</li>" for line in tell_proposal(one, words.language, {}))
    key, who = escape(one.id), link_html(Link(name, f"customer:{one.customer_id}"))
    return (
        f'<div class="sheet"><p>{who}</p><ul>{told}</ul><div class="buttons">'
        f'<button type="button" class="choice main" data-open="approve:{key}">{escape(words("approve"))}</button>'
        f'<button type="button" class="choice" data-open="reject:{key}">{escape(words("reject"))}</button></div></div>'
    )


def todos_html(todos: Sequence[TodoView], words: Words) -> str:
    """Tasks that decisions led to, each with its button."""
    done = escape(words("todo_done"))
    listed = "".join(
        f"<li>{link_html(Link(one.customer_id, f'customer:{one.customer_id}'))}<p>{escape(one.text)}</p>"
        f'<button type="button" class="choice" data-open="todo:{escape(one.id)}">{done}</button></li>'
        for one in todos
    )
    head = head_html(words("todos_head"))
    return head + (f'<ul class="inbox">{listed}</ul>' if listed else note_html(words("no_todos")))


def _short(text: str) -> str:
    return text if len(text) <= 160 else text[:159] + "…"
