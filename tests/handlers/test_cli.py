"""The command line as a person meets it: quick to answer, plain about mistakes, and never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAIL = "From: Ana <ana@client.example>\nTo: hello@studio.example\nSubject: Thursday\n\nCould we move to Friday?\n"


def understudy(*words: str, cwd: Path, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "handlers", *words],
        cwd=cwd, env=clean | environ, input=stdin, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout
    return done


def test_help_names_every_command(tmp_path):
    done = understudy("--help", cwd=tmp_path)

    assert done.returncode == 0
    for command in ("init", "rehearse", "run", "slack", "mail", "worker", "clock", "web", "doctor", "manifest", "inspect", "verify", "login", "import", "history"):
        assert f"\n  {command} " in done.stdout


def test_help_is_answered_without_loading_the_house(tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "handlers", "--help"],
        cwd=tmp_path, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"pydantic", "sqlalchemy", "slack_sdk", "openai", "aiohttp", "dramatiq", "rich", "asyncio"}


@pytest.mark.parametrize(
    "words", [["--nonsense"], ["run", "--hoem", "x"], ["rehearse", "--smtp-port", "many"], ["inspect"], ["frobnicate"]]
)
def test_a_mistyped_command_is_bad_use(tmp_path, words):
    done = understudy(*words, cwd=tmp_path)

    assert done.returncode == 2
    assert "Usage: understudy" in done.stderr


@pytest.mark.parametrize("command", ["run", "slack", "mail", "worker", "clock", "web", "verify"])
def test_without_a_home_each_command_says_how_to_make_one(tmp_path, command):
    done = understudy(command, cwd=tmp_path)

    assert done.returncode == 1
    assert "understudy init" in done.stderr


def test_init_leaves_a_home_that_doctor_judges_and_run_refuses_in_plain_words(tmp_path):
    made = understudy("init", "desk", "--yes", cwd=tmp_path)
    judged = understudy("doctor", "--home", "desk", "--json", cwd=tmp_path)
    refused = understudy("run", "--home", "desk", cwd=tmp_path)

    assert made.returncode == 0
    assert judged.returncode == 1
    findings = json.loads(judged.stdout)
    assert {"understudy.toml:6", ".env:4"} <= {one["name"] for one in findings if one["status"] == "FAIL"}
    assert refused.returncode == 1
    assert "understudy.toml:6: [business] name is empty." in refused.stderr


def test_init_refuses_a_home_that_is_there(tmp_path):
    understudy("init", "desk", "--yes", cwd=tmp_path)

    again = understudy("init", "desk", "--yes", cwd=tmp_path)

    assert again.returncode == 1
    assert "nothing was written" in again.stderr


def test_init_asks_when_it_may(tmp_path):
    answers = "Nord\nEurope/Berlin\nAda\n\nhallo@nord.example\n\n\n\n\nsecret word\n"

    made = understudy("init", "desk", cwd=tmp_path, stdin=answers)

    assert made.returncode == 0, made.stderr
    toml = (tmp_path / "desk" / "understudy.toml").read_text()
    assert 'imap = "imaps://hallo@nord.example@imap.nord.example:993"' in toml
    assert 'timezone = "Europe/Berlin"' in toml
    assert "UNDERSTUDY_IMAP_PASSWORD='secret word'" in (tmp_path / "desk" / ".env").read_text()


def test_a_playbook_with_mistakes_stops_the_house_with_all_of_them(tmp_path):
    understudy("init", "desk", "--yes", cwd=tmp_path)
    (tmp_path / "desk" / "playbook" / "house_rules.toml").write_text("sure = 7\nshure = 1\n")
    said = {
        "UNDERSTUDY_BUSINESS__NAME": "B", "UNDERSTUDY_OWNER__NAME": "O", "UNDERSTUDY_OWNER__SLACK": "U0ADA0001",
        "UNDERSTUDY_MAIL__ADDRESS": "a@b.example", "UNDERSTUDY_MAIL__IMAP": "imap://a@127.0.0.1:9",
        "UNDERSTUDY_MAIL__SMTP": "smtp://a@127.0.0.1:9", "UNDERSTUDY_IMAP_PASSWORD": "x", "UNDERSTUDY_SMTP_PASSWORD": "x",
        "SLACK_BOT_TOKEN": "xoxb-x", "SLACK_APP_TOKEN": "xapp-x", "UNDERSTUDY_SLACK__API": "http://127.0.0.1:9/api/",
    }  # fmt: skip

    done = understudy("run", "--home", "desk", cwd=tmp_path, **said)

    assert done.returncode == 1
    assert "house_rules.toml:1: " in done.stderr
    assert "house_rules.toml:2: " in done.stderr
    assert not (tmp_path / "desk" / "understudy.db").exists()


def test_one_process_of_several_needs_what_they_share(tmp_path):
    (tmp_path / "understudy.toml").write_text('[business]\nname = "B"\n[owner]\nname = "O"\n[mail]\naddress = "a@b.example"\n'
        'imap = "imap://127.0.0.1:1"\nsmtp = "smtp://127.0.0.1:1"\n')  # fmt: skip

    done = understudy("worker", cwd=tmp_path, UNDERSTUDY_SECRET_KEY="k")

    assert done.returncode == 2
    assert "understudy run" in done.stderr


def test_the_manifest_is_json_that_slack_takes_before_there_is_a_home(tmp_path):
    socket = understudy("manifest", cwd=tmp_path)
    http = understudy("manifest", "--mode", "http", "--public-url", "https://desk.studio.example/", cwd=tmp_path)
    nowhere = understudy("manifest", "--mode", "http", cwd=tmp_path)

    assert json.loads(socket.stdout)["settings"]["socket_mode_enabled"] is True
    events = json.loads(http.stdout)["settings"]["event_subscriptions"]
    assert events["request_url"] == "https://desk.studio.example/slack/events"
    assert nowhere.returncode == 2
    assert "public" in nowhere.stderr


def test_inspect_prints_an_object_a_line_and_goes_on_after_one_that_is_not_there(tmp_path):
    (tmp_path / "one.eml").write_text(MAIL)

    done = understudy("inspect", "missing.eml", "one.eml", "--json", cwd=tmp_path)

    missing, one = map(json.loads, done.stdout.splitlines())
    assert (missing["ok"], one["ok"]) == (False, True)
    assert one["from"]["address"] == "ana@client.example"
    assert done.returncode == 1


def test_inspect_shows_a_person_what_was_read(tmp_path):
    (tmp_path / "one.eml").write_text(MAIL)

    done = understudy("inspect", "one.eml", cwd=tmp_path)

    assert done.returncode == 0
    assert "Could we move to Friday?" in done.stdout


def test_verify_says_that_there_is_nothing_to_look_at_yet(tmp_path):
    understudy("init", "desk", "--yes", cwd=tmp_path)
    (tmp_path / "desk" / "understudy.toml").write_text('[business]\nname = "B"\n[owner]\nname = "O"\n[mail]\n'
        'address = "a@b.example"\nimap = "imap://127.0.0.1:1"\nsmtp = "smtp://127.0.0.1:1"\n')  # fmt: skip

    done = understudy("verify", "--home", "desk", cwd=tmp_path)

    assert done.returncode == 1
    assert "no database" in done.stderr
