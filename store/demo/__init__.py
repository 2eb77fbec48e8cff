"""The demo shop: a year of an invented shop's life, drawn from a seed, with pictures and help pages.

``build_demo`` fills an empty database. How its customers behave is described in docs/demo-shop.md. The modules (and
numpy, Pillow) are loaded when a name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .build import DemoProgress, DemoReport, build_demo
    from .help_pages import HelpPage, help_pages
    from .picker import DemoCustomer, demo_customers
    from .pictures import draw_picture, product_picture

__all__ = [
    "DemoCustomer",
    "DemoProgress",
    "DemoReport",
    "HelpPage",
    "build_demo",
    "demo_customers",
    "draw_picture",
    "help_pages",
    "product_picture",
]

_HOMES = {
    "DemoCustomer": "picker",
    "DemoProgress": "build",
    "DemoReport": "build",
    "HelpPage": "help_pages",
    "build_demo": "build",
    "demo_customers": "picker",
    "draw_picture": "pictures",
    "help_pages": "help_pages",
    "product_picture": "pictures",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    # Kept here, so that the function ``help_pages`` is not hidden by the module of the same name.
    globals()[name] = value
    return value
