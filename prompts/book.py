"""The prompt book: prompts as files with a head, read and checked at the start, rendered with outside text fenced off."""

import hashlib
import re
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Any

FOLDER = Path(__file__).parent
NAMES = ("triage", "draft_reply", "repair_json")
"""The prompts a writer needs."""

_SPLIT = re.compile(r"^=== user ===\n", re.MULTILINE)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff\ud800-\udfff]"
)
_TEMPLATE_MARK = re.compile(
    r"<(?=\||/?s>|/?(?:start|end)_of_turn|/?think)|\[(?=/?INST\]|/?SYSTEM)|<(?=<SYS)", re.IGNORECASE
)
"""What chat templates of model servers use to part roles; a space after the first letter breaks it."""


class PromptError(Exception):
    """A prompt file is wrong, or was given the wrong values. The text says which and how."""


@dataclass(frozen=True)
class Rendered:
    """A prompt ready to be asked. `fence` is the unguessable word around its material."""

    system: str
    user: str
    fence: str


@dataclass(frozen=True)
class Prompt:
    """One prompt file. `fingerprint` is the first 12 hex digits of its sha256: which words exactly were used."""

    name: str
    version: int
    fingerprint: str
    inputs: frozenset[str]
    material: frozenset[str]
    limits: Mapping[str, int]
    system: str
    user: str

    def render(self, **values: str) -> Rendered:
        """The prompt with its values; material is fenced with a word nobody outside can know. PromptError: wrong values."""
        if missing := self.inputs - values.keys():
            raise PromptError(f"{self.name}.md needs {sorted(missing)}")
        if extra := values.keys() - self.inputs:
            raise PromptError(f"{self.name}.md does not take {sorted(extra)}")
        fence = secrets.token_hex(8)
        texts = {name: self._shown(name, value, fence) for name, value in values.items()}
        return Rendered(
            system=Template(self.system).substitute(texts).strip(),
            user=Template(self.user).substitute(texts).strip(),
            fence=fence,
        )

    def _shown(self, name: str, value: str, fence: str) -> str:
        text = cut(visible(value), self.limits[name])
        if name not in self.material:
            return text
        inert = _TEMPLATE_MARK.sub(lambda mark: f"{mark.group()} ", text).replace(fence, "")
        return f"MATERIAL {fence} {name} BEGIN\n{inert}\nMATERIAL {fence} {name} END"


class PromptBook:
    """All prompts, by name."""

    def __init__(self, prompts: Mapping[str, Prompt]) -> None:
        self._prompts = MappingProxyType(dict(prompts))

    @classmethod
    def read(cls, path: Path = FOLDER) -> "PromptBook":
        """The book in this folder. PromptError: one is missing, or its head and its text do not fit."""
        return cls({name: read_prompt(path / f"{name}.md") for name in NAMES})

    def __getitem__(self, name: str) -> Prompt:
        return self._prompts[name]

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self._prompts.values())


def read_prompt(path: Path) -> Prompt:
    """One prompt file. PromptError when its head is wrong, or declares other inputs than its text uses."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise PromptError(f"{path.name} cannot be read: {error.strerror}") from error
    head, system, user = _parts(path.name, raw.decode("utf-8").replace("\r\n", "\n"))
    version, inputs = head.get("version"), frozenset(head.get("inputs", ()))
    material, limits = frozenset(head.get("material", ())), head.get("limits", {})
    used = frozenset(Template(system).get_identifiers()) | frozenset(Template(user).get_identifiers())
    if not isinstance(version, int) or version < 1:
        raise PromptError(f"{path.name}: version is {version!r}, not a number from 1")
    if used != inputs:
        raise PromptError(f"{path.name}: declares {sorted(inputs)}, uses {sorted(used)}")
    if not Template(system).is_valid() or not Template(user).is_valid():
        raise PromptError(f"{path.name}: a $ belongs to no input; write $$ for a dollar sign")
    if extra := material - inputs:
        raise PromptError(f"{path.name}: material {sorted(extra)} is no input")
    if frozenset(Template(system).get_identifiers()) & material:
        raise PromptError(f"{path.name}: material belongs below === user ===")
    for name in sorted(inputs):
        limit = limits.get(name, 500)
        if not isinstance(limit, int) or not 0 < limit <= 64_000:
            raise PromptError(f"{path.name}: the limit of {name!r} is {limit!r}, not a number up to 64000")
    return Prompt(
        name=path.stem,
        version=version,
        fingerprint=hashlib.sha256(raw).hexdigest()[:12],
        inputs=inputs,
        material=material,
        limits=MappingProxyType({name: limits.get(name, 500) for name in inputs}),
        system=system,
        user=user,
    )


def _parts(name: str, text: str) -> tuple[dict[str, Any], str, str]:
    try:
        empty, head, body = text.split("+++\n", 2)
        meta = tomllib.loads(head)
    except ValueError as error:
        raise PromptError(f"{name}: it needs a TOML head between two lines of +++ ({error})") from error
    parts = _SPLIT.split(body)
    if empty or len(parts) != 2:
        raise PromptError(
            f"{name}: it needs one line === user === between what is said once and what changes"
        )
    if unknown := meta.keys() - {"version", "inputs", "material", "limits"}:
        raise PromptError(f"{name}: its head has unknown keys {sorted(unknown)}")
    return meta, parts[0], parts[1]


def visible(text: str) -> str:
    """The text without characters that a reader does not see: controls, zero-width, direction marks, tags."""
    return _UNSEEN.sub(
        "", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    )


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: the beginning and the end, with a mark where something was left out."""
    if len(text) <= limit:
        return text
    mark = f"\n[… {len(text) - limit} characters left out …]\n"
    room = max(limit - len(mark), 0)
    head = room * 3 // 4
    return (text[:head] + mark + text[len(text) - (room - head) :])[:limit]
