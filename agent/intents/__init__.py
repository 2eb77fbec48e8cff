"""What a message wants: a trained model of intents, and its training."""

from .model import WEIGHTS, Embed, Intent, IntentModel

__all__ = ["WEIGHTS", "Embed", "Intent", "IntentModel"]
