"""Numbers names, and visits, in the order in which they turn up."""

from __future__ import annotations


class Numbering:
    """``number(name)`` is the same for the same name; ``names[number]`` gives it back."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._shown: list[str] = []

    def __len__(self) -> int:
        return len(self._shown)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, by number; "" for those that have none."""
        return tuple(self._shown)

    def number(self, name: str | None, *, shown: str | None = None) -> int:
        """The number of ``name``, -1 for ``None``; ``shown`` is what ``names`` gives for it, where that differs."""
        if name is None:
            return -1
        if name not in self._numbers:
            self._numbers[name] = len(self._shown)
            self._shown.append(name if shown is None else shown)
        return self._numbers[name]

    def fresh(self) -> int:
        """A number without a name."""
        self._shown.append("")
        return len(self._shown) - 1


class VisitNumbering:
    """Numbers visits: by their name where there is one, else a new one after each pause of ``gap`` microseconds."""

    def __init__(self, names: Numbering, gap: int) -> None:
        self._names, self._gap = names, gap
        self._unnamed: dict[int, tuple[int, int]] = {}

    def visit(self, customer: int, at: int, name: str | None) -> int:
        if name is not None:
            return self._names.number(f"{customer}:{name}", shown=name)
        last, number = self._unnamed.get(customer, (0, -1))
        if number < 0 or at - last > self._gap:
            number = self._names.fresh()
        self._unnamed[customer] = (at, number)
        return number
