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

    `variable` is the environment variable that holds it, and `value` is None if it is not set. `address` is the URL
    that gets the key and the files. `optional` means that the backend also works without a key. `arguments` belong on
    the server's command line: they name the address.
    """

    variable: str
    value: str | None = field(repr=False)
    address: str
    optional: bool = False
    arguments: tuple[str, ...] = ()
