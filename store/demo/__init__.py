"""The demo shop: a year of an invented shop's life, drawn from a seed, with pictures and help pages.

``build_demo`` fills an empty database. How its customers behave is described in docs/demo-shop.md.
"""

from .build import DemoProgress, DemoReport, build_demo
from .picker import DemoCustomer, demo_customers

__all__ = ["DemoCustomer", "DemoProgress", "DemoReport", "build_demo", "demo_customers"]
