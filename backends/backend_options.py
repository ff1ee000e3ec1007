"""The command-line options and the key that a backend declares for itself."""

from dataclasses import dataclass, field

__all__ = ["BackendOption", "Credential"]


@dataclass(frozen=True, slots=True)
class BackendOption:
    """A command-line option of one backend. It takes one of `choices`, or a number of at least `minimum` (of the type
    of `minimum`), or else any text."""

    name: str
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    default: str | float | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """The key that a server needs for a backend.

    `variable` is the environment variable that holds it, and `value` is None if it is not set. `optional` means
    that the backend also works without a key. `arguments` belong on the server's command line: they name the address
    that the key is for.
    """

    variable: str
    value: str | None = field(repr=False)
    optional: bool = False
    arguments: tuple[str, ...] = ()
