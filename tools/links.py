"""Links that a tool asks the user to open, and the user's answer."""

from dataclasses import dataclass

__all__ = ["LinkAnswer", "LinkOffer"]


@dataclass(frozen=True, slots=True)
class LinkOffer:
    """The result of a tool that needs the user to open a link. When the user has answered, the tool is called again
    with the same arguments and this `state`. `id` names the link to the client."""

    id: str
    url: str
    message: str
    state: str


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """Whether the user accepted a link, and the state of its offer."""

    state: str
    accepted: bool
