"""The tables. One module per part of the shop; all of them share ``Base``."""

from .access import ApiKey, AuditEntry, StaffLink, StaffMember, StaffSession
from .acting import Agenda, Mute, Occasion, Offer, Outgoing, Stir, Tally, Todo
from .base import Base
from .catalog import Product, Variant
from .customers import Customer, PaymentMethod
from .orders import Order, OrderLine, Payment, Return, Shipment
from .service import Attachment, Conversation, Decision, Message, Proposal, ProposalStep
from .voice import Event, Review, ReviewAspect, ReviewSentiment

__all__ = [
    "Agenda",
    "ApiKey",
    "Attachment",
    "AuditEntry",
    "Base",
    "Conversation",
    "Customer",
    "Decision",
    "Event",
    "Message",
    "Mute",
    "Occasion",
    "Offer",
    "Order",
    "OrderLine",
    "Outgoing",
    "Payment",
    "PaymentMethod",
    "Product",
    "Proposal",
    "ProposalStep",
    "Return",
    "Review",
    "ReviewAspect",
    "ReviewSentiment",
    "Shipment",
    "StaffLink",
    "StaffMember",
    "StaffSession",
    "Stir",
    "Tally",
    "Todo",
    "Variant",
]
