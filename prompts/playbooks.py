"""The playbook: the owner's folder, read whole, checked whole, and then never changed."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from prompts.answers import Answer, Material, Service, read_answer, read_service, read_services
from prompts.authority import DEFAULT_TOPICS, Authority, Topic, read_authority
from prompts.heads import Head, Page, listed, nearest, read_page, read_toml
from prompts.house_rules import HouseRules, read_house_rules
from prompts.languages import languages
from prompts.links import clickable, host_of
from prompts.problems import PlaybookError, PlaybookProblem, Problems
from prompts.routine_pages import read_routine
from prompts.routines import Limits, RoutineCard, Slot, SlotError, fill

__all__ = [
    "Answer", "Authority", "HouseRules", "Limits", "Material", "Playbook", "PlaybookError", "PlaybookProblem",
    "RoutineCard", "Service", "Slot", "SlotError", "Topic", "fill", "read_playbook",
]  # fmt: skip

FILES = ("house_rules.toml", "authority.toml", "voice.md", "business.md", "services.md")
FOLDERS = ("services", "answers", "routines")
MAX_FILES = 500
OTHER = "other"
"""What a writer answers as category when nothing of the playbook fits."""

TO_FILL_IN = re.compile(r"\[\[.*?\]\]", re.DOTALL)
_STEM = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}\Z")


@dataclass(frozen=True)
class Playbook:
    """Everything the owner wrote down. `fingerprint` changes when any file of it does."""

    voice: str = ""
    business: str = ""
    services: tuple[Service, ...] = ()
    answers: tuple[Answer, ...] = ()
    routines: tuple[RoutineCard, ...] = ()
    house_rules: HouseRules = field(default_factory=HouseRules)
    authority: Authority = field(default_factory=lambda: Authority(DEFAULT_TOPICS))
    fingerprint: str = ""
    unfinished: tuple[str, ...] = ()
    """Files that still hold [[something to fill in]]: answers and routines are left out whole, other texts by the line."""

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(topic.name for topic in self.authority.topics)

    def routine(self, name: str) -> RoutineCard | None:
        return next((routine for routine in self.routines if routine.name == name), None)

    def answer(self, name: str) -> Answer | None:
        """By name ("opening-hours") or id ("answer:opening-hours")."""
        return next((answer for answer in self.answers if name in (answer.name, answer.id)), None)

    def material(self, *, public_only: bool) -> tuple[Material, ...]:
        """What a draft may rely on: business facts, services, answers; for an unknown sender only what is public."""
        everything = [Material("business", "About us", self.business, public=True)] if self.business else []
        everything += [
            Material(service.id, service.title, service.text, service.public) for service in self.services
        ]
        everything += [
            Material(answer.id, answer.title, answer.text, answer.public) for answer in self.answers
        ]
        return tuple(piece for piece in everything if piece.public or not public_only)


def read_playbook(folder: Path) -> Playbook:
    """The playbook in this folder. PlaybookError with every problem of every file, when there is one."""
    problems = Problems()
    if not folder.is_dir():
        problems.add(
            str(folder),
            1,
            "there is no such folder",
            "Run `understudy init`, or name the folder of your playbook.",
        )
        problems.settle()
    reading = _Reading(folder, problems)
    playbook = reading.all()
    problems.settle()
    return playbook


class _Reading:
    """One pass over a folder."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder, self._problems = folder, problems
        self._hash = hashlib.sha256()
        self._unfinished: set[str] = set()

    def all(self) -> Playbook:
        self._check_names()
        authority = self._authority()
        topics = tuple(topic.name for topic in authority.topics)
        rules = self._rules(topics)
        business = self._text("business.md")
        services = self._services()
        hosts = rules.links + tuple(host for link in clickable(business) if (host := host_of(link)))
        answers = tuple(read_answer(page, name, topics) for name, page in self._pages("answers"))
        routines = tuple(
            read_routine(page, name, topics=topics, constants=rules.constants, hosts=hosts)
            for name, page in self._pages("routines")
        )
        self._check_clashes(answers, routines)
        voice = self._text("voice.md")
        return Playbook(
            voice=voice,
            business=business,
            services=services,
            answers=tuple(
                answer
                for answer in answers
                if not self._is_unfinished(f"answers/{answer.name}.md", answer.text)
            ),
            routines=tuple(
                card for card in routines if not self._is_unfinished(f"routines/{card.name}.md", card.body)
            ),
            house_rules=rules,
            authority=authority,
            fingerprint=self._hash.hexdigest()[:12],
            unfinished=tuple(sorted(self._unfinished)),
        )

    def _is_unfinished(self, file: str, text: str) -> bool:
        """Whether the owner has still to fill something in; noted, so that doctor can say so."""
        if TO_FILL_IN.search(text):
            self._unfinished.add(file)
            return True
        return False

    def _finished(self, file: str, text: str) -> str:
        """A text without the lines that are still to be filled in."""
        lines = [line for line in text.split("\n") if not self._is_unfinished(file, line)]
        return "\n".join(lines).strip()

    def _check_names(self) -> None:
        """A misspelt folder would silently switch things off, so nothing unknown may lie about."""
        known = FILES + FOLDERS
        for path in sorted(self._folder.iterdir()):
            if path.name.startswith(".") or path.name.lower() == "readme.md" or path.name in known:
                continue
            if path.is_dir() or path.suffix in (".md", ".toml"):
                cure = f"A playbook has {listed(known)}.{nearest(path.name, known)}"
                self._problems.add(path.name, 1, "this is no part of a playbook", cure)

    def _seen(self, file: str, raw: bytes) -> None:
        self._hash.update(f"{file}\0{len(raw)}\0".encode() + raw)

    def _toml(self, file: str) -> Head:
        """The head of a TOML file; an empty one when it is not there or cannot be read."""
        path = self._folder / file
        if path.exists() and (read := read_toml(path, file, self._problems)):
            self._seen(file, read[1])
            return read[0]
        return Head(file, {}, [], self._problems)

    def _authority(self) -> Authority:
        return read_authority(self._toml("authority.toml"))

    def _rules(self, topics: tuple[str, ...]) -> HouseRules:
        head = self._toml("house_rules.toml")
        rules = read_house_rules(head, languages=tuple(languages()))
        for topic in rules.always_person_topics:
            if topic not in topics:
                cure = f"Topics stand in authority.toml: {listed(topics)}.{nearest(topic, topics)}"
                head.complain("topics", f"{topic!r} is no topic of this playbook", cure)
        return rules

    def _page(self, path: Path, file: str) -> Page | None:
        page = read_page(path, file, self._problems)
        if page:
            self._seen(file, page.raw)
        return page

    def _text(self, file: str) -> str:
        path = self._folder / file
        page = self._page(path, file) if path.exists() else None
        if page is None:
            return ""
        page.head.closed()
        return self._finished(file, page.body)

    def _pages(self, folder: str) -> list[tuple[str, Page]]:
        """Name and page of each Markdown file in a folder of the playbook."""
        place, pages = self._folder / folder, []
        if not place.exists():
            return []
        for path in sorted(place.iterdir() if place.is_dir() else []):
            file = f"{folder}/{path.name}"
            if path.name.startswith(".") or path.name.lower() == "readme.md":
                continue
            if path.suffix != ".md":
                if path.is_dir() or path.suffix in (".toml", ".txt", ".markdown"):
                    self._problems.add(file, 1, "this is not read here", "Each is one file that ends in .md.")
                continue
            if not _STEM.match(path.stem):
                self._problems.add(
                    file,
                    1,
                    f"{path.stem!r} cannot be a name",
                    "Use small letters, digits and -, such as opening-hours.md.",
                )
                continue
            if page := self._page(path, file):
                pages.append((path.stem, page))
        if len(pages) > MAX_FILES:
            self._problems.add(folder, 1, f"it holds {len(pages)} files", f"Keep it under {MAX_FILES}.")
        return pages

    def _services(self) -> tuple[Service, ...]:
        """services.md, one service under each "## Title", and services/*.md, one service each."""
        path, services = self._folder / "services.md", []
        if path.exists() and (page := self._page(path, "services.md")):
            services += read_services(page)
        services += [read_service(page, name) for name, page in self._pages("services")]
        ids = [service.id for service in services]
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            self._problems.add("services.md", 1, f"{twice!r} stands there twice", "Rename one, or delete it.")
        return tuple(one for one in services if not self._is_unfinished(one.id, one.text))

    def _check_clashes(self, answers: tuple[Answer, ...], routines: tuple[RoutineCard, ...]) -> None:
        """A writer names its choice by name alone, so one name is one thing."""
        for name in sorted({answer.name for answer in answers} & {routine.name for routine in routines}):
            self._problems.add(
                f"answers/{name}.md", 1, f"a routine is called {name!r} too", "Rename one of the two files."
            )
        names = {f"answers/{answer.name}.md": answer.name for answer in answers}
        names |= {f"routines/{routine.name}.md": routine.name for routine in routines}
        for file in sorted(file for file, name in names.items() if name == OTHER):
            self._problems.add(file, 1, f"the name {OTHER!r} means that nothing fits", "Rename the file.")
