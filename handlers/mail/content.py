"""Which parts of a mail are its words and which are attachments (RFC 8621 4.1.4), and the words themselves."""

import hashlib
import re
from dataclasses import dataclass, field

from bot.inbound import Attachment
from handlers.mail.charsets import codec_for, decode
from handlers.mail.flowed import unflow
from handlers.mail.headers import decode_words
from handlers.mail.hidden import MIGHT_HIDE, split_invisible
from handlers.mail.html_text import is_bottomless, read_html
from handlers.mail.mime import LARGEST_TEXT, Part

UNSAFE_IN_NAME = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_NAME = 200
NUL = "\x00"
SIGNATURES = frozenset({"pgp-signature", "pkcs7-signature", "x-pkcs7-signature"})


@dataclass(slots=True)
class Content:
    """The parts sorted: bodies in reading order, and what is kept beside them."""

    plain: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    attached: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Words:
    """The whole text of a mail before quotes are split off."""

    text: str
    html: str | None
    hidden: str
    flags: list[str]


def sort_parts(root: Part) -> Content:
    """Decide for every leaf whether it is read as words, following RFC 8621's algorithm for body parts."""
    content = Content()
    if root.type == "multipart" and not root.parts:
        # A multipart that is none: what stands there is all there is to read, and kept as it came beside it.
        content.plain.append(root)
        content.html.append(root)
        content.attached.append(root)
        return content
    _sort([root], "mixed", content, in_alternative=False)
    return content


def _sort(parts: list[Part], multipart: str, content: Content, *, in_alternative: bool) -> None:
    plain_before, html_before = len(content.plain), len(content.html)
    for place, part in enumerate(parts):
        if part.parts:
            _sort(
                part.parts,
                part.subtype,
                content,
                in_alternative=in_alternative or part.subtype == "alternative",
            )
            continue
        words = part.type == "text" and part.subtype in {"plain", "html", ""}
        inline = (
            part.disposition != "attachment"
            and words
            and (place == 0 or (multipart != "related" and not part.filename))
        )
        if multipart == "signed" and place and part.subtype in SIGNATURES and not part.filename:
            continue  # the proof of the part before it, not something sent along
        if not inline or part.filename:
            content.attached.append(part)  # a named text is a file too, though we read it
        if not inline:
            continue
        if multipart == "alternative":
            (content.html if part.subtype == "html" else content.plain).append(part)
        elif part.subtype == "html":
            content.html.append(part)
            if not in_alternative:
                content.plain.append(part)
        else:
            content.plain.append(part)
            if not in_alternative:
                content.html.append(part)
    if multipart == "alternative":
        if len(content.plain) == plain_before and len(content.html) > html_before:
            content.plain.extend(content.html[html_before:])
        elif len(content.html) == html_before and len(content.plain) > plain_before:
            content.html.extend(content.plain[plain_before:])


def read_words(content: Content) -> Words:
    """The mail's text: its plain parts, or the text of its HTML where there is no plain text worth reading."""
    flags: list[str] = []
    hidden: list[str] = []
    decoded: dict[int, str] = {}

    def characters(part: Part) -> str:
        if id(part) not in decoded:
            decoded[id(part)] = _characters(part, flags)
        return decoded[id(part)]

    def rendered(part: Part) -> str:
        read = read_html(characters(part))
        if read.hidden:
            hidden.append(read.hidden)
            flags.append("hidden_text")
        if read.cut:
            flags.append("too_large")
        return read.visible

    html_parts = [part for part in content.html if part.subtype == "html"]
    html = "\n".join(characters(part) for part in html_parts) or None
    if html and is_bottomless(html):
        flags.append("too_deep")
    pieces = [rendered(part) if part.subtype == "html" else characters(part) for part in content.plain]
    if html and not any(piece.strip() for piece in pieces):
        pieces = [rendered(part) for part in html_parts]
    elif (
        html
        and any(part.subtype != "html" for part in content.plain)
        and MIGHT_HIDE.search(html)
        and any(read_html(characters(part)).hidden for part in html_parts)
    ):
        flags.append(
            "hidden_html"
        )  # the plain text is what we read; what the HTML hides is still worth a look
    text = "\n".join(pieces) if len(pieces) > 1 else "".join(pieces)
    text, unseen = split_invisible(text.replace("\r\n", "\n").replace("\r", "\n").replace(NUL, ""))
    return Words(
        text, None if "too_deep" in flags else html, "\n".join(hidden), list(dict.fromkeys(flags + unseen))
    )


def _characters(part: Part, flags: list[str]) -> str:
    data = part.content()
    if len(data) > LARGEST_TEXT:
        flags.append("too_large")
        data = data[:LARGEST_TEXT]
    declared = part.parameters.get("charset")
    text, strange = decode(data, declared)
    if strange or (declared and codec_for(declared) == "utf-7" and b"+" in data):
        flags.append("odd_charset")
    if part.subtype != "html" and part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return text


def attachments(parts: list[Part]) -> tuple[Attachment, ...]:
    """Each part as an attachment: a name that is safe to show and to store, its size and its SHA-256."""
    return tuple(_attachment(part) for part in parts)


def _attachment(part: Part) -> Attachment:
    data = part.content()
    return Attachment(
        safe_name(part.filename, part.media), part.media, len(data), hashlib.sha256(data).hexdigest()
    )


def safe_name(name: str | None, media: str) -> str:
    """A file name without paths, control and direction characters; a part without a name is named by its type."""
    name = decode_words(name or "").replace("\\", "/").rsplit("/", 1)[-1]
    name = UNSAFE_IN_NAME.sub("", name).strip(" .")
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: LONGEST_NAME - 20]}.{ending[:16]}" if dot else name[:LONGEST_NAME]
    return name or media.replace("/", ".")
