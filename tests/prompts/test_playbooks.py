"""A playbook is read whole; what is wrong in it is said at once, with file, line and cure."""

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import prompts
from prompts.playbooks import Playbook, PlaybookError, read_playbook

SAMPLE = Path(prompts.__file__).parent / "sample"
STARTER = Path(prompts.__file__).parent / "starter"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".toml" if name in ("house_rules", "authority") else ".md").write_text(
            text, encoding="utf-8"
        )
    return folder


def problems(folder: Path) -> list[tuple[str, int, str]]:
    with pytest.raises(PlaybookError) as caught:
        read_playbook(folder)
    return [(problem.file, problem.line, problem.what) for problem in caught.value.problems]


def test_an_empty_folder_is_a_playbook_with_sensible_rules(tmp_path: Path) -> None:
    playbook = read_playbook(tmp_path)

    assert playbook.house_rules.digest_at == time(8)
    assert playbook.house_rules.undo_after_send == timedelta(0)
    assert playbook.house_rules.hours[0] and not playbook.house_rules.hours[6]
    assert "pricing" in playbook.topics
    assert playbook.answers == playbook.routines == ()


def test_an_empty_house_rules_file_changes_nothing(tmp_path: Path) -> None:
    assert read_playbook(write(tmp_path, house_rules="")).house_rules == Playbook().house_rules


def test_every_problem_of_every_file_is_said_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        house_rules="sure = 3\n\nhuors = 1\n[hours]\nmonday = ['18:00-9:00']\n",
        authority="[[topic]]\nname = 'pricing'\n\n[[grant]]\nwhat = 'discount'\ntopic = 'prices'\nany = { bto = 3 }\n",
        answers__hours="+++\ntitle = 3\ntopics = ['opening']\n+++\n",
        routines__meet="+++\nmode = 'onn'\nwords = ['meet']\n\n[slots]\nname = { type = 'name', from = 'clint.name' }\n+++\nHi\n$nam\n",
    )

    found = problems(tmp_path)

    assert [(file, line) for file, line, _ in found] == [
        ("answers/hours.md", 2),
        ("answers/hours.md", 3),
        ("answers/hours.md", 5),
        ("authority.toml", 6),
        ("authority.toml", 7),
        ("house_rules.toml", 1),
        ("house_rules.toml", 3),
        ("house_rules.toml", 5),
        ("routines/meet.md", 2),
        ("routines/meet.md", 6),
        ("routines/meet.md", 9),
    ]


@pytest.mark.parametrize(
    ("file", "text", "line", "says"),
    [
        ("house_rules.toml", b"sure = \n", 1, "not TOML"),
        ("house_rules.toml", b"digest_at = '8 o clock'\n", 1, "no time of day"),
        ("house_rules.toml", b"links = ['not a host']\n", 1, "no host name"),
        ("house_rules.toml", b"holidays = 'Sweden!'\n", 1, "`holidays`"),
        ("house_rules.toml", b"[always_person]\ntopics = ['weather']\n", 2, "no topic"),
        ("house_rules.toml", b"[holding]\nxx = 'hm'\n", 2, "no language"),
        ("answers/a.md", b"+++\ntitle = 'a'\nno end\n", 1, "the head has no end"),
        ("answers/a.md", b"fine\nnot \xff fine\n", 2, "not UTF-8"),
        ("answers/a.md", b"fine\na bell \x07\n", 2, "control character"),
        ("answers/a.md", b"x" * 70_000, 1, "larger than 64 KB"),
        ("answers/Big Name.md", b"text", 1, "cannot be a name"),
        ("anwsers/a.md", b"text", 1, "no part of a playbook"),
        ("routines/r.md", b"+++\nkind = 'scheduling'\n+++\nHi\n", 2, "nothing would ever trigger it"),
        ("routines/r.md", b"+++\nwords = ['x']\n+++\nHi $\n", 4, "belongs to no slot"),
        ("routines/r.md", b"+++\nwords = ['x']\n[slots]\na = { value = 'see evil.example' }\n+++\n$a\n", 4, "link or an address"),
        ("routines/r.md", b"+++\nwords = ['x']\n[slots]\na = { from = 'constant.link' }\n+++\n$a\n", 4, "no constant"),
        ("routines/r.md", b"+++\nwords = ['x']\n[slots]\na = { type = 'date', from = 'owner.name' }\n+++\n$a\n", 4, "is no date"),
        ("routines/r.md", b"+++\nwords = ['x']\n[limits]\nmax_per_client_per_day = 0\n+++\nHi\n", 4, "is 0"),
    ],
)  # fmt: skip
def test_a_problem_names_its_line(tmp_path: Path, file: str, text: bytes, line: int, says: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(text)

    found = problems(tmp_path)

    assert len(found) == 1
    assert says in found[0][2]
    assert (found[0][0], found[0][1]) == (file if "anwsers" not in file else "anwsers", line)


def test_a_name_is_one_thing_only(tmp_path: Path) -> None:
    write(tmp_path, answers__meet="text", routines__meet="+++\nwords = ['meet']\n+++\nHi\n")

    assert "a routine is called 'meet' too" in problems(tmp_path)[0][2]


def test_a_missing_folder_is_a_problem_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="understudy init"):
        read_playbook(tmp_path / "nowhere")


def test_the_fingerprint_changes_with_any_file(tmp_path: Path) -> None:
    before = read_playbook(write(tmp_path, answers__a="one", voice="warm")).fingerprint

    after = read_playbook(write(tmp_path, voice="warmer")).fingerprint

    assert before != after == read_playbook(tmp_path).fingerprint


def test_comments_are_left_out_and_wrapped_lines_joined(tmp_path: Path) -> None:
    long = "This sentence was wrapped by an editor that breaks all lines at about eighty"
    write(tmp_path, answers__a=f"<!-- explain -->\n{long}\ncharacters.\n\n- one\n- two\n")

    assert read_playbook(tmp_path).answers[0].text == f"{long} characters.\n\n- one\n- two"


def test_services_are_the_headings_of_one_file_or_files_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, services="## Big Job\nLong.\n\n## Small job\nShort.\n", services__odd_job="Odd.")

    services = read_playbook(tmp_path).services

    assert [(service.id, service.text) for service in services] == [
        ("service:big-job", "Long."),
        ("service:small-job", "Short."),
        ("service:odd_job", "Odd."),
    ]


def test_an_unknown_sender_gets_public_material_only(tmp_path: Path) -> None:
    write(tmp_path, business="We sew.", answers__a="+++\npublic = true\n+++\nopen", answers__b="secret")

    playbook = read_playbook(tmp_path)

    assert [piece.id for piece in playbook.material(public_only=True)] == ["business", "answer:a"]
    assert [piece.id for piece in playbook.material(public_only=False)] == [
        "business",
        "answer:a",
        "answer:b",
    ]


def test_the_sample_switches_routines_on_and_the_starter_none() -> None:
    assert sum(routine.mode == "on" for routine in read_playbook(SAMPLE).routines) >= 4
    starter = read_playbook(STARTER)
    assert starter.routines and not any(routine.mode == "on" for routine in starter.routines)


def test_authority_says_who_may_grant_how_much() -> None:
    authority = read_playbook(SAMPLE).authority

    assert authority.most("discount", who="bot", tier="regular") == 0
    assert authority.most("discount", who="delegate", tier="regular", limit="standard") == 10
    assert authority.most("discount", who="delegate", tier="regular", limit="senior") == 15
    assert authority.most("discount", who="delegate", tier="standard") == Decimal(5)
    assert authority.most("a free lunch", who="delegate", tier="standard") == 0
    assert authority.most("a free lunch", who="owner", tier="standard") is None


def test_what_is_still_to_be_filled_in_is_left_out_and_listed(tmp_path: Path) -> None:
    write(
        tmp_path,
        business="We sew.\n\n- Address: [[street]]\n- Open: daily",
        answers__a="It costs [[how much]].",
        answers__b="b",
    )

    playbook = read_playbook(tmp_path)

    assert playbook.business == "We sew.\n\n- Open: daily"
    assert [answer.id for answer in playbook.answers] == ["answer:b"]
    assert playbook.unfinished == ("answers/a.md", "business.md")
