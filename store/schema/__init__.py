"""The tables. One module per part of the shop; all of them share ``Base``."""

from .base import Base
from .catalog import Product, Variant
from .customers import Customer, PaymentMethod
from .orders import Order, OrderLine, Payment, Return, Shipment
from .service import Conversation, Decision, Message, Proposal, ProposalStep
from .voice import Event, Review, ReviewAspect, ReviewSentiment

__all__ = [
    "Base",
    "Conversation",
    "Customer",
    "Decision",
    "Event",
    "Message",
    "Order",
    "OrderLine",
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
    "Variant",
]
