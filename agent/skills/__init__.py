"""How the built-in model answers each kind of wish: one function per wish, from tool results to a draft."""

from .dispatch import answer

__all__ = ["answer"]
