"""A program that plays a customer, so that the service agent is measured without a language model on the other side.

It reads the fields of ``Reply``, never its wording. What it says comes from a task's instruction, turned into the first
person; ``wording`` says the same in other ways drawn from a seed; a retold task brings its own sentences instead.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from agent import Reply

MOST_TURNS = 12
ALL_DONE = {"en": "Is everything I asked for done?", "zh": "我要办的都办好了吗？"}
_PERSON = {
    "you are": "I am", "you're": "I'm", "you've": "I've", "you'd": "I'd", "you'll": "I'll", "you were": "I was",
    "yourself": "myself", "yours": "mine", "your": "my", "you": "I",
}  # fmt: skip
_OBJECT = re.compile(r"\b(?:to|for|with|give|send|tell|ask|let)\s+$", re.I)
_WORD = re.compile("|".join(rf"\b{re.escape(one)}\b" for one in sorted(_PERSON, key=len, reverse=True)), re.I)
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s*(?=\S)")
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "exchange": ("swap", "exchange"), "modify": ("change", "modify"), "cancel": ("cancel", "call off"),
    "return": ("return", "send back"), "want to": ("would like to", "want to"), "received": ("got", "received"),
    "because": ("since", "because"), "via": ("using", "via", "with"), "also": ("as well", "also"),
    "change": ("change", "switch"), "item": ("article", "item"),
}  # fmt: skip
_SMALL_TALK = ("Hi there!", "Hello, hope you are well.", "Good morning.", "Hey, thanks for taking the time.", "")
_AFTERWARDS = ("Thanks a lot.", "That would be great.", "Cheers!", "")


def first_person(instruction: str) -> str:
    """ "Your name is Ann. You want ..." -> "My name is Ann. I want ..."."""

    def turn(found: re.Match[str]) -> str:
        word, before, after = found.group(), instruction[: found.start()], instruction[found.end() :]
        said = _PERSON[word.lower()]
        if word.lower() == "you" and (_OBJECT.search(before) or re.match(r"\s*\.", after)):
            said = "me"
        opening = not before.strip() or before.rstrip()[-1:] in ".!?"
        return said[0].upper() + said[1:] if opening else said

    return _WORD.sub(turn, instruction)


@dataclass(frozen=True, slots=True)
class Script:
    """What a customer will say."""

    pieces: tuple[str, ...]
    """Said one after the other; all but the first wait until they are asked for or the agent is done."""
    whole: str
    """All of it, for choosing among options and for answering questions."""
    language: str = "en"


@dataclass(slots=True)
class Play:
    """What came of one conversation."""

    replies: list[Reply] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    turn_ms: list[float] = field(default_factory=list)

    def holds(self, outputs: Sequence[str]) -> bool:
        """Whether each of ``outputs`` stands in one of the replies; a thousands comma is no difference."""
        told = [reply.text.replace(",", "") for reply in self.replies]
        return all(any(output.replace(",", "") in text for text in told) for output in outputs)


def script_of(instruction: str, wording: int | None = None) -> Script:
    """The script of a task; with ``wording`` said in another way drawn from that seed."""
    whole = first_person(instruction).strip()
    return Script((whole,), whole) if wording is None else _reworded(whole, wording)


def _reworded(whole: str, seed: int) -> Script:
    draw = random.Random(f"{seed} {whole}")
    sentences = [one.strip() for one in _SENTENCE.split(whole) if one.strip()]
    about, requests = _parts(sentences)
    if len(requests) > 1 and draw.random() < 0.5:
        draw.shuffle(requests)
    requests = [_typos(_synonyms(one, draw), draw) for one in requests]
    opening = " ".join(one for one in (draw.choice(_SMALL_TALK), *about) if one)
    if len(requests) > 1 and draw.random() < 0.5:
        pieces = [f"{opening} {requests[0]}".strip(), *requests[1:]]
    else:
        pieces = [f"{opening} {' '.join(requests)} {draw.choice(_AFTERWARDS)}".strip()]
    return Script(tuple(pieces), " ".join(pieces))


_SELF = re.compile(r"^(?:My name|I am \w+(?:,| and|\.)|I'm \w+,)", re.I)
_BOUND = re.compile(r"^(?:If|But|Otherwise|Then|So|Also|They|It|And|Only|Make sure|For the|In that|That)\b", re.I)


def _parts(sentences: Sequence[str]) -> tuple[list[str], list[str]]:
    """Who he is, and what he wants: sentences that lean on the one before stay with it."""
    about = [one for one in sentences if _SELF.search(one)]
    requests: list[str] = []
    for one in sentences:
        if one in about:
            continue
        if requests and _BOUND.search(one):
            requests[-1] += f" {one}"
        else:
            requests.append(one)
    return about, requests


def _cased(word: str, found: re.Match[str]) -> str:
    return word.capitalize() if found.group()[0].isupper() else word


def _synonyms(text: str, draw: random.Random) -> str:
    for word, others in _SYNONYMS.items():
        pattern = re.compile(rf"\b{re.escape(word)}\b", re.I)
        if pattern.search(text) and draw.random() < 0.5:
            other = draw.choice(others)
            text = pattern.sub(partial(_cased, other), text)
    return text


def _typos(text: str, draw: random.Random) -> str:
    """Two neighbouring letters swapped inside one long word in twenty; ids, codes and quoted values stay."""

    def mistype(found: re.Match[str]) -> str:
        word = found.group()
        if draw.random() > 0.05:
            return word
        at = draw.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return re.sub(r"(?<![\w#'_])[a-z]{6,}(?![\w'_])", mistype, text)


def play(script: Script, speak: Callable[[str], Reply]) -> Play:
    """Have the conversation: at most ``MOST_TURNS`` turns, each a call of ``speak``."""
    done = Play()
    waiting = list(script.pieces[1:])
    asked_whether_done = False
    text = script.pieces[0]
    for _ in range(MOST_TURNS):
        started = time.perf_counter()
        reply = speak(text)
        done.turn_ms.append(1000 * (time.perf_counter() - started))
        done.said.append(text)
        done.replies.append(reply)
        match reply.kind:
            case "proposal":
                text = "yes" if script.language == "en" else "是的"
            case "choice":
                text = _choose(reply.options, script.whole)
            case "question":
                text = waiting.pop(0) if waiting else _answer(script, reply.text)
            case "answer":
                if waiting:
                    text = waiting.pop(0)
                elif asked_whether_done:
                    return done
                else:
                    text, asked_whether_done = ALL_DONE[script.language], True
            case _:
                return done
    return done


def _choose(options: Sequence[str], whole: str) -> str:
    """The first option whose words are all in the instruction, else the first."""
    said = set(_words(whole))
    return next((one for one in options if set(_words(one)) <= said), options[0])


def _answer(script: Script, question: str) -> str:
    """The sentence that shares most words with the question, else all of it again."""
    asked = set(_words(question))
    sentences = [one.strip() for one in _SENTENCE.split(script.whole) if one.strip()]
    scores = [len(asked & set(_words(one))) for one in sentences]
    best = max(scores, default=0)
    return sentences[scores.index(best)] if best else script.whole


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9_#.'-]*[a-z0-9]|[\u4e00-\u9fff]", text.lower())
