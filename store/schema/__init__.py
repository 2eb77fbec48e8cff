"""The tables. One module per part of the shop; all of them share ``Base``."""

from .access import ApiKey, AuditEntry, StaffLink, StaffMember, StaffSession
from .base import Base
from .catalog import Product, Variant
from .customers import Customer, PaymentMethod
from .orders import Order, OrderLine, Payment, Return, Shipment
from .service import Conversation, Decision, Message, Proposal, ProposalStep
from .voice import Event, Review, ReviewAspect, ReviewSentiment

__all__ = [
    "ApiKey",
    "AuditEntry",
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
    "StaffLink",
    "StaffMember",
    "StaffSession",
    "Variant",
]
