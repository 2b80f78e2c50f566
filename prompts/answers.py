"""Answers and services: the owner's own texts that a reply may use, each with the id a draft cites."""

import re
from dataclasses import dataclass

from prompts.heads import Page, listed, nearest
from prompts.languages import languages

_SERVICE = re.compile(r"^##[ \t]+(.+?)[ \t]*#*\n(.*?)(?=^##[ \t]|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """Text a reply can use. `id` is what a draft cites ("answer:opening-hours"); `name` is its file's name."""

    id: str
    title: str
    topics: tuple[str, ...]
    words: tuple[str, ...]
    text: str
    public: bool
    """Whether it may go to somebody we do not know."""
    language: str = ""

    @property
    def name(self) -> str:
        return self.id.removeprefix("answer:")


@dataclass(frozen=True)
class Service:
    """Something the business offers. `id` is "service:<name>"."""

    id: str
    title: str
    words: tuple[str, ...]
    text: str
    public: bool = True


@dataclass(frozen=True)
class Material:
    """One citable piece of the playbook."""

    id: str
    title: str
    text: str
    public: bool


def read_answer(page: Page, name: str, topics: tuple[str, ...]) -> Answer:
    """The answer in a file; problems are noted on the page's head."""
    head = page.head
    answer = Answer(
        id=f"answer:{name}",
        title=head.text("title", _spoken(name), longest=80),
        topics=head.words("topics"),
        words=head.words("words"),
        text=page.body,
        public=head.flag("public", default=False),
        language=head.choice("language", "", tuple(languages())),
    )
    for topic in answer.topics:
        if topic not in topics:
            cure = f"Topics stand in authority.toml: {listed(topics)}.{nearest(topic, topics)}"
            head.complain("topics", f"{topic!r} is no topic of this playbook", cure)
    if not answer.text:
        head.problems.add(head.file, page.body_line, "it has no text", "Write the answer below the head.")
    head.closed()
    return answer


def read_service(page: Page, name: str) -> Service:
    """The one service in a file of its own."""
    head = page.head
    title = head.text("title", _spoken(name), longest=80)
    service = Service(
        f"service:{name}", title, head.words("words"), page.body, head.flag("public", default=True)
    )
    head.closed()
    return service


def read_services(page: Page) -> list[Service]:
    """The services of services.md, one under each line "## Title"; what stands above the first is not read."""
    page.head.closed()
    services = [
        Service(f"service:{_slug(title)}", title[:80], (), text.strip())
        for title, text in _SERVICE.findall(page.body)
    ]
    if page.body and not services:
        page.head.problems.add(
            page.head.file, page.body_line, "it names no service", 'Put each under a line "## Its name".'
        )
    return services


def _spoken(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _slug(title: str) -> str:
    return re.sub(r"[\W_]+", "-", title.casefold()).strip("-")[:60] or "service"
