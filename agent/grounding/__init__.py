"""Nothing is said that was not looked up: every sentence of a reply is held against the numbered evidence."""

from .check import Checked, check_reply

__all__ = ["Checked", "check_reply"]
