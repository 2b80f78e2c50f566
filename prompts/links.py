"""Links and addresses in text: finding what a reader's mail program would make clickable."""

import re
import unicodedata

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+[^\W\d_][\w-]{{1,62}}\Z", re.IGNORECASE)
_URL_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}:)?//(?:[^/?#@\s]*@)?([^/?#:\s]+)", re.IGNORECASE)
_CLICKABLE = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}://\S+"
    r"|\b(?:mailto|javascript|data|tel|sms):\S+"
    r"|\bwww\.\S+"
    rf"|[\w.+-]{{1,64}}@(?:{_LABEL}\.)+[^\W\d_]{{2,63}}"
    rf"|\b(?:{_LABEL}\.){{1,8}}[^\W\d_]{{2,63}}\b",
    re.IGNORECASE,
)


def is_host(text: str) -> bool:
    """Whether this could be the name of a host: labels with dots, ending in letters."""
    return len(text) <= 253 and _HOST.match(text) is not None


def host_of(link: str) -> str:
    """The host of a link with a scheme, lower case, without "www."; "" when there is none."""
    found = _URL_HOST.match(link.strip())
    return found.group(1).lower().removeprefix("www.") if found else ""


def clickable(text: str) -> list[str]:
    """Every URL, mail address and thing that looks like a host name, as written."""
    flat = (
        unicodedata.normalize("NFKC", text).replace("。", ".").replace("｡", ".")
    )  # host names take these for dots
    return [match.group().rstrip(".,;:!?)»”'\"") for match in _CLICKABLE.finditer(flat)]


def allowed(link: str, hosts: tuple[str, ...]) -> bool:
    """Whether a link leads over https to one of these hosts or below."""
    if any(trick in link for trick in "\\@ \t\n"):  # browsers and parsers disagree on where the host ends
        return False
    host = host_of(link)
    return link.lower().startswith("https://") and any(
        host == name or host.endswith("." + name) for name in hosts
    )
