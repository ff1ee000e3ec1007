"""Runs programs in turns, so that a busy moment of the machine affects all of them."""

import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.speed.figures import Figure, Role, Row


class Unavailable(Exception):
    """A program that cannot be measured, or did not do its work. The text says why."""


@dataclass(frozen=True, slots=True)
class Program:
    """What takes part: `once` runs one round of it, and returns a value for each measure."""

    name: str
    role: Role
    once: Callable[[], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Found:
    """The values of each program, by measure. A program that failed in any round has a reason, and no values."""

    programs: Sequence[Program]
    values: dict[str, dict[str, list[float]]] = field(default_factory=dict[str, dict[str, list[float]]])
    missing: dict[str, str] = field(default_factory=dict[str, str])

    def row(
        self,
        area: str,
        name: str,
        unit: str,
        measure: str,
        *,
        is_less_better: bool = True,
        growth: str = "",
        size: int = 0,
    ) -> Row:
        """The row of one measure: what each program that knows this measure came to."""
        figures = [figure for program in self.programs if (figure := self._figure(program, measure))]
        figures.sort(key=lambda figure: figure.role != "ours")
        return Row(
            area=area,
            name=name,
            unit=unit,
            is_less_better=is_less_better,
            figures=tuple(figures),
            growth=growth,
            size=size,
        )

    def _figure(self, program: Program, measure: str) -> Figure | None:
        if reason := self.missing.get(program.name):
            return Figure(program=program.name, role=program.role, missing=reason)
        values = self.values.get(program.name, {}).get(measure, [])
        return Figure(program=program.name, role=program.role, values=tuple(values)) if values else None


def interleaved(programs: Sequence[Program], rounds: int, *, warm_up: bool = True) -> Found:
    """Run every program once a round; each second round goes backwards. A round to warm up does not count."""
    found = Found(programs)
    for number in range(-1 if warm_up else 0, rounds):
        for program in programs[:: -1 if number % 2 else 1]:
            if program.name not in found.missing:
                _once(program, found, counts=number >= 0)
    return found


def _once(program: Program, found: Found, *, counts: bool) -> None:
    try:
        came_to = program.once()
    except Unavailable as error:
        _drop(program, found, str(error))
    except Exception as error:  # noqa: BLE001  one program that fails must not take the figures of the others with it
        traceback.print_exc(file=sys.stderr)
        _drop(program, found, f"failed: {type(error).__name__}: {error}".splitlines()[0])
    else:
        if counts:
            values = found.values.setdefault(program.name, {})
            for measure, value in came_to.items():
                values.setdefault(measure, []).append(value)


def _drop(program: Program, found: Found, reason: str) -> None:
    # Its earlier rounds go too: a median of the rounds that went well would say too much.
    found.values.pop(program.name, None)
    found.missing[program.name] = reason
