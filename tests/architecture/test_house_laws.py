"""House laws that no linter knows: the floors, short files, one reader of the environment, no place of anybody's machine."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from prompts.book import PromptBook
from prompts.playbooks import read_playbook

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("handlers", "bot", "storage", "prompts")
LONGEST = 300
LONGER: dict[str, str] = {
    "handlers/__main__.py": "one command after the other, a few lines each: a reader looks one up",
    "handlers/processes.py": "the processes share their wiring, and a reader compares them line by line",
    "handlers/mail/phrases.py": "tables only: what mail clients write, in their languages, side by side",
}
"""Files over the limit, each with the reason why it is better whole."""

MIGRATIONS = "storage/migrations/versions/"
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services"}


def sources() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path


def tracked() -> list[Path]:
    """Every text file of the checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_floors_hold(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    code = lint_imports(config_filename="pyproject.toml", no_cache=True)

    assert code == 0, capsys.readouterr().out


def test_files_are_short_or_have_a_reason():
    lengths = {
        name: path.read_text(encoding="utf-8").count("\n") for name, path in sources() if not name.startswith(MIGRATIONS)
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST and name not in LONGER} == {}
    assert set(LONGER) <= set(lengths)


def test_every_module_says_in_a_sentence_what_it_is_for():
    silent = [
        name
        for name, path in sources()
        if not name.startswith(MIGRATIONS) and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


def test_files_are_named_for_what_they_do():
    assert [name for name, path in sources() if path.stem in BANNED_NAMES or path.parent.name in BANNED_NAMES] == []


def test_only_the_settings_read_the_environment():
    words = {"environ", "environb", "getenv", "getenvb"}
    readers = []
    for name, path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            from_os = isinstance(node, ast.ImportFrom) and node.module == "os" and words & {a.name for a in node.names}
            by_os = isinstance(node, ast.Attribute) and node.attr in words and ast.unparse(node.value) == "os"
            dotenv = isinstance(node, ast.ImportFrom | ast.Import) and "dotenv" in ast.unparse(node)
            if (from_os or by_os or dotenv) and name != "handlers/settings.py":
                readers.append(f"{name}:{node.lineno}")

    assert readers == []


def test_every_prompt_and_both_playbooks_load():
    assert {prompt.name for prompt in PromptBook.read()} >= {"triage", "draft_reply"}
    for folder in ("starter", "sample"):
        assert read_playbook(ROOT / "prompts" / folder).answers


def test_nothing_names_a_place_on_somebodys_machine():
    homes = re.compile(rb"(?<![\w.~-])/(?:home/(?!me/|you/|user/)[a-z]\w*|Users/\w+|root|work)/[\w.]")
    told = [
        path.relative_to(ROOT).as_posix()
        for path in tracked()
        if path.suffix not in {".png", ".svg", ".eml", ".ico", ".woff2"} and path != Path(__file__)
        if homes.search(path.read_bytes())
    ]

    assert told == []


def test_the_pins_name_no_index():
    for pins in ("run.txt", "dev.txt"):
        text = (ROOT / "requirements" / pins).read_text(encoding="utf-8")
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=sha256:")
