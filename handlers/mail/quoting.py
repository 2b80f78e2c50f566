"""Splits a mail into the new words its writer added and the older mail quoted with them."""

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser


@dataclass(frozen=True)
class SplitText:
    """New words and quoted words of one mail; `doubtful` asks for a look at what was cut."""

    visible: str
    quoted: str
    doubtful: bool


def split_reply(text: str, *, html: str | None = None, parent: str | None = None) -> SplitText:
    """Split a decoded body; `html` is its HTML part, `parent` the text of the message it answers."""
    if html and not text.strip():
        text = LexborHTMLParser(html).text(separator="\n")
    lines = text.replace("\r\n", "\n").split("\n")
    known = {line.strip() for line in (parent or "").splitlines() if line.strip()}
    visible = [line for line in lines if not (line.startswith(">") or line.strip() in known)]
    quoted = [line for line in lines if line.startswith(">") or line.strip() in known]
    return SplitText("\n".join(visible).strip(), "\n".join(quoted), doubtful=False)
