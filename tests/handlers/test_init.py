"""A new home: whole, private, never written over another, and readable once its blanks are filled in."""

import re
import stat

import pytest
import typer

from bot.errors import Refused
from handlers import init
from handlers.init import Wanted, complete, dotenv, understudy_toml, write_home
from handlers.settings import SettingsError, read_settings
from prompts.playbooks import read_playbook

SECRETS = {
    "UNDERSTUDY_IMAP_PASSWORD": "x",
    "UNDERSTUDY_SMTP_PASSWORD": "x",
    "SLACK_BOT_TOKEN": "xoxb-x",
    "SLACK_APP_TOKEN": "xapp-x",
    "OPENAI_API_KEY": "x",
}
EVERYTHING = Wanted(
    name='Büro "Nord" \\ Söhne', timezone="Europe/Berlin", owner="Ada # Nord", owner_email="ada@nord.example",
    owner_slack="U0ADA0001", address="hallo@nord.example", model="small",
)  # fmt: skip


def test_a_home_without_a_word_said_tells_its_blanks_by_line(tmp_path):
    write_home(tmp_path / "home", Wanted())

    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path / "home", {})

    told = [str(problem) for problem in caught.value.problems]
    for blank in ("[business] name", "[owner] name", "[owner] slack", "[mail] address", "[mail] imap", "[mail] smtp"):
        assert any(blank in problem and re.match(r"understudy\.toml:\d+: ", problem) for problem in told), blank
    for secret in ("UNDERSTUDY_IMAP_PASSWORD", "UNDERSTUDY_SMTP_PASSWORD", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        assert any(secret in problem and re.match(r"\.env:\d+: ", problem) for problem in told), secret
    assert not any("not a known" in problem or "UNDERSTUDY_SECRET_KEY" in problem for problem in told)


def test_a_home_with_everything_said_needs_only_secrets(tmp_path):
    write_home(tmp_path, EVERYTHING)

    settings = read_settings(tmp_path, SECRETS)

    assert settings.business.name == EVERYTHING.name
    assert settings.owner.name == EVERYTHING.owner
    assert settings.business.signature == f"{EVERYTHING.owner}\n{EVERYTHING.name}"
    assert settings.mail is not None
    assert settings.mail.imap == "imaps://hallo@nord.example@imap.nord.example:993"
    assert settings.model is not None
    assert settings.model.draft_model == "small"
    assert len(settings.secrets.secret_key.get_secret_value()) >= 32


def test_the_environment_alone_can_fill_in_the_blanks(tmp_path):
    write_home(tmp_path, Wanted())
    said = {
        "UNDERSTUDY_BUSINESS__NAME": "B", "UNDERSTUDY_OWNER__NAME": "O", "UNDERSTUDY_OWNER__SLACK": "U0ADA0001",
        "UNDERSTUDY_MAIL__ADDRESS": "a@b.example", "UNDERSTUDY_MAIL__IMAP": "imap://a@127.0.0.1:1143",
        "UNDERSTUDY_MAIL__SMTP": "smtp://a@127.0.0.1:2525",
    }  # fmt: skip

    assert read_settings(tmp_path, SECRETS | said).mail is not None


def test_secrets_are_for_their_owner_alone_and_never_in_git(tmp_path):
    write_home(tmp_path / "home", Wanted())

    assert stat.S_IMODE((tmp_path / "home" / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    ignored = (tmp_path / "home" / ".gitignore").read_text().splitlines()
    assert {".env", "*.db"} <= set(ignored)


def test_the_starter_playbook_is_whole_and_lets_nothing_leave_by_itself(tmp_path):
    write_home(tmp_path, Wanted())

    playbook = read_playbook(tmp_path / "playbook")

    assert playbook.routines
    assert not [routine.name for routine in playbook.routines if routine.mode == "on"]


@pytest.mark.parametrize("there", ["understudy.toml", ".env", "playbook"])
def test_nothing_is_written_over(tmp_path, there):
    (tmp_path / there).mkdir()

    with pytest.raises(Refused, match=re.escape(there)):
        write_home(tmp_path, Wanted())

    assert [path.name for path in tmp_path.iterdir()] == [there]


def test_what_git_ignored_before_stays_ignored(tmp_path):
    (tmp_path / ".gitignore").write_text("*.pdf\n.env\n")

    write_home(tmp_path, Wanted())

    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines[:2] == ["*.pdf", ".env"]
    assert lines.count(".env") == 1


def test_two_homes_have_two_keys(tmp_path):
    write_home(tmp_path / "one", Wanted())
    write_home(tmp_path / "two", Wanted())

    assert (tmp_path / "one" / ".env").read_text() != (tmp_path / "two" / ".env").read_text()


@pytest.mark.parametrize("password", ["plain", "with space # and hash", "it's \\ 'quoted'", 'say "hello"', "ü$HOME${X}"])
def test_any_password_comes_back_as_it_was_typed(tmp_path, password):
    write_home(tmp_path, EVERYTHING)
    (tmp_path / ".env").write_text(dotenv(mail_password=password, secret_key="k"))

    blank = {name: value for name, value in SECRETS.items() if "PASSWORD" not in name}

    assert read_settings(tmp_path, blank).secrets.imap_password.get_secret_value() == password


def test_known_providers_are_guessed_and_others_by_their_usual_names():
    assert complete(Wanted(address="me@gmail.com")).imap == "imaps://me@gmail.com@imap.gmail.com:993"
    assert complete(Wanted(address="me@own.example")).smtp == "smtp+starttls://me@own.example@smtp.own.example:587"
    assert 'imap = ""' in understudy_toml(complete(Wanted()))


def test_only_what_was_not_said_is_asked(monkeypatch):
    asked = []

    def answer(question, *, default="", **_):
        asked.append(question)
        return {"What is the owner's name": "Ada"}.get(question, default)

    monkeypatch.setattr(typer, "prompt", answer)

    answered = init.ask(Wanted(name="B", address="hallo@nord.example"))

    assert answered.owner == "Ada"
    assert answered.imap == "imaps://hallo@nord.example@imap.nord.example:993"
    assert "What is your business called" not in asked
    assert any("password" in question for question in asked)


def test_the_example_in_the_checkout_is_what_init_writes(project):
    assert (project / ".env.example").read_text(encoding="utf-8") == dotenv()
