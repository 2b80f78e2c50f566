"""What a mail hides from its reader: styles, colours, sizes, and characters nobody sees."""

import re
from dataclasses import dataclass

# Written on purpose by a sender who does not want it seen. A preheader is hidden too, and just as unread.
HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0*)?(?![\d.])"
    r"|mso-hide\s*:\s*all"
    r"|(?:text-indent|left|top|margin-left)\s*:\s*-\d{3,}(?:\.\d+)?(?:px|pt|em)"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%)",
    re.IGNORECASE,
)
MIGHT_HIDE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*[hc]|opacity\s*:\s*0|font(?:-size)?\s*:\s*[01][pe;\"' ]|mso-hide|\shidden|clip\s*:|:\s*-\d{3}"
    r"|height\s*:\s*0|color\s*[:=]\s*[\"']?\s*(?:#f[a-f]|white|rgb|transparent|snow|ivory)",
    re.IGNORECASE,
)
"""Without any of these in its source an HTML part hides nothing: a look that is worth its price before parsing."""
SHRUNK = re.compile(
    r"(?:max-)?(?:height|width)\s*:\s*0(?:\.0*)?(?:px|pt|em|%)?\s*(?:!important\s*)?(?:;|$)", re.IGNORECASE
)
CLIPPED = re.compile(r"overflow\s*:\s*hidden", re.IGNORECASE)
SIZE = re.compile(r"(?:^|[;\s])font(?:-size)?\s*:\s*([^;]{1,60})", re.IGNORECASE)
NO_SIZE = re.compile(
    r"\s*(?:0*[01]?(?:\.\d+)?(?:px|pt)|0(?:\.0*)?(?:em|rem|%)?)(?:\s*!important|/\S+.*)?\s*$", re.IGNORECASE
)
COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;]{1,40})", re.IGNORECASE)
BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;]{1,200})", re.IGNORECASE)
RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})(?:\s*,\s*([\d.]+))?", re.IGNORECASE)
NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250), "ivory": (255, 255, 240),
         "whitesmoke": (245, 245, 245), "ghostwhite": (248, 248, 255), "floralwhite": (255, 250, 240),
         "transparent": (-1, -1, -1), "red": (255, 0, 0), "blue": (0, 0, 255), "green": (0, 128, 0),
         "yellow": (255, 255, 0), "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192)}  # fmt: skip
CLOSE = 24
"""Colours nearer than this in every channel are one colour to a person's eye."""

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0e\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
TAGS = re.compile("[\U000e0020-\U000e007e]")
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
RUN_OF_INVISIBLE = re.compile("[\u200b\u2060-\u2064\u180e\ufeff\u200c\u200d]{8,}")
WHITE = (255, 255, 255)
UNKNOWN = (-999, -999, -999)

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """How text is written: its colour (None: not said), what it stands on, and whether it has no size."""

    front: Colour | None
    back: Colour
    tiny: bool = False

    @property
    def unseen(self) -> bool:
        return self.tiny or (self.front is not None and alike(self.front, self.back))


def hides(attributes: dict[str, str | None], rules: frozenset[str] = frozenset()) -> bool:
    """Whether an element with these attributes is not seen by anybody."""
    if "hidden" in attributes:
        return True
    if rules:
        if any(f".{name}" in rules for name in (attributes.get("class") or "").lower().split()):
            return True
        if f"#{(attributes.get('id') or '').lower()}" in rules:
            return True
    style = attributes.get("style")
    if not style:
        return False
    if HIDING.search(style):
        return True
    return bool(CLIPPED.search(style) and SHRUNK.search(style))


RULE = re.compile(r"([^{}@;]{1,300})\{([^{}]{0,2000})\}")
SIMPLE = re.compile(r"^(?:[a-z0-9]{1,12})?([.#][\w-]{1,80})$")


def hiding_rules(html: str) -> frozenset[str]:
    """Class and id names that the mail's own style sheet hides everywhere (rules inside @media are not everywhere)."""
    names: set[str] = set()
    at = 0
    while len(names) < 100:
        begin = html.find("<style", at)
        if begin < 0:
            break
        begin = html.find(">", begin) + 1 or len(html)
        end = html.find("</style", begin)
        end = end if end >= 0 else len(html)
        for selectors, style in RULE.findall(_without_media(html[begin:end][:65536])):
            if HIDING.search(style) or (CLIPPED.search(style) and SHRUNK.search(style)):
                for selector in selectors.split(","):
                    if found := SIMPLE.match(selector.strip().lower().split("}")[-1].strip()):
                        names.add(found[1])
        at = end + 1
    return frozenset(names)


def _without_media(css: str) -> str:
    """Style rules outside of any @-block: what only a phone or a printer hides is seen."""
    out: list[str] = []
    depth, at, start = 0, 0, 0
    while (begin := css.find("@", at)) >= 0:
        brace, semicolon = css.find("{", begin), css.find(";", begin)
        if brace < 0:
            break
        if 0 <= semicolon < brace:
            at = semicolon + 1
            continue
        out.append(css[start:begin])
        depth, at = 1, brace + 1
        while at < len(css) and depth:
            depth += (css[at] == "{") - (css[at] == "}")
            at += 1
        start = at
    out.append(css[start:])
    return _without_remarks("".join(out)).replace("<!--", " ").replace("-->", " ")


def _without_remarks(css: str) -> str:
    out: list[str] = []
    at = 0
    while (begin := css.find("/*", at)) >= 0:
        out.append(css[at:begin])
        end = css.find("*/", begin + 2)
        if end < 0:
            return "".join(out)
        at = end + 2
    return "".join(out) + css[at:]


def look_within(look: Look, attributes: dict[str, str | None]) -> Look:
    """How text looks inside an element: what the element does not say is inherited."""
    if not (attributes.keys() & {"style", "color", "bgcolor", "text", "background"}):
        return look
    front, back, tiny = look.front, look.back, look.tiny
    style = attributes.get("style") or ""
    if size := SIZE.search(style):
        tiny = bool(NO_SIZE.match(size[1]))
    stated = COLOUR.search(style)
    colour = stated[1] if stated else attributes.get("color") or attributes.get("text") or ""
    front = _colour(colour) or front
    if "url(" in style or attributes.get("background"):
        return Look(front, UNKNOWN, tiny)  # a picture behind: nobody can say
    painted = BACKGROUND.search(style)
    new = _colour(painted[1] if painted else attributes.get("bgcolor") or "")
    return Look(front, new if new is not None and new[0] >= 0 else back, tiny)


def _colour(text: str) -> tuple[int, int, int] | None:
    text = text.replace("!important", "").strip().lower()
    if not text:
        return None
    if text in NAMED:
        return NAMED[text]
    if found := RGB.match(text):
        if found[4] and float(found[4][:6].strip(".") or 0) == 0:
            return NAMED["transparent"]
        return int(found[1]), int(found[2]), int(found[3])
    digits = text.split()[0].lstrip("#")
    if re.fullmatch(r"[0-9a-f]{3}", digits):
        digits = "".join(letter * 2 for letter in digits)
    if re.fullmatch(r"[0-9a-f]{6}", digits):
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    return None


def alike(front: tuple[int, int, int], back: tuple[int, int, int]) -> bool:
    if front[0] == -1:
        return True
    return all(abs(one - other) <= CLOSE for one, other in zip(front, back, strict=True))


def split_invisible(text: str) -> tuple[str, list[str]]:
    """Text without characters nobody sees, and flag names for what they would have hidden.

    Tag characters spell words only a model reads; bidirectional controls show other words than are there.
    Soft hyphens, joiners inside words and a byte order mark are everyday and just go.
    """
    if text.isascii():
        return text, []
    flags: list[str] = []
    if TAGS.search(text) and not _only_flags(text):
        flags.append("hidden_text")
    if BIDI.search(text):
        flags.append("bidi_control")
    if RUN_OF_INVISIBLE.search(text):
        flags.append("hidden_text")
    return INVISIBLE.sub("", text), list(dict.fromkeys(flags))


def _only_flags(text: str) -> bool:
    """Tag characters behind a black flag spell a region's flag (Scotland): an emoji, not a message."""
    rest = re.sub("\U0001f3f4[\U000e0020-\U000e007f]{1,8}", "", text)
    return not TAGS.search(rest)
