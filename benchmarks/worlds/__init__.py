"""Worlds of shoppers to try policies on, and the contest between policies. ``World`` is what any world must offer."""

from __future__ import annotations

from .interface import DayResult, Occasions, World, WorldMaker
from .loading import load_world
from .shoppers import ShopperWorld

__all__ = ["DayResult", "Occasions", "ShopperWorld", "World", "WorldMaker", "load_world"]
