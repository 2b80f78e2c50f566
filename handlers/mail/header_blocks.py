"""Reads the header block that clients put above older mail ("From: … Sent: … To: … Subject: …"), in any language."""

import re
from dataclasses import dataclass, field

from handlers.mail.client_lines import LONGEST_LINE, bare
from handlers.mail.phrases import LABELS, Field, plain_form, visible_form

MOST_HEADER_LINES = 40
LONGEST_LABEL = 30
LONGEST_VALUE = 4000


def label_of(line: str) -> tuple[Field, str] | None:
    """Read "Label: value" if the label is one of a client's header block, in any language."""
    text = bare(line).lstrip("*_ ")
    at = min(
        (
            at
            for at in (text.find(":", 0, LONGEST_LABEL + 2), text.find("：", 0, LONGEST_LABEL + 2))
            if at > 0
        ),
        default=0,
    )
    if not at:
        return None
    name = LABELS.get(plain_form(text[:at].strip("*_ ")))
    if name is None:
        return None
    return name, text[at + 1 :].lstrip("*_ ")


@dataclass
class HeaderBlock:
    """A header block: what it says (labels folded into fields), and the number of the line behind it."""

    end: int
    fields: dict[Field, str] = field(default_factory=dict)

    @property
    def certain(self) -> bool:
        """Whether this is more than a list somebody typed ("From: London", "To: Paris")."""
        if Field.FROM not in self.fields:
            return False
        others = len(self.fields.keys() & {Field.TO, Field.DATE, Field.SUBJECT})
        if Field.SUBJECT in self.fields and others >= 2:
            return True
        return others >= 1 and any(
            "@" in self.fields.get(name, "") for name in (Field.FROM, Field.TO, Field.CC)
        )

    @property
    def full(self) -> bool:
        """Whether nothing that a block usually has is missing."""
        return self.fields.keys() >= {Field.FROM, Field.TO, Field.DATE, Field.SUBJECT}


def starts_header_block(line: str) -> bool:
    """Whether a line has a label that a header block starts with."""
    label = label_of(line)
    return label is not None and label[0] not in {Field.OTHER, Field.CC}


def header_block(lines: list[str], start: int) -> HeaderBlock | None:
    """Read the header block that starts at `lines[start]` (without quote marks); None when there is no label.

    A value may go on in the next lines as long as another label follows; one empty line between two labels
    is allowed, for HTML turned into text.
    """
    block = HeaderBlock(start)
    last = Field.OTHER
    at, limit = start, min(len(lines), start + MOST_HEADER_LINES)
    while at < limit:
        text = bare(lines[at])
        label = label_of(text) if text else None
        if label is not None:
            name, value = label
            if name in block.fields and name is not Field.OTHER:
                break
            block.fields[name] = value[:LONGEST_VALUE]
            last = name
        elif not block.fields:
            return None
        elif not text:
            if block.full or not _unseen_label(lines, at + 1, limit, block, reach=1):
                break
        elif _goes_on(lines, at, limit, block, last):
            block.fields[last] = f"{block.fields[last]} {text}"[:LONGEST_VALUE]
        else:
            break
        at += 1
        block.end = at
    _unglue(block)
    return block


def _unseen_label(lines: list[str], start: int, limit: int, block: HeaderBlock, *, reach: int) -> bool:
    for line in lines[start : min(limit, start + reach)]:
        text = bare(line)
        if not text:
            return False
        label = label_of(text)
        if label is not None:
            return label[0] not in block.fields
    return False


def _goes_on(lines: list[str], at: int, limit: int, block: HeaderBlock, last: Field) -> bool:
    said = block.fields[last].rstrip()
    if last in {Field.FROM, Field.TO, Field.CC} and (
        said.endswith((",", ";", "<", "[mailto:")) or (not said and "@" in lines[at])
    ):
        return True
    return _unseen_label(lines, at + 1, limit, block, reach=3)


def glued_fields(text: str) -> dict[Field, str]:
    """Read a header block that lost its line breaks: "From: A <a@b.c>To: …Subject: …" (Yahoo as plain text)."""
    text = visible_form(text[:LONGEST_LINE])
    found: list[tuple[int, int, Field]] = []
    seen: set[Field] = set()
    for colon in re.finditer("[:：]", text):
        mark = _label_before(text, colon.start(), seen)
        if mark is not None:
            found.append((mark[0], colon.end(), mark[1]))
            seen.add(mark[1])
    if not found or text[: found[0][0]].strip(" *_"):
        return {}
    ends = [start for start, _, _ in found[1:]] + [len(text)]
    fields = {name: text[begin:end].strip(" *_") for (_, begin, name), end in zip(found, ends, strict=True)}
    if Field.SUBJECT not in fields and Field.DATE in fields:
        _subject_without_colon(fields)
    return fields


def _label_before(text: str, colon: int, seen: set[Field]) -> tuple[int, Field] | None:
    first = max(0, colon - LONGEST_LABEL)
    for start in range(first, colon):
        before = text[start - 1] if start else " "
        word = text[start:colon].strip(" *_")
        if (
            not word
            or text[start] in " *_"
            or not (text[start].isupper() or not text[start].isascii() or before in " *_")
        ):
            continue
        if before not in " >*_" and not (
            len(word) > 2 and (before.isupper() or before.isdigit() or before == ".")
        ):
            continue
        name = LABELS.get(plain_form(word))
        if name is not None and name not in seen:
            return start, name
    return None


def _subject_without_colon(fields: dict[Field, str]) -> None:
    date = fields[Field.DATE]
    for at in range(1, len(date)):
        if date[at].isupper() and (date[at - 1].isupper() or date[at - 1].isdigit()):
            word = date[at:].split(" ", 1)
            if len(word) == 2 and LABELS.get(plain_form(word[0])) is Field.SUBJECT:
                fields[Field.DATE], fields[Field.SUBJECT] = date[:at].strip(), word[1].strip()
                return


def _unglue(block: HeaderBlock) -> None:
    """Some clients put two or three fields on a line: "To: a@b.c Subject: …"."""
    for name in (Field.FROM, Field.TO):
        value = block.fields.get(name, "")
        at = value.find("@")
        if at < 0 or not (":" in value[at:] or "：" in value[at:]):
            continue
        fields = glued_fields(f"{name.capitalize()}: {value}")
        if len(fields) > 1 and name in fields:
            block.fields = {
                **fields,
                **{key: text for key, text in block.fields.items() if key != name},
                name: fields[name],
            }
