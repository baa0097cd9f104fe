"""How much may be done to read the texts of one request: counted in steps, not by a clock.

A text can be written so densely that its reading holds a worker; how much is read of it must not
depend on how busy the machine is. A step is about ten microseconds of work: a look at a figure, at
a phrase, at some words. Five reports of 20,000 characters each, said as densely as the labelled
ones, take five sixths of all; real ones are shorter, and say less in a line.
"""

from __future__ import annotations

from typing import Final

STEPS: Final = 60_000
"""For all texts of a request."""

BEYOND: Final = "not read: denser than reports are"


class Spent(Exception):  # noqa: N818 - said of a budget
    """There are no steps left; what was not read until now stays unread."""


class Budget:
    """Steps that are left; one for all texts of a request, never shared between threads."""

    __slots__ = ("left",)

    def __init__(self, steps: int = STEPS) -> None:
        """Begin with all of them."""
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take so many steps; Spent when there are not as many."""
        self.left -= steps
        if self.left < 0:
            raise Spent
