"""The agent: understands a customer's message, looks things up, answers from evidence, and acts before it is asked.

``Agent`` answers in a conversation; ``Proactive`` decides at its moments whether to write first. Both keep their record
in ``store``. Importing this package is cheap: LangChain and SQLAlchemy load with ``Agent``, torch with its first turn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .deciding.settings import DecidingSettings
from .reply import (
    Candidate,
    ComparisonRow,
    DecisionRecord,
    EvidenceItem,
    ProductCard,
    ProductComparison,
    Progress,
    Reply,
    Sentence,
)
from .session import Session
from .settings import AgentSettings, OfferSettings, OutboxSettings, ProactiveSettings

if TYPE_CHECKING:
    from .cards import product_cards
    from .chat_models import open_chat_model
    from .conversations import ConversationView, MessageView
    from .customer_view import Reason
    from .deciding.experiments import Comparison, sample_size
    from .deciding.saved import go_back
    from .engine import Agent
    from .foreseeing import InsightForesight
    from .intents.learning import Learnt, train_intent_file
    from .intents.reader import IntentReader
    from .intents.shop import IntentReport, train_intents
    from .learning import PolicyReport, train_policy
    from .local_models.adapters import ChatReport, train_adapter
    from .local_models.dialogues import Dialogue, Rejected, read_dialogues
    from .local_models.files import find_chat_model
    from .local_models.kept_dialogues import kept_dialogues
    from .local_models.settings import ChatTrainSettings
    from .lookups import line_title
    from .merchant_view import DayOfDecisions, MomentEffect, Preview, PreviewChange, TodoView
    from .picture_messages import PICTURE, Picture
    from .policy_tests import read_test
    from .proactive import Proactive
    from .profiles import Forgotten, Profile
    from .program_tools import ProgramTools

__all__ = [
    "PICTURE",
    "Agent",
    "AgentSettings",
    "Candidate",
    "ChatReport",
    "ChatTrainSettings",
    "Comparison",
    "ComparisonRow",
    "ConversationView",
    "DayOfDecisions",
    "DecidingSettings",
    "DecisionRecord",
    "Dialogue",
    "EvidenceItem",
    "Forgotten",
    "InsightForesight",
    "IntentReader",
    "IntentReport",
    "Learnt",
    "MessageView",
    "MomentEffect",
    "OfferSettings",
    "OutboxSettings",
    "Picture",
    "PolicyReport",
    "Preview",
    "PreviewChange",
    "Proactive",
    "ProactiveSettings",
    "ProductCard",
    "ProductComparison",
    "Profile",
    "ProgramTools",
    "Progress",
    "Reason",
    "Rejected",
    "Reply",
    "Sentence",
    "Session",
    "TodoView",
    "find_chat_model",
    "go_back",
    "kept_dialogues",
    "line_title",
    "open_chat_model",
    "product_cards",
    "read_dialogues",
    "read_test",
    "sample_size",
    "train_adapter",
    "train_intent_file",
    "train_intents",
    "train_policy",
]

_HEAVY = {
    "Reason": "customer_view",
    "TodoView": "merchant_view",
    "PreviewChange": "merchant_view",
    "Preview": "merchant_view",
    "MomentEffect": "merchant_view",
    "DayOfDecisions": "merchant_view",
    "PICTURE": "picture_messages",
    "Picture": "picture_messages",
    "Agent": "engine",
    "ConversationView": "conversations",
    "Forgotten": "profiles",
    "InsightForesight": "foreseeing",
    "IntentReport": "intents.shop",
    "MessageView": "conversations",
    "Proactive": "proactive",
    "Profile": "profiles",
    "ProgramTools": "program_tools",
    "Comparison": "deciding.experiments",
    "PolicyReport": "learning",
    "go_back": "deciding.saved",
    "line_title": "lookups",
    "open_chat_model": "chat_models",
    "product_cards": "cards",
    "ChatReport": "local_models.adapters",
    "ChatTrainSettings": "local_models.settings",
    "Dialogue": "local_models.dialogues",
    "Rejected": "local_models.dialogues",
    "find_chat_model": "local_models.files",
    "kept_dialogues": "local_models.kept_dialogues",
    "read_dialogues": "local_models.dialogues",
    "train_adapter": "local_models.adapters",
    "read_test": "policy_tests",
    "sample_size": "deciding.experiments",
    "train_policy": "learning",
    "IntentReader": "intents.reader",
    "Learnt": "intents.learning",
    "train_intent_file": "intents.learning",
    "train_intents": "intents.shop",
}


def __getattr__(name: str) -> Any:
    if name in _HEAVY:
        return getattr(import_module(f".{_HEAVY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
