"""What is known of customers at a moment, and what follows from it: carts left open.

Everything here is point in time: of a moment in the past it says what could be known then.
"""

from .carts import CartLine, OpenCart, open_carts

__all__ = ["CartLine", "OpenCart", "open_carts"]
