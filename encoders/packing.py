"""Batches without waste: texts of like length together, and as many as a token budget holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MULTIPLE = 8
"""Lengths are padded to it: oneDNN compiles and keeps a kernel for every new shape, which costs time and memory."""


def pack_by_tokens(lengths: Sequence[int], budget: int, *, most: int = 1024, multiple: int = 1) -> Iterator[list[int]]:
    """Yield batches of positions into ``lengths``, longest first.

    Each batch padded to its longest text has at most ``budget`` tokens (a single longer text is a batch of its own) and
    at most ``most`` texts. Every position comes exactly once. Lengths count as rounded up to a ``multiple``: who pads
    to that has batches of few different shapes, which compiled kernels and their caches thank with time and memory.
    """
    batch: list[int] = []
    longest = 0
    for position in sorted(range(len(lengths)), key=lambda one: -lengths[one]):
        if batch and ((len(batch) + 1) * longest > budget or len(batch) == most):
            yield batch
            batch = []
        if not batch:
            longest = rounded_up(max(1, lengths[position]), multiple)
        batch.append(position)
    if batch:
        yield batch


def rounded_up(length: int, multiple: int) -> int:
    """``length``, or the next ``multiple`` above it."""
    return -(-length // multiple) * multiple
