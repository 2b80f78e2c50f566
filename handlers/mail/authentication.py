"""Who is it, really: what the receiving server we trust says of the sender (RFC 8601), and look-alike addresses."""

import re
import unicodedata

from bot.inbound import Authenticated
from handlers.mail.headers import unfold, without_comments

MOST_RESULTS = 50
QUOTED = re.compile(r'"[^"]*"')
RESULT = re.compile(r"^\s*([a-z0-9-]{1,40})(?:/\d+)?\s*=\s*([a-z]{1,20})", re.IGNORECASE)
PROPERTY = re.compile(
    r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom|smtp\.mail|smtp\.helo)\s*=\s*\"?([^\s;\"]{1,320})",
    re.IGNORECASE,
)

# Second-level registries under which organisations register: enough to keep two companies in co.uk apart
# without the Public Suffix List, whose wrong answers here are "not aligned", never "aligned".
SHARED = frozenset({"co", "com", "org", "net", "gov", "ac", "edu", "or", "ne", "go", "gob", "gouv", "mil", "sch", "ltd",
                    "plc", "nhs", "gv", "asn", "id", "blogspot", "nom", "firm", "gen", "ind"})  # fmt: skip


def authentication(
    fields: list[bytes], from_address: str, trusted: tuple[str, ...]
) -> tuple[Authenticated, str]:
    """The verdict on the From address, and the method that gave it.

    Only the topmost field that carries one of our servers' ids counts: a server strips or outranks what
    came with the mail (RFC 8601 5). Without a configured id nothing is believed.
    """
    if not trusted or not from_address:
        return Authenticated.NONE, ""
    wanted = {name.lower().rstrip(".") for name in trusted}
    for raw in fields:
        value = without_comments(unfold(raw))
        server, _, results = value.partition(";")
        if (server.split() or [""])[0].lower().rstrip(".") in wanted:
            return _verdict(results, _domain(from_address))
    return Authenticated.NONE, ""


def _verdict(results: str, domain: str) -> tuple[Authenticated, str]:
    seen: dict[str, str] = {}
    aligned = ""
    results = QUOTED.sub(lambda found: found[0].replace(";", " "), results)
    for result in results.split(";")[:MOST_RESULTS]:
        found = RESULT.match(result)
        if found is None:
            continue
        method, verdict = found[1].lower(), found[2].lower()
        about = {name.lower(): _domain(value) for name, value in PROPERTY.findall(result)}
        if method == "dmarc":
            if "header.from" in about and not same_organisation(about["header.from"], domain):
                continue  # a verdict about somebody else
            seen.setdefault("dmarc", verdict)
        elif method == "dkim":
            signer = about.get("header.d") or about.get("header.i", "")
            if verdict == "pass" and same_organisation(signer, domain):
                aligned = aligned or "dkim"
        elif method == "spf":
            envelope = about.get("smtp.mailfrom") or about.get("smtp.mail", "")
            if verdict == "pass" and same_organisation(envelope, domain):
                aligned = aligned or "spf"
            seen.setdefault("spf", verdict)
    if (dmarc := seen.get("dmarc")) in {"pass", "bestguesspass"}:
        return Authenticated.PASS, "dmarc"
    if dmarc in {"fail", "permerror"}:
        return Authenticated.FAIL, "dmarc"
    if aligned:
        return Authenticated.PASS, aligned
    if seen.get("spf") in {"fail", "hardfail"}:
        return Authenticated.FAIL, "spf"
    return Authenticated.NONE, ""


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip("<>,").lower().rstrip(".")


def same_organisation(one: str, other: str) -> bool:
    """Relaxed alignment (RFC 7489 3.1): one registered name below which both stand."""
    return bool(one and other) and (one == other or (
        registered_name(one) == registered_name(other) and registered_name(one) != ""))  # fmt: skip


def registered_name(domain: str) -> str:
    labels = domain.split(".")
    if len(labels) < 2:
        return ""
    if len(labels) > 2 and labels[-2] in SHARED and len(labels[-1]) <= 3:
        return ".".join(labels[-3:])
    return "" if len(labels) == 2 and labels[0] in SHARED and len(labels[1]) == 2 else ".".join(labels[-2:])


# The letters that other alphabets and digits are mistaken for (UTS 39, the ones seen in mail).
LOOKS_LIKE = str.maketrans({
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ј": "j", "ѕ": "s", "һ": "h", "ԁ": "d",
    "ԛ": "q", "ԝ": "w", "к": "k", "м": "m", "т": "t", "в": "b", "н": "h", "α": "a", "ε": "e", "ι": "i", "κ": "k", "ν": "v",
    "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "ϲ": "c", "ϳ": "j", "ı": "i", "ӏ": "l", "0": "o", "1": "l", "|": "l",
})  # fmt: skip


def skeleton(text: str) -> str:
    """What an address looks like at a glance: two that share it can be taken for one another (UTS 39)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return plain.translate(LOOKS_LIKE).replace("rn", "m").replace("vv", "w").replace("i", "l")


def address_flags(address: str, name: str) -> list[str]:
    """What is odd about a sender's address or name, by flag name."""
    flags = []
    domain = _domain(address)
    if "xn--" in domain:
        flags.append("punycode_address")
    if re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", address + name):
        flags.append("bidi_in_address")
    if not domain.isascii() or "xn--" in domain:
        try:
            shown = domain if not domain.isascii() else domain.encode("ascii").decode("idna")
        except (UnicodeError, ValueError):
            shown = domain
        if any(_mixed(label) for label in shown.split(".")):
            flags.append("confusable_address")
    claimed = re.search(r"[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,5})", name[:500])
    if (
        claimed
        and address
        and not same_organisation(claimed[1].lower(), domain)
        and claimed[1].lower() != domain
    ):
        flags.append("name_shows_other_address")
    return flags


def _mixed(label: str) -> bool:
    """Letters of several alphabets in one label, or a whole label that reads as plain Latin (UTS 39 5.1)."""
    scripts = {unicodedata.name(letter, "?").split(" ")[0] for letter in label if letter.isalpha()}
    scripts -= {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}
    if len(scripts) > 1:
        return True
    return not label.isascii() and skeleton(label).isascii() and scripts != {"LATIN"}
