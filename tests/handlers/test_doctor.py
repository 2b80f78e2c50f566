"""The doctor, against real servers on loopback: what is well, what is not, and that each line has its cure."""

import json
import sqlite3
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from handlers import doctor, filesystem
from handlers.control import only_house
from handlers.doctor import house
from handlers.doctor.findings import Finding, Status
from handlers.init import Wanted, write_home
from handlers.rehearsal.mail_server import PracticeMail, PracticePerson
from handlers.rehearsal.slack_seed import PRACTICE_SEED, Seed
from handlers.rehearsal.slack_server import practice_slack
from handlers.slack.manifest import manifest
from storage.engine import open_engines
from storage.migrate import migrate
from tests.servers.model_server import ModelServer

US = PracticePerson("Studio", "business", "hello@studio.example", "hello", "practice")
ANA = PracticePerson("Ana", "client", "ana@client.example", "ana", "practice")
MAIL = b"From: Ana <ana@client.example>\r\nTo: hello@studio.example\r\nSubject: Hi\r\n\r\nHello\r\n"
SEED = Seed(PRACTICE_SEED.team, PRACTICE_SEED.people, PRACTICE_SEED.channels, (manifest("socket"),))


@pytest.fixture
def home(tmp_path):
    write_home(tmp_path / "home", Wanted(name="Studio", owner="Olivia Hart", timezone="Europe/Berlin"))
    return tmp_path / "home"


@asynccontextmanager
async def surroundings(tmp_path, seed=SEED, **changes):
    """A practice mailbox and workspace, and the environment that points a home at them."""
    async with PracticeMail([US, ANA], tmp_path / "mail.db", 0, 0) as mail, practice_slack(seed=seed) as slack:
        environ = {
            "UNDERSTUDY_MAIL__ADDRESS": US.address,
            "UNDERSTUDY_MAIL__IMAP": f"imap://hello@{mail.imap_address}",
            "UNDERSTUDY_MAIL__SMTP": f"smtp://hello@{mail.smtp_address}",
            "UNDERSTUDY_IMAP_PASSWORD": "practice",
            "UNDERSTUDY_SMTP_PASSWORD": "practice",
            "UNDERSTUDY_SLACK__API": slack.api,
            "UNDERSTUDY_OWNER__SLACK": slack.workspace.person("olivia").id,
            "SLACK_BOT_TOKEN": slack.app.bot_token,
            "SLACK_APP_TOKEN": slack.app.app_token,
            "UNDERSTUDY_WEB__ADDRESS": "127.0.0.1:0",
        }
        await mail.deliver(MAIL, [US.address])
        yield mail, slack, environ | changes


def lines(findings: list[Finding], status: Status) -> dict[str, str]:
    assert all(bool(one.cure) == (one.status is not Status.OK) for one in findings), findings
    return {one.name: f"{one.what} | {one.cure}" for one in findings if one.status is status}


async def test_a_home_in_order_is_found_well(tmp_path, home):
    async with surroundings(tmp_path) as (_, _, environ):
        found = await doctor.examine(home, environ)

    assert lines(found, Status.FAIL) == {}
    assert {"playbook", "authserv_id"} == set(lines(found, Status.WARN))
    well = lines(found, Status.OK)
    assert {"settings", "home", "database", "queue", "web", "imap", "folder INBOX", "push", "smtp", "slack"} <= set(well)
    assert {"permissions", "desk", "owner", "socket", "model", "prompts", "clock", "disk"} <= set(well)
    assert not (home / "understudy.db").exists()


async def test_the_receiving_server_is_suggested_by_name_and_then_believed(tmp_path, home):
    async with surroundings(tmp_path) as (_, _, environ):
        before = lines(await doctor.examine(home, environ), Status.WARN)["authserv_id"]
        name = before.partition('authserv_id = ["')[2].partition('"')[0]
        trusting = environ | {"UNDERSTUDY_MAIL__AUTHSERV_ID": name}
        after = lines(await doctor.examine(home, trusting), Status.OK)
        misled = lines(await doctor.examine(home, environ | {"UNDERSTUDY_MAIL__AUTHSERV_ID": "mx.other.example"}), Status.WARN)

    assert name
    assert name in after["authserv_id"]
    assert name in misled["authserv_id"]


async def test_a_new_home_is_judged_line_by_line(home):
    found = await doctor.examine(home, {})

    failing = lines(found, Status.FAIL)
    assert len([name for name in failing if name.startswith("understudy.toml:")]) >= 4
    assert len([name for name in failing if name.startswith(".env:")]) >= 4
    assert "playbook" in lines(found, Status.OK)


async def test_what_has_its_secret_is_looked_at_while_others_are_missing(tmp_path, home):
    async with surroundings(tmp_path) as (_, _, environ):
        del environ["SLACK_APP_TOKEN"]
        found = await doctor.examine(home, environ)

    assert [text for text in lines(found, Status.FAIL).values() if "SLACK_APP_TOKEN" in text]
    assert {"imap", "smtp", "slack"} <= set(lines(found, Status.OK))


@pytest.mark.parametrize(
    ("change", "name", "cure"),
    [
        ({"UNDERSTUDY_IMAP_PASSWORD": "wrong"}, "imap", "UNDERSTUDY_IMAP_PASSWORD"),
        ({"UNDERSTUDY_SMTP_PASSWORD": "wrong"}, "smtp", "UNDERSTUDY_SMTP_PASSWORD"),
        ({"UNDERSTUDY_MAIL__IMAP": "imap://hello@127.0.0.1:9"}, "imap", "[mail] imap"),
        ({"UNDERSTUDY_MAIL__FOLDERS": "INBOX,Inbx"}, "folder Inbx", '"INBOX"'),
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "slack", "SLACK_BOT_TOKEN"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "socket", "connections:write"),
        ({"UNDERSTUDY_SLACK__API": "http://127.0.0.1:9/api/"}, "slack", "reaches Slack"),
        ({"UNDERSTUDY_SLACK__DESK": "#nowhere"}, "desk", "#nowhere"),
        ({"UNDERSTUDY_OWNER__SLACK": "U0NOBODY1"}, "owner", "Copy member ID"),
        ({"UNDERSTUDY_STORAGE__URL": "postgresql://nobody@127.0.0.1:9/none"}, "database", "[storage] url"),
        ({"UNDERSTUDY_STORAGE__URL": "sqlite:///no/such/folder.db"}, "database", "[storage] url"),
        ({"UNDERSTUDY_QUEUE__URL": "redis://127.0.0.1:9"}, "queue", "memory://"),
        ({"UNDERSTUDY_WEB__ADDRESS": "203.0.113.1:80"}, "web", "[web] address"),
        (
            {"UNDERSTUDY_STORAGE__URL": "postgresql://nobody@127.0.0.1:9/none", "UNDERSTUDY_QUEUE__URL": "redis://127.0.0.1:9"},
            "queue",
            "[queue] url",
        ),
    ],
)
async def test_what_fails_is_told_with_its_cure(tmp_path, home, change, name, cure):
    async with surroundings(tmp_path, **change) as (_, _, environ):
        failing = lines(await doctor.examine(home, environ), Status.FAIL)

    assert cure in failing[name]


async def test_a_missing_permission_is_named(tmp_path, home):
    less = manifest("socket")
    less["oauth_config"]["scopes"]["bot"].remove("users:read")
    less["oauth_config"]["scopes"]["bot"].remove("im:history")
    async with surroundings(tmp_path, Seed(SEED.team, SEED.people, SEED.channels, (less,))) as (_, _, environ):
        failing = lines(await doctor.examine(home, environ), Status.FAIL)

    assert "im:history, users:read" in failing["permissions"]
    assert "understudy manifest" in failing["permissions"]


async def test_a_delegate_nobody_knows_in_slack_or_the_playbook_is_told(tmp_path, home):
    delegate = {
        "UNDERSTUDY_DELEGATE__1__NAME": "Dan", "UNDERSTUDY_DELEGATE__1__SLACK": "U0NOBODY1",
        "UNDERSTUDY_DELEGATE__1__COVERS": "prizing",
    }  # fmt: skip
    async with surroundings(tmp_path, **delegate) as (_, _, environ):
        found = await doctor.examine(home, environ)

    assert "Dan" in lines(found, Status.FAIL)["delegate"]
    assert "prizing" in lines(found, Status.WARN)["delegate"]


async def test_the_model_server_is_asked_for_its_models(tmp_path, home):
    async with ModelServer() as server, surroundings(tmp_path) as (_, _, environ):
        model = {"UNDERSTUDY_MODEL__BASE_URL": server.base_url, "UNDERSTUDY_MODEL__DRAFT_MODEL": "practice-model"}
        well = lines(await doctor.examine(home, environ | model), Status.OK)
        gone = {"UNDERSTUDY_MODEL__BASE_URL": "http://127.0.0.1:9/v1", "UNDERSTUDY_MODEL__DRAFT_MODEL": "m"}
        failing = lines(await doctor.examine(home, environ | gone), Status.FAIL)

    assert well["model"].startswith("practice-model is there")
    assert "[model] base_url" in failing["model"]


async def test_a_database_of_a_newer_version_is_told(tmp_path, home):
    engines = open_engines(f"sqlite:///{home}/understudy.db")
    await migrate(engines)
    await engines.dispose()
    async with surroundings(tmp_path) as (_, _, environ):
        before = lines(await doctor.examine(home, environ), Status.OK)["database"]
        with closing(sqlite3.connect(home / "understudy.db")) as rows, rows:
            rows.execute("UPDATE alembic_version SET version_num = '9999'")
        after = lines(await doctor.examine(home, environ), Status.FAIL)["database"]

    assert "schema" in before
    assert "newer" in after


async def test_a_file_that_is_no_database_is_told(tmp_path, home):
    (home / "understudy.db").write_bytes(b"this is no database, it is a letter " * 200)
    async with surroundings(tmp_path) as (_, _, environ):
        failing = lines(await doctor.examine(home, environ), Status.FAIL)

    assert "backup" in failing["database"]


async def test_while_a_house_runs_its_database_is_left_alone(tmp_path, home):
    (home / "understudy.db").write_bytes(b"held")
    async with surroundings(tmp_path) as (_, _, environ):
        with only_house(home):
            well = lines(await doctor.examine(home, environ), Status.OK)

    assert "running house" in well["database"]
    assert "a house is running" in well["house"]


async def test_a_broken_playbook_is_told_by_file_and_line(home):
    (home / "playbook" / "house_rules.toml").write_text("sure = 7\nshure = 1\n")

    failing = lines(await doctor.examine(home, {}), Status.FAIL)

    assert {"playbook/house_rules.toml:1", "playbook/house_rules.toml:2"} <= set(failing)


async def test_secrets_that_others_can_read_are_told(home):
    (home / ".env").chmod(0o644)

    assert "chmod 600" in lines(await doctor.examine(home, {}), Status.WARN)["secrets"]


def test_a_home_that_cannot_be_written_to_is_told():
    found = house.folder(Path("/proc"), sqlite=True)

    assert "owner and rights" in lines(found, Status.FAIL)["home"]


def test_no_home_at_all_is_told_as_json_too(tmp_path, capsys):
    code = doctor.consult(tmp_path / "nowhere", json=True)

    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert all(set(one) == {"name", "status", "what", "cure"} for one in told)
    assert {"ok", "FAIL"} <= {one["status"] for one in told}


MOUNTS = (
    "/dev/sda1 / ext4 rw 0 0\nnas:/x /home nfs4 rw 0 0\n/dev/sdb1 /home/me ext4 rw 0 0\n"
    "me@far:/ /mnt/my\\040files fuse.sshfs rw 0 0\nx /opt/cifs-tools ext4 rw 0 0\n"
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/desk", None), ("/home/you/desk", "nfs4"), ("/home/me/desk", None), ("/homes", None),
        ("/mnt/my files/desk", "fuse.sshfs"), ("/opt/cifs-tools/x", None),
    ],
)  # fmt: skip
def test_a_file_system_of_another_machine_is_known_by_its_kind(path, kind):
    assert filesystem.network_kind(path, MOUNTS) == kind


def test_sqlite_on_another_machine_is_refused_and_postgresql_only_warned(home, monkeypatch):
    monkeypatch.setattr(house, "network_kind", lambda _path: "nfs4")

    refused = lines(house.folder(home, sqlite=True), Status.FAIL)
    warned = lines(house.folder(home, sqlite=False), Status.WARN)

    assert "nfs4" in refused["disk"]
    assert "nfs4" in warned["disk"]
