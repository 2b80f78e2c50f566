"""Bytes of a mail to characters: the declared charset if we allow it, else UTF-8, else a careful guess."""

import codecs
import re
from functools import lru_cache

ALLOWED = frozenset(
    [
        "ascii",
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "utf-32-le",
        "utf-32-be",
        "iso8859-1",
        "iso8859-2",
        "iso8859-3",
        "iso8859-4",
        "iso8859-5",
        "iso8859-6",
        "iso8859-7",
        "iso8859-8",
        "iso8859-9",
        "iso8859-10",
        "iso8859-11",
        "iso8859-13",
        "iso8859-14",
        "iso8859-15",
        "iso8859-16",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp1258",
        "cp437",
        "cp720",
        "cp737",
        "cp775",
        "cp850",
        "cp852",
        "cp855",
        "cp857",
        "cp858",
        "cp860",
        "cp861",
        "cp862",
        "cp863",
        "cp864",
        "cp865",
        "cp866",
        "cp869",
        "cp874",
        "cp932",
        "cp949",
        "cp950",
        "koi8-r",
        "koi8-u",
        "koi8-t",
        "kz1048",
        "ptcp154",
        "tis-620",
        "mac-roman",
        "mac-cyrillic",
        "mac-latin2",
        "mac-greek",
        "mac-turkish",
        "mac-iceland",
        "shift_jis",
        "shift_jis_2004",
        "shift_jisx0213",
        "euc_jp",
        "euc_jis_2004",
        "euc_jisx0213",
        "iso2022_jp",
        "iso2022_jp_1",
        "iso2022_jp_2",
        "iso2022_jp_2004",
        "iso2022_jp_3",
        "iso2022_jp_ext",
        "euc_kr",
        "johab",
        "iso2022_kr",
        "gb2312",
        "gbk",
        "gb18030",
        "hz",
        "big5",
        "big5hkscs",
        "utf-7",
    ]
)
"""Python codec names a mail may choose; anything else (idna, unicode_escape, rot13 …) is not a charset of text."""

# What Windows and the browsers mean by these names (WHATWG Encoding): supersets that read the same text and more.
WIDER = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
         "euc_kr": "cp949", "iso8859-9": "cp1254", "tis-620": "cp874", "iso8859-11": "cp874"}  # fmt: skip

ALIASES = {"x-unknown": "", "unknown": "", "unknown-8bit": "", "default": "", "none": "", "x-user-defined": "",
           "ansi": "cp1252", "x-ansi": "cp1252", "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8",
           "iso-8859-6-i": "iso8859-6", "x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp",
           "x-mac-roman": "mac-roman", "macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic",
           "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "x-windows-949": "cp949", "windows-31j": "cp932",
           "cp-932": "cp932", "utf": "utf-8", "utf8mb4": "utf-8", "unicode-1-1-utf-7": "utf-7",
           "unicode": "utf-16", "ucs-2": "utf-16", "big5-hkscs": "big5hkscs", "x-big5": "big5", "dos-874": "cp874",
           "windows-874": "cp874", "iso-ir-111": "koi8-r", "latin": "cp1252", "8bit": "", "us": "ascii"}  # fmt: skip

GUESS = (
    "utf-8",
    "cp1252",
    "cp1251",
    "koi8-r",
    "gb18030",
    "cp932",
    "euc_jp",
    "euc_kr",
    "big5",
    "cp1250",
    "iso8859-2",
)
ENOUGH_TO_GUESS = 64
"""Below this many bytes a guess is a coin toss: Western text is assumed."""

NOT_LETTERS = re.compile(rb"[^\x80-\xff]")


@lru_cache(maxsize=512)
def codec_for(name: str) -> str | None:
    """The codec for a charset as a mail writes it (RFC 2978 names, RFC 2231 language suffix); None: not one we allow."""
    wanted = name.strip().strip("\"'").split("*", 1)[0].strip().lower()
    wanted = re.sub(r"[^a-z0-9_+.:-]", "", wanted)
    wanted = ALIASES.get(wanted, wanted)
    if not wanted or len(wanted) > 40:
        return None
    for spelling in (wanted, re.sub(r"^(?:windows|cp|ibm|win|x-cp|x-windows)[-_]?(\d+)$", r"cp\1", wanted),
                     re.sub(r"^(?:iso|x-iso)[-_]?8859[-_]?(\d+)$", r"iso8859-\1", wanted),
                     wanted.removeprefix("x-")):  # fmt: skip
        try:
            found = codecs.lookup(spelling).name
        except (LookupError, ValueError, UnicodeError):
            continue
        return WIDER.get(found, found) if found in ALLOWED else None
    return None


def decode(data: bytes, declared: str | None = None) -> tuple[str, bool]:
    """The characters, and whether some bytes could not be read as the mail says (a flag for the reader).

    Declared charset first, then strict UTF-8, then a guess over a short list when there is enough to guess
    from, then Windows Latin with replacements; the raw mail is kept, so nothing is lost.
    """
    codec = codec_for(declared) if declared else None
    strange = bool(declared and declared.strip() and codec is None and not data.isascii())
    if codec == "cp1252" and not data.isascii():
        # Mail that says ASCII or Latin-1 and is valid UTF-8 is UTF-8: the reverse practically never happens.
        text = _strictly(data, "utf-8")
        if text is not None:
            return text, strange
        return data.decode("cp1252", "replace") if _fits(data, "cp1252") else data.decode("latin-1"), strange
    if codec:
        text = _strictly(data, codec)
        if text is not None:
            return text, strange
    text = _strictly(data, "utf-8")
    if text is not None:
        return text.removeprefix("\ufeff"), strange
    if codec:
        return data.decode(codec, "replace"), True
    return _guess(data), strange


def decode_header_bytes(data: bytes) -> str:
    """Raw 8-bit bytes in a header (RFC 6532 says UTF-8; older senders did not ask)."""
    if data.isascii():
        return data.decode("ascii")
    text = _strictly(data, "utf-8")
    return text if text is not None else _guess(data)


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _fits(data: bytes, codec: str) -> bool:
    return _strictly(data, codec) is not None


def _guess(data: bytes) -> str:
    if len(NOT_LETTERS.sub(b"", data[:65536])) >= ENOUGH_TO_GUESS // 2 and len(data) >= ENOUGH_TO_GUESS:
        from charset_normalizer import from_bytes

        best = from_bytes(data[:8192], cp_isolation=list(GUESS), enable_fallback=False).best()
        if best is not None:
            return data.decode(best.encoding, "replace")
    return data.decode("cp1252", "replace")
