"""`understudy login` as a person meets it, against a provider, a mailbox and a submission server on loopback."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from handlers import doctor
from handlers.doctor.findings import Finding, Status
from handlers.init import Wanted, write_home
from handlers.mail.token_box import FILE
from handlers.settings import SettingsError, read_settings
from handlers.settings_oauth import PROVIDERS
from tests.servers.imap_stub import ImapStub
from tests.servers.smtp_sink import SmtpSink
from tests.servers.token_server import CLIENT, TokenServer

ROOT = Path(__file__).resolve().parents[2]
KEY = "a long random text for this test"


@pytest.fixture
def home(tmp_path):
    write_home(tmp_path / "home", Wanted(name="Studio", owner="Maren", timezone="Europe/Berlin"))
    return tmp_path / "home"


def environ(server: TokenServer, stub: ImapStub, sink: SmtpSink) -> dict[str, str]:
    oauth = (
        f'{{ client_id = "{CLIENT}", device_url = "{server.url}/device", token_url = "{server.url}/token", '
        'scopes = ["mail", "offline_access"] }'
    )
    return {
        "UNDERSTUDY_MAIL__ADDRESS": "hello@studio.example",
        "UNDERSTUDY_MAIL__IMAP": f"imap://anna@{stub.host}:{stub.port}",
        "UNDERSTUDY_MAIL__SMTP": f"smtp://anna@{sink.host}:{sink.port}",
        "UNDERSTUDY_MAIL__OAUTH": oauth,
        "UNDERSTUDY_SECRET_KEY": KEY,
    }


async def login(home: Path, named: dict[str, str]) -> tuple[int, str]:
    clean = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "handlers", "login", "--home", str(home), env=clean | named,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def of(findings: list[Finding], name: str) -> Finding:
    return next(one for one in findings if one.name == name)


async def test_signed_in_once_the_mailbox_opens_and_the_doctor_says_so(home):
    async with TokenServer() as server, ImapStub(capability="IMAP4rev1 IDLE AUTH=XOAUTH2") as stub:
        stub.takes, server.interval = server.takes, 0
        async with SmtpSink(takes=server.takes) as sink:
            named = environ(server, stub, sink)
            before = await doctor.examine(home, named)
            signing_in = asyncio.create_task(login(home, named))
            while not server.count("device"):
                await asyncio.wait({signing_in}, timeout=0.05)
            server.decide("approve")
            code, said = await signing_in
            after = await doctor.examine(home, named)
            server.revoke(refresh=True)
            (home / FILE).unlink()
            gone = await doctor.examine(home, named)

    assert of(before, "login").status is Status.FAIL
    assert "understudy login" in of(before, "login").cure
    assert of(before, "imap").status is Status.FAIL
    assert code == 0, said
    assert "BDWP-HQPK" in said
    assert "The mailbox opens with it." in said
    assert "access-" not in said
    assert {of(after, name).status for name in ("login", "imap", "smtp")} == {Status.OK}
    assert of(gone, "login").status is Status.FAIL


async def test_a_declined_sign_in_leaves_nothing(home):
    async with TokenServer() as server, ImapStub() as stub, SmtpSink() as sink:
        server.interval = 0
        signing_in = asyncio.create_task(login(home, environ(server, stub, sink)))
        while not server.count("device"):
            await asyncio.wait({signing_in}, timeout=0.05)
        server.decide("deny")
        code, said = await signing_in

    assert code == 1
    assert "declined" in said
    assert "Traceback" not in said
    assert not (home / FILE).exists()


async def test_a_home_with_a_password_needs_no_sign_in(home):
    code, said = await login(home, {"UNDERSTUDY_MAIL__ADDRESS": "hello@studio.example"})

    assert code == 1
    assert "Traceback" not in said


MAIL = {
    "UNDERSTUDY_MAIL__ADDRESS": "hello@studio.example",
    "UNDERSTUDY_MAIL__IMAP": "imaps://hello@imap.example",
    "UNDERSTUDY_MAIL__SMTP": "smtps://hello@smtp.example",
}


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_a_provider_we_know_needs_a_client_id_only(home, provider):
    named = MAIL | {"UNDERSTUDY_MAIL__OAUTH": f'{{ provider = "{provider}", client_id = "x" }}'}
    settings = read_settings(home, named, unfinished=True)

    assert settings.mail is not None
    assert settings.mail.oauth is not None
    assert settings.mail.oauth.token_url.startswith("https://")
    assert "{" not in settings.mail.oauth.token_url + settings.mail.oauth.device_url


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('{ provider = "microsoft" }', "client_id"),
        ('{ provider = "gogle", client_id = "x" }', "gogle"),
        ('{ provider = "google", clientid = "x" }', "clientid"),
        ('{ client_id = "x", token_url = "http://mail.example/token" }', "https://"),
        ('{ client_id = "x", token_url = "https://mail.example/token", scopes = ["a"] }', "where to sign in"),
        ('{ client_id = "x", token_url = "https://m.example/t", device_url = "https://m.example/d" }', "scopes"),
        ('{ provider = "google", client_id = 7 }', "client_id"),
        ('{ provider = "google", client_id = "x", scopes = 7 }', "scopes"),
        ("yes", "no table"),
        ("{ provider", "no table"),
    ],
)
def test_a_sign_in_that_cannot_be_is_told_with_its_cure(home, written, says):
    with pytest.raises(SettingsError) as told:
        read_settings(home, MAIL | {"UNDERSTUDY_MAIL__OAUTH": written}, unfinished=True)

    (problem,) = [one for one in told.value.problems if "OAUTH" in one.what]
    assert says in problem.what
    assert problem.cure


def test_with_a_sign_in_no_mail_password_is_asked_for(home):
    named = MAIL | {"UNDERSTUDY_MAIL__OAUTH": '{ provider = "google", client_id = "x" }'}
    with pytest.raises(SettingsError) as told:
        read_settings(home, named)

    assert "PASSWORD" not in str(told.value)
