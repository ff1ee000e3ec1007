"""E-mail shows what its reader sees: every part of the body, and what is attached."""

import base64
import io
from email.message import EmailMessage

import pytest

from files_api_mcp.backends.documents.formats.email.message import mail_lines
from files_api_mcp.backends.documents.marks import MarkedText, Part, marked_text
from tests.support import documents


def read(content: bytes | EmailMessage) -> MarkedText:
    return marked_text(mail_lines(io.BytesIO(content if isinstance(content, bytes) else content.as_bytes())))


def text(content: bytes | EmailMessage) -> str:
    return read(content).text


def place(found: MarkedText, words: str) -> str:
    """The path of the part with these words."""
    at = found.text.index(words)
    return next(mark.path for offset, mark in reversed(found.marks) if offset <= at and isinstance(mark, Part))


def mail(body: str = "See you on Friday.\n", subject: str = "Grüße aus Köln") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Ada <ada@example.org>"
    message["To"] = "bob@example.org"
    message["Date"] = "Fri, 20 Nov 2026 10:00:00 +0100"
    message.set_content(body)
    return message


HEADERS = (
    "Subject: Grüße aus Köln\nFrom: Ada <ada@example.org>\nTo: bob@example.org\nDate: Fri, 20 Nov 2026 10:00:00 +0100\n"
)


def test_mail_shows_who_wrote_what_and_names_attachments() -> None:
    message = mail()
    message.add_alternative("<p>See you on <b>Friday</b>.</p>", subtype="html")
    message.add_attachment(b"\0\1secret", maintype="application", subtype="x-data", filename="Plan für März.bin")
    assert text(message) == (
        f"{HEADERS}Attachment: Plan für März.bin\n\nSee you on Friday.\n\nAttachment: Plan für März.bin\n"
        "[Plan für März.bin cannot be read: Files of type application/octet-stream have no readable text.]\n"
    )


def test_mail_in_html_alone_is_rendered() -> None:
    message = mail()
    page = "<meta charset=iso-8859-1><h2>Grüße</h2><p>Bis <b>Freitag</b></p><script>x</script>"
    message.set_content(page, subtype="html", cte="quoted-printable")
    assert text(message).endswith("\n\n## Grüße\nBis Freitag\n")


def test_a_plain_part_that_says_less_does_not_hide_the_html() -> None:
    message = mail("This message needs a viewer of web pages.\n")
    message.add_alternative("<h1>Invoice 7</h1><p>Due: EUR 99.50 before <b>May</b>", subtype="html")
    found = text(message)
    assert "# Invoice 7\nDue: EUR 99.50 before May\n" in found
    assert "needs a viewer" in found


def test_all_parts_of_the_body_are_shown_in_order() -> None:
    message = mail("First.\n")
    message.make_mixed()
    for words, kind in (("<p>Second.", "html"), ("Third.", "plain")):
        part = EmailMessage()
        part.set_content(words, subtype=kind)
        message.attach(part)
    assert text(message).endswith("First.\n\nSecond.\n\nThird.\n")


def test_attached_messages_and_texts_are_read_in_turn() -> None:
    inner = mail("The barn opens at nine.\n", subject="Barn")
    inner.add_attachment("fee;45\n", subtype="csv", filename="fees.csv")
    message = mail("Forwarded.\n")
    message.add_attachment(inner)
    message.add_attachment("The roof costs 300.\n  indented\n", filename="a.txt")
    message.add_attachment("Other words.\n", filename="a.txt")
    found = read(message)
    assert "  indented\n" in found.text
    assert place(found, "Forwarded.") == ""
    assert place(found, "opens at nine") == "Barn.eml"
    assert place(found, "fee;45") == "Barn.eml > fees.csv"
    assert place(found, "The roof") == "a.txt"
    assert place(found, "Other words") == "a.txt (2)"


def test_attached_documents_are_read_by_their_own_readers() -> None:
    message = mail()
    files = {
        "offer.pdf": documents.pdf(["Price 17,300", "Valid until May"]),
        "notes.docx": documents.word([("Heading 1", "Notes"), ("Normal", "The well is dry.")]),
        "costs.xlsx": documents.sheet([["Item", "Cost"], ["Rope", 12.0]]),
        "letter.eml": mail("The mast is new.\n").as_bytes(),
        "broken.docx": documents.word([("Normal", "x")])[:300],
    }
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    found = read(message)
    assert place(found, "17,300") == "offer.pdf > page 1"
    assert place(found, "Valid until") == "offer.pdf > page 2"
    assert place(found, "The well is dry") == "notes.docx"
    assert place(found, "Rope | 12") == "costs.xlsx"
    assert place(found, "The mast is new") == "letter.eml"
    assert "[broken.docx cannot be read: " in found.text


def test_pictures_are_only_named() -> None:
    message = mail()
    message.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="a.png")
    assert text(message) == f"{HEADERS}Attachment: a.png\n\nSee you on Friday.\n"


def test_messages_in_messages_end() -> None:
    data = b"Subject: x\nFrom: a\n\nthe innermost\n"
    for _ in range(20):
        encoded = base64.b64encode(data)
        data = b'Subject: x\nFrom: a\nContent-Disposition: attachment; filename="a.eml"\n' + (
            b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" + encoded
        )
    assert "[a.eml is not read: the file has too many attachments]" in text(data)


def test_undeclared_bytes_are_judged() -> None:
    words = "Objet : réunion à Besançon, près de l'école."
    for codec in ("cp1252", "utf-8"):
        raw = f"Subject: Réunion fixée à Besançon\nFrom: a\n\n{words}\n".encode(codec)
        assert text(raw) == f"Subject: Réunion fixée à Besançon\nFrom: a\n\n{words}\n"
    declared = b"Subject: =?iso-8859-1?q?=80_90?=\nContent-Type: text/plain; charset=iso-8859-1\n\n\x93yes\x94\n"
    assert text(declared) == "Subject: € 90\n\n“yes”\n"


@pytest.mark.parametrize("label", ["klingon", "utf-16", "zlib", "us-ascii", '"', "utf-8"])
def test_mail_in_a_wrong_encoding_is_read_as_far_as_it_can_be(label: str) -> None:
    raw = f"Subject: x\r\nContent-Type: text/plain; charset={label}\r\n\r\nGrüße aus Köln\r\n"
    assert text(raw.encode("cp1252")) == "Subject: x\n\nGrüße aus Köln\r\n"


def test_names_of_attachments_are_decoded() -> None:
    parts = b"".join(
        b"--b\nContent-Type: image/png%s\nContent-Disposition: attachment%s\n\nx\n" % names
        for names in (
            (b'; name="=?utf-8?b?w4QucG5n?="', b""),
            (b"", b"; filename*=utf-8''%C3%96.png"),
            (b"", b"; filename*0*=iso-8859-1''%DC; filename*1=.png"),
            (b"", '; filename="É.png"'.encode("cp1252")),
        )
    )
    found = text(b"Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n" + parts + b"--b--\n")
    assert [line[12:] for line in found.splitlines() if line.startswith("Attachment: ")][:4] == [
        "Ä.png",
        "Ö.png",
        "Ü.png",
        "É.png",
    ]


def test_a_mailbox_holds_several_messages() -> None:
    box = b"".join(
        b"From ada@example.org Fri Nov 20 10:00:00 2026\nSubject: %d\nFrom: a\n\nWords %d\n>From here on\n\n" % (n, n)
        for n in (1, 2, 3)
    )
    found = read(box)
    assert [place(found, f"Words {n}") for n in (1, 2, 3)] == ["", "message 2", "message 3"]
    assert found.text.count("\nFrom here on\n") == 3


def test_a_saved_page_shows_its_page_and_no_styles() -> None:
    page = b"--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n<p>Forty crow=\nns\n"
    style = b"--b\nContent-Type: text/css\nContent-Location: a.css\n\np {color: red}\n"
    archive = b"Subject: Prices\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n" + page + style
    assert text(archive + b"--b--\n") == "Subject: Prices\n\nForty crowns\n"


def test_an_invitation_shows_its_event() -> None:
    message = mail("You are invited.\n")
    message.add_alternative("BEGIN:VEVENT\nSUMMARY:Tide talk\nEND:VEVENT\n", subtype="calendar")
    assert text(message).endswith("\nYou are invited.\n\nEvent: Tide talk\n")


def test_a_report_on_delivery_is_shown() -> None:
    report = b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nAction: failed\n--b--\n"
    head = b"Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n"
    assert text(head + report) == "Subject: x\n\nReporting-MTA: dns; mx\nAction: failed\n"


def test_tables_of_the_body_and_of_attachments_are_found_with_their_places() -> None:
    message = mail()
    rows = "<tr><th>Item<th>Fee<tr><td>Survey<td>940<tr><td>Permit<td>1,250"
    message.set_content(f"<p>Our offer:</p><table>{rows}</table>", subtype="html")
    message.add_attachment(b"| Part | kg |\n|---|---|\n| Rotor | 412 |\n", "text", "markdown", filename="parts.md")
    message.add_attachment(b"Name,Age\nAda,36\nBob,41\n", "text", "csv", filename="people.csv")
    message.add_attachment(
        documents.sheet([["Town", "Size"], ["Rome", 5], ["Oslo", 7]]), "application", "x", filename="towns.xlsx"
    )
    found = read(message)
    assert [(table.header, table.where) for _, _, table in found.tables] == [
        (["Item", "Fee"], ""),
        (["Part", "kg"], ""),
        (["Name", "Age"], "people.csv"),
        (["Town", "Size"], "towns.xlsx"),
    ]
    assert [found.text[start:end] for start, end, _ in found.tables[:2]] == [
        "Item | Fee\nSurvey | 940\nPermit | 1,250\n",
        "| Part | kg |\n|---|---|\n| Rotor | 412 |\n",
    ]
