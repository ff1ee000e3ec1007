"""Events of calendar files and invitations."""

import re
from collections.abc import Iterator

__all__ = ["event_lines"]

_SHOWN = {
    "SUMMARY": "Event",
    "DTSTART": "Start",
    "DTEND": "End",
    "DURATION": "Duration",
    "RRULE": "Repeats",
    "LOCATION": "Place",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendees",
    "STATUS": "Status",
    "DESCRIPTION": "Description",
}
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r'([A-Za-z-]{1,40})((?:;(?:[^":;]|"[^"]*+")*+)*+):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';(CN|TZID)=(?:"([^"]*)"|([^;:]*))', re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?\Z")
_ESCAPE = re.compile(r"\\([nN,;\\])")
_MOST_EVENTS = 1000


def event_lines(calendar: str) -> Iterator[str]:
    """What a person sees of each event: its title, times, place, people and description."""
    event: dict[str, list[str]] | None = None
    events = 0
    for line in _FOLD.sub("", calendar).splitlines():
        kind = line.strip().upper()
        if kind in ("BEGIN:VEVENT", "BEGIN:VTODO"):
            event = {}
        elif kind in ("END:VEVENT", "END:VTODO") and event is not None:
            yield from _shown(event)
            event, events = None, events + 1
            if events == _MOST_EVENTS:
                yield f"[only the first {_MOST_EVENTS} events are shown]\n"
                return
        elif event is not None and (found := _LINE.match(line)) and found[1].upper() in _SHOWN:
            event.setdefault(found[1].upper(), []).append(_value(found[2], found[3]))


def _shown(event: dict[str, list[str]]) -> Iterator[str]:
    for name, label in _SHOWN.items():
        if values := [value for value in event.get(name, ()) if value]:
            yield f"{label}: {', '.join(values)}\n"


def _value(parameters: str, value: str) -> str:
    given = {found[1].upper(): found[2] or found[3] for found in _PARAMETER.finditer(parameters)}
    text = _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value).strip()
    if date := _DATE.match(text):
        year, month, day, hour, minute, _, utc = date.groups()
        time = f" {hour}:{minute}" if hour else ""
        zone = " UTC" if utc else f" ({given['TZID']})" if time and "TZID" in given else ""
        return f"{year}-{month}-{day}{time}{zone}"
    address = text[7:] if text[:7].lower() == "mailto:" else text
    return f"{given['CN']} <{address}>" if given.get("CN") and given["CN"] != address else address
