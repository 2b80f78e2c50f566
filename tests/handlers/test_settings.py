"""Settings: one file, one .env, one environment; and every mistake in them told at once."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.people import Role
from handlers.settings import SettingsError, home_for, read_settings

WHOLE = """
[business]
name = "Studio Hallberg"
timezone = "Europe/Stockholm"
hours = { monday = ["09:00-12:00", "13:00-17:00"] }

[owner]
name = "Maren Hallberg"
email = "maren@studio.example"
slack = "U0MAREN01"

[[delegate]]
name = "Jonas Lind"
slack = "U0JONAS01"
covers = ["pricing"]

[mail]
address = "hello@studio.example"
imap = "imaps://hello@studio.example@imap.studio.example"
smtp = "smtp+starttls://hello@smtp.studio.example:587"
addresses = ["info@studio.example"]

[slack]
desk = "#desk"

[model]
base_url = "https://models.example/v1"
draft_model = "big"
monthly_budget = 12.50
"""
SECRETS = {
    "UNDERSTUDY_IMAP_PASSWORD": "one",
    "UNDERSTUDY_SMTP_PASSWORD": "two",
    "SLACK_BOT_TOKEN": "xoxb-three",
    "SLACK_APP_TOKEN": "xapp-four",
    "OPENAI_API_KEY": "five",
    "UNDERSTUDY_SECRET_KEY": "six",
}


def home_with(tmp_path: Path, toml: str, dotenv: str = "") -> Path:
    (tmp_path / "understudy.toml").write_text(toml, encoding="utf-8")
    if dotenv:
        (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    return tmp_path


def problems(tmp_path: Path, toml: str, environ: dict[str, str] = SECRETS, dotenv: str = "") -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(home_with(tmp_path, toml, dotenv), environ)
    return [str(problem) for problem in caught.value.problems]


def test_a_whole_file_is_read_with_its_defaults(tmp_path):
    settings = read_settings(home_with(tmp_path, WHOLE), SECRETS)

    assert settings.business.hours is not None
    assert len(settings.business.hours[0]) == 2
    assert not settings.business.hours[6]
    assert settings.mail is not None
    assert settings.mail.folders == ("INBOX",)
    assert settings.model is not None
    assert settings.model.monthly_budget == Decimal("12.5")
    assert settings.model.sorting_model == "big"
    assert settings.storage.file == tmp_path / "understudy.db"
    assert settings.queue.url == "memory://"
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8025)


def test_people_are_who_may_answer_and_which_addresses_are_ours(tmp_path):
    people = read_settings(home_with(tmp_path, WHOLE), SECRETS).people(team="T1")

    assert people.owner.role is Role.OWNER
    assert people.by_slack("U0JONAS01").covers == ("pricing",)
    assert people.business_addresses == {"hello@studio.example", "info@studio.example"}


def test_secrets_are_never_printed(tmp_path):
    settings = read_settings(home_with(tmp_path, WHOLE), SECRETS)

    shown = repr(settings) + str(settings) + settings.model_dump_json()

    assert not any(secret in shown for secret in ("xoxb-three", "xapp-four", '"one"', "'one'"))
    assert settings.secrets.slack_bot_token.get_secret_value() == "xoxb-three"


def test_the_environment_outweighs_dotenv_and_dotenv_the_file(tmp_path):
    dotenv = "UNDERSTUDY_BUSINESS__NAME=From dotenv\nUNDERSTUDY_OWNER__NAME='From dotenv'\n"
    environ = SECRETS | {
        "UNDERSTUDY_BUSINESS__NAME": "From the environment",
        "UNDERSTUDY_MAIL__FOLDERS": "INBOX, Work",
        "UNDERSTUDY_DELEGATE__1__NAME": "Petra",
        "UNDERSTUDY_DELEGATE__2__NAME": "Ada",
        "UNDERSTUDY_DELEGATE__2__COVERS": "scope,money",
    }

    settings = read_settings(home_with(tmp_path, WHOLE, dotenv), environ)

    assert settings.business.name == "From the environment"
    assert settings.owner.name == "From dotenv"
    assert settings.mail is not None
    assert settings.mail.folders == ("INBOX", "Work")
    assert [(one.name, one.covers) for one in settings.delegates] == [("Petra", ("pricing",)), ("Ada", ("scope", "money"))]


def test_everything_wrong_is_told_at_once_each_with_its_line_and_cure(tmp_path):
    toml = """\
[business]
name = ""
timezone = "Mars/Phobos"
singature = "M"
hours = { monday = ["17:00-09:00"] }
[owner]
email = "nobody"
[mail]
address = "hello@studio.example"
imap = "imap://u@imap.studio.example"
smtp = "smtps://u:secret@smtp.studio.example"
folders = []
[slack]
mode = "sockets"
[modle]
"""
    told = problems(tmp_path, toml, {"UNDERSTUDY_WEB__ADRESS": "here", "UNDERSTUDY_MALE__X": "1"})

    for line, word in (
        ("understudy.toml:2: ", "name is empty"), ("understudy.toml:3: ", "no time zone"),
        ("understudy.toml:4: ", 'Did you mean "signature"?'), ("understudy.toml:5: ", "ends before it begins"),
        ("understudy.toml:6: ", "[owner] name is missing"), ("understudy.toml:7: ", "no mail address"),
        ("understudy.toml:10: ", "not encrypted"), ("understudy.toml:11: ", "holds a password"),
        ("understudy.toml:12: ", "folders"), ("understudy.toml:14: ", "'socket' or 'http'"),
        ("understudy.toml:15: ", 'Did you mean "model"?'), ("understudy.toml:13: ", "SLACK_BOT_TOKEN is not set"),
        ("understudy.toml:10: ", "UNDERSTUDY_IMAP_PASSWORD is not set"), ("understudy.toml:6: ", "nobody may press"),
        ("environment: ", 'Did you mean "address"?'), ("environment: ", 'Did you mean "mail"?'),
    ):  # fmt: skip
        assert any(problem.startswith(line) and word in problem for problem in told), (line, word, told)
    assert "secret" not in " ".join(told).replace("UNDERSTUDY_SECRET_KEY", "")


@pytest.mark.parametrize(
    "url", ["imap://u@127.0.0.1:1143", "imap://u@localhost:1143", "imap://u@[::1]:1143", "imaps://u@imap.studio.example"]
)
def test_unencrypted_mail_is_taken_for_this_machine_only(tmp_path, url):
    environ = SECRETS | {"UNDERSTUDY_MAIL__IMAP": url}

    assert read_settings(home_with(tmp_path, WHOLE), environ).mail.imap == url


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("UNDERSTUDY_MAIL__IMAP", "imap://u@192.168.1.5"),
        ("UNDERSTUDY_MAIL__SMTP", "smtp://u@localhost.studio.example"),
        ("UNDERSTUDY_SLACK__API", "http://slack.example/api/"),
        ("UNDERSTUDY_MODEL__BASE_URL", "http://10.0.0.1/v1"),
        ("UNDERSTUDY_WEB__PUBLIC_URL", "http://desk.studio.example"),
    ],
)
def test_nothing_unencrypted_leaves_this_machine(tmp_path, name, url):
    [told] = problems(tmp_path, WHOLE, SECRETS | {name: url})

    assert told.startswith(f"environment: {name} is ")
    assert "not encrypted" in told


def test_only_the_secrets_that_are_needed_are_missed(tmp_path):
    toml = """
[business]
name = "B"
[owner]
name = "O"
slack = "U0MAREN01"
[slack]
mode = "http"
[model]
base_url = "http://127.0.0.1:11434/v1"
draft_model = "small"
"""
    [bot, signing] = problems(tmp_path, toml, {})

    assert "SLACK_BOT_TOKEN" in bot
    assert "SLACK_SIGNING_SECRET" in signing


def test_a_blank_in_dotenv_is_named_by_its_line(tmp_path):
    dotenv = "# secrets\nUNDERSTUDY_IMAP_PASSWORD=\nthis is no line\n"
    environ = {name: value for name, value in SECRETS.items() if name != "UNDERSTUDY_IMAP_PASSWORD"}

    told = problems(tmp_path, WHOLE, environ, dotenv)

    assert [problem.partition(" ")[0] for problem in told] == [".env:2:", ".env:3:"]


def test_a_token_of_the_wrong_kind_is_told(tmp_path):
    [told] = problems(tmp_path, WHOLE, SECRETS | {"SLACK_APP_TOKEN": "xoxb-not-this"})

    assert "does not begin with xapp-" in told
    assert "not-this" not in told


def test_a_file_that_is_no_toml_is_told_by_its_line(tmp_path):
    [told] = problems(tmp_path, '[business]\nname = "B"\ntimezone = Europe\n')

    assert told.startswith("understudy.toml:3: this is not TOML")


@pytest.mark.parametrize("odd", ["mail = 3", "delegate = 3", "[delegate]\nname = 'x'", "business = []"])
def test_a_section_of_the_wrong_kind_is_told(tmp_path, odd):
    assert problems(tmp_path, f"{odd}\n")


def test_a_signature_may_look_like_settings(tmp_path):
    toml = WHOLE.replace('timezone = "Europe/Stockholm"', 'signature = """\nname = "x"\n[mail]\n"""\ntimezone = "Nowhere"')

    [told] = problems(tmp_path, toml)

    assert told.startswith("understudy.toml:8: [business] timezone")


def test_without_a_file_the_cure_is_init(tmp_path):
    with pytest.raises(SettingsError, match="understudy init"):
        read_settings(tmp_path / "nowhere", {})


def test_a_home_is_found_where_it_stands(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.chdir(tmp_path)

    assert home_for(None) == tmp_path / "me" / ".understudy"
    home_with(tmp_path, WHOLE)
    assert home_for(None) == tmp_path
    assert home_for(Path("there")) == tmp_path / "there"
