"""Letters as a small business gets them, made from a seed: clients, strangers, threads, newsletters, robots."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime

TOPICS = ("a logo", "a sign for the window", "a small website", "packaging for our tea", "a brochure", "labels for jars")
PLACES = ("Haga", "Majorna", "Kungsbacka", "Borås", "Mölndal", "Alingsås")
FIRST = ("Nora", "Emil", "Saga", "Arvid", "Linnea", "Oskar", "Maja", "Viggo", "Ebba", "Hugo")
LAST = ("Ekdahl", "Lund", "Berg", "Nyström", "Falk", "Sand", "Holm", "Dahl", "Ek", "Strand")
_SAID = (
    "we liked how quiet your work for the workshop next door is and wondered whether you have room for us in spring "
    "the budget is fixed but not large and my sister would like to see two directions before she decides anything"
)
WORDS = _SAID.split()


def inquiries(seed: int = 1) -> Iterator[bytes]:
    """One stranger after another who wants something, so that each becomes a card."""
    dice = random.Random(seed)
    number = 0
    while True:
        number += 1
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)}"
        sender = f"{name.partition(' ')[0].lower()}{number}@workshop{number}.example"
        want, place = dice.choice(TOPICS), dice.choice(PLACES)
        text = (
            f"Hello,\r\n\r\nwe run a workshop in {place} (no. {number}) and need {want}. {_chatter(dice, 30)}\r\n\r\n"
            f"How do you usually work, and how soon could you start?\r\n\r\nKind regards\r\n{name}\r\n"
        )
        yield _letter(name, sender, f"{want.capitalize()} for workshop {number}", text, number)


def post(count: int, seed: int = 2) -> Iterator[bytes]:
    """A mixed post of so many letters: new ones, answers in threads, HTML, newsletters, automatic replies."""
    dice = random.Random(seed)
    threads: list[tuple[str, str, str, list[str]]] = []
    for number in range(count):
        kind = dice.random()
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)}"
        if kind < 0.15:
            sender = f"news{dice.randrange(40)}@letters.example"
            head = "List-Unsubscribe: <https://letters.example/u>\r\nList-Id: <news.letters.example>\r\nPrecedence: bulk\r\n"
            yield _letter("Weekly news", sender, f"News no. {number}", _html(dice), number, head=head, html=True)
        elif kind < 0.20:
            sender = f"away{number}@workshop.example"
            head = "Auto-Submitted: auto-replied\r\n"
            yield _letter(name, sender, "Out of office", "I am away until Monday.\r\n", number, head=head)
        elif kind < 0.65 or not threads:
            sender, subject = f"client{number}@workshop.example", f"About {dice.choice(TOPICS)}, no. {number}"
            threads.append((name, sender, subject, [_id(number)]))
            yield _letter(name, sender, subject, f"Hello,\r\n\r\n{_chatter(dice, 120)}\r\n\r\n{name}\r\n", number)
        else:
            name, sender, subject, ids = dice.choice(threads[-200:])
            head = f"In-Reply-To: {ids[-1]}\r\nReferences: {' '.join(ids[-10:])}\r\n"
            quoted = "".join(f"> {_chatter(dice, 12)}\r\n" for _ in range(12))
            text = f"{_chatter(dice, 60)}\r\n\r\n{name}\r\n\r\nOn Tue, 3 Nov 2026 at 10:00, {name} wrote:\r\n{quoted}"
            ids.append(_id(number))
            yield _letter(name, sender, f"Re: {subject}", text, number, head=head)


def _letter(name: str, sender: str, subject: str, text: str, number: int, *, head: str = "", html: bool = False) -> bytes:
    kind = "html" if html else "plain"
    return (
        f"From: {name} <{sender}>\r\nTo: hello@studio.example\r\nSubject: {subject}\r\n"
        f"Date: {format_datetime(datetime.now(UTC))}\r\nMessage-ID: {_id(number)}\r\n{head}"
        f"MIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
    ).encode()


def _id(number: int) -> str:
    return f"<letter-{number}@bench.example>"


def _chatter(dice: random.Random, words: int) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(words))


def _html(dice: random.Random) -> str:
    rows = "".join(f"<tr><td><p>{_chatter(dice, 25)}</p></td></tr>" for _ in range(8))
    return f"<html><body><table>{rows}</table></body></html>\r\n"
