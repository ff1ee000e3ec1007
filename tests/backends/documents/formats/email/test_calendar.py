"""Events show what a calendar shows."""

from files_api_mcp.backends.documents.formats.email.calendar import event_lines


def test_an_event_shows_its_title_times_place_people_and_description() -> None:
    calendar = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Oslo:20260301T090000\r\nDTEND:20260301T100000Z\r\n"
        'SUMMARY:Tide\\, wind\r\nLOCATION:Quay 4\r\nORGANIZER;CN="Ada Quist":mailto:ada@example.org\r\n'
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:bo@example.org\r\nATTENDEE:mailto:cy@example.org\r\n"
        "DESCRIPTION:First line\\nsecond\r\n  line\r\nX-OTHER:unseen\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert "".join(event_lines(calendar)) == (
        "Event: Tide, wind\nStart: 2026-03-01 09:00 (Europe/Oslo)\nEnd: 2026-03-01 10:00 UTC\nPlace: Quay 4\n"
        "Organizer: Ada Quist <ada@example.org>\nAttendees: bo@example.org, cy@example.org\n"
        "Description: First line\nsecond line\n"
    )


def test_days_are_dates_and_damage_is_passed_over() -> None:
    assert list(event_lines("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260301\n;;;\n:\nEND:VEVENT\nEND:VEVENT")) == [
        "Start: 2026-03-01\n"
    ]
