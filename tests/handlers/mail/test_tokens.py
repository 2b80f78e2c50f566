"""Signing in by token: the code, the browser, the sealed file, and refreshing, against a provider on loopback."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from bot.errors import Permanent, Refused, Transient
from handlers.mail import mailbox
from handlers.mail.imap import connect
from handlers.mail.mailbox import MailAccount, MailboxWatcher
from handlers.mail.sender import SmtpCarrier
from handlers.mail.sign_in import sign_in_by_code, sign_in_in_browser
from handlers.mail.token_box import FILE, Login, TokenBox
from handlers.mail.tokens import Tokens
from handlers.mail.way_in import LoginNeeded
from tests.handlers.mail.memory_ledger import HandClock, MemoryLedger
from tests.servers.imap_stub import ImapStub
from tests.servers.smtp_sink import SmtpSink
from tests.servers.token_server import TokenServer

SECRET = "a long random text"


class Person:
    """Sits at the provider's page: does what is scripted after each pause of ours, and notes how long those were."""

    def __init__(self, server: TokenServer, clock: HandClock, *does: str) -> None:
        self._server, self._clock, self._does = server, clock, list(does)
        self.pauses: list[float] = []
        self.told: list[str] = []

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._clock.advance(seconds=seconds)
        if self._does and (act := self._does.pop(0)):
            self._server.decide(act)


async def by_code(server: TokenServer, *does: str) -> tuple[Login, Person]:
    clock = HandClock()
    person = Person(server, clock, *does)
    login = await sign_in_by_code(server.oauth(), clock, person.told.append, sleep=person.sleep)
    return login, person


def stored(home: Path) -> TokenBox:
    return TokenBox(home, SECRET)


async def signed_in(home: Path, server: TokenServer, clock: HandClock) -> Tokens:
    person = Person(server, clock, "approve")
    await stored(home).write(await sign_in_by_code(server.oauth(), clock, person.told.append, sleep=person.sleep))
    return Tokens(server.oauth(), stored(home), clock)


async def test_a_code_is_shown_and_waited_for_until_somebody_typed_it_in():
    async with TokenServer() as server:
        login, person = await by_code(server, "", "", "approve")

    assert "BDWP-HQPK" in person.told[0]
    assert f"{server.url}/enter" in person.told[0]
    assert [code for _, _, code in server.answers] == ["", "authorization_pending", "authorization_pending", ""]
    assert person.pauses == [5, 5, 5]
    assert server.takes("anna", login.access)
    assert login.refresh == server.refresh


async def test_told_to_slow_down_we_ask_less_often_from_then_on():
    async with TokenServer() as server:
        _, person = await by_code(server, "slow_down", "slow_down", "authorization_pending", "approve")

    assert person.pauses == [5, 10, 15, 15]


async def test_a_line_that_fails_while_we_wait_is_no_end():
    async with TokenServer() as server:
        server.interval = 0
        clock = HandClock()
        person = Person(server, clock, "", "approve")

        async def sleep(seconds: float) -> None:
            if not person.pauses:
                server.troubles.extend([(503, b"busy"), (200, b"<html>")])
            await person.sleep(seconds)

        login = await sign_in_by_code(server.oauth(), clock, person.told.append, sleep=sleep)

    assert server.takes("anna", login.access)
    assert person.pauses == [0, 2, 4]


@pytest.mark.parametrize(("does", "says"), [("deny", "declined"), ("expire", "ran out")])
async def test_a_code_that_is_declined_or_runs_out_ends_politely(does, says):
    async with TokenServer() as server:
        with pytest.raises(Refused, match=says):
            await by_code(server, "", does)


async def test_a_code_nobody_types_in_is_not_waited_for_for_ever():
    async with TokenServer() as server:
        with pytest.raises(Refused, match="ran out"):
            await by_code(server)

    assert server.count("device_code") == 180


async def test_an_app_the_provider_does_not_know_is_told_with_the_cure():
    async with TokenServer() as server:
        with pytest.raises(Permanent, match=r"invalid_client.*client_id"):
            await sign_in_by_code(server.oauth(client_id="another"), HandClock(), print)


async def test_a_browser_comes_back_to_this_machine_with_a_code_only_we_can_use():
    pages: asyncio.Queue[str] = asyncio.Queue()
    async with TokenServer(client_secret="app-word") as server, aiohttp.ClientSession() as browser:
        asked = asyncio.create_task(
            sign_in_in_browser(server.oauth(browser=True), HandClock(), pages.put_nowait, client_secret="app-word")
        )
        page = next(word for word in (await pages.get()).split() if word.startswith(server.url))
        back = server.visit(page)
        async with browser.get(back.replace("state=", "state=x")) as response:
            assert response.status == 404
        async with browser.get(back) as response:
            assert response.status == 200
        login = await asked

    assert server.takes("anna", login.access)


async def test_the_address_a_browser_elsewhere_ended_on_can_be_pasted():
    pages: asyncio.Queue[str] = asyncio.Queue()
    pasted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with TokenServer() as server:
        asked = asyncio.create_task(
            sign_in_in_browser(server.oauth(browser=True), HandClock(), pages.put_nowait, pasted=pasted)
        )
        page = next(word for word in (await pages.get()).split() if word.startswith(server.url))
        pasted.set_result(server.visit(page) + "\n")
        login = await asked

    assert server.takes("anna", login.access)


async def test_a_pasted_address_that_is_no_answer_to_our_question_is_refused():
    pasted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    pasted.set_result("http://127.0.0.1:1/?code=stolen&state=guessed")
    async with TokenServer() as server:
        with pytest.raises(Refused, match="not the address"):
            await sign_in_in_browser(server.oauth(browser=True), HandClock(), print, pasted=pasted)

    assert server.count("authorization_code") == 0


async def test_what_is_stored_is_sealed_and_for_our_eyes_only(tmp_path):
    async with TokenServer() as server:
        await signed_in(tmp_path, server, HandClock())
    raw = (tmp_path / FILE).read_bytes()

    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0
    assert b"access-" not in raw
    assert b"refresh-" not in raw
    assert "access-" not in repr(await stored(tmp_path).read())
    with pytest.raises(LoginNeeded, match="UNDERSTUDY_SECRET_KEY"):
        await TokenBox(tmp_path, "another text").read()


@pytest.mark.parametrize("spoiled", [b"", b"{", b'{"salt": "", "sealed": "x"}', b"\xff\xfe", b"[1]"])
async def test_a_spoiled_file_asks_for_a_new_sign_in(tmp_path, spoiled):
    (tmp_path / FILE).write_bytes(spoiled)

    with pytest.raises(LoginNeeded, match="understudy login"):
        await stored(tmp_path).read()


async def test_a_token_is_used_until_shortly_before_it_ends_and_then_renewed(tmp_path):
    clock = HandClock()
    async with TokenServer() as server:
        tokens = await signed_in(tmp_path, server, clock)
        first = await tokens.token()
        clock.advance(minutes=54)
        same = await tokens.token()
        clock.advance(minutes=2)
        second = await tokens.token()
        clock.advance(minutes=56)
        third = await tokens.token()

    assert first == same
    assert len({first, second, third}) == 3
    assert server.takes("anna", third)
    assert (await stored(tmp_path).read()).refresh == server.refresh


async def test_many_who_want_a_token_at_once_cause_one_renewal(tmp_path):
    clock = HandClock()
    async with TokenServer() as server:
        await signed_in(tmp_path, server, clock)
        clock.advance(hours=2)
        processes = [Tokens(server.oauth(), stored(tmp_path), clock) for _ in range(4)]
        given = await asyncio.gather(*(one.token() for one in processes for _ in range(5)))

    assert len(set(given)) == 1
    assert server.count("refresh_token") == 1


async def test_a_provider_that_is_away_is_asked_again_later(tmp_path):
    clock = HandClock()
    async with TokenServer() as server:
        tokens = await signed_in(tmp_path, server, clock)
        clock.advance(hours=2)
        server.troubles.append((500, b"oops"))
        with pytest.raises(Transient):
            await tokens.token()
        assert server.takes("anna", await tokens.token())


async def test_an_ended_sign_in_needs_a_person_and_no_further_question(tmp_path, caplog):
    clock = HandClock()
    caplog.set_level(logging.DEBUG)
    async with TokenServer() as server:
        tokens = await signed_in(tmp_path, server, clock)
        old = await tokens.token()
        server.revoke(refresh=True)
        clock.advance(hours=2)
        for _ in range(3):
            with pytest.raises(LoginNeeded, match="run `understudy login` again") as told:
                await tokens.token()
            assert "refresh-" not in repr(told.value)
        asked = server.count("refresh_token")
        await signed_in(tmp_path, server, clock)
        new = await tokens.token()

    assert asked == 1
    assert server.takes("anna", new)
    assert old not in caplog.text
    assert "refresh-" not in caplog.text


async def test_another_app_than_the_one_that_signed_in_needs_a_person(tmp_path):
    async with TokenServer() as server:
        await signed_in(tmp_path, server, HandClock())
        with pytest.raises(LoginNeeded, match="client_id"):
            await Tokens(server.oauth(client_id="new"), stored(tmp_path), HandClock()).token()


async def test_mailbox_and_submission_open_with_a_token(tmp_path):
    async with TokenServer() as server, ImapStub({1: b"Subject: 1\r\n\r\n"}, capability="IMAP4rev1 AUTH=XOAUTH2") as stub:
        stub.takes = server.takes
        tokens = await signed_in(tmp_path, server, HandClock())
        async with await connect(f"imap://anna@{stub.host}:{stub.port}", tokens) as connection:
            examined = await connection.examine("INBOX")
        async with SmtpSink(takes=server.takes) as sink:
            await SmtpCarrier(f"smtp://anna@{sink.host}:{sink.port}", tokens).check()
            assert sink.talks[0].user == "anna"

    assert examined is not None
    assert examined.exists == 1


async def test_a_token_refused_before_its_time_is_renewed_and_the_next_try_goes_in(tmp_path):
    clock = HandClock()
    async with TokenServer() as server, ImapStub(capability="IMAP4rev1 AUTH=XOAUTH2") as stub:
        stub.takes = server.takes
        tokens = await signed_in(tmp_path, server, clock)
        url = f"imap://anna@{stub.host}:{stub.port}"
        clock.advance(minutes=10)
        server.revoke()
        with pytest.raises(Transient, match="new one"):
            await connect(url, tokens)
        async with await connect(url, tokens):
            pass
        clock.advance(minutes=10)
        server.revoke()
        async with SmtpSink(takes=server.takes) as sink:
            carrier = SmtpCarrier(f"smtp://anna@{sink.host}:{sink.port}", tokens)
            with pytest.raises(Transient, match="new one"):
                await carrier.check()
            await carrier.check()

    assert server.count("refresh_token") == 2


async def test_a_fresh_token_that_is_refused_names_what_to_look_at(tmp_path):
    async with TokenServer(user="somebody-else") as server, ImapStub(capability="IMAP4rev1 AUTH=XOAUTH2") as stub:
        stub.takes = server.takes
        tokens = await signed_in(tmp_path, server, HandClock())
        with pytest.raises(LoginNeeded, match="IMAP is switched on"):
            await connect(f"imap://anna@{stub.host}:{stub.port}", tokens)
        async with SmtpSink(takes=server.takes) as sink:
            with pytest.raises(LoginNeeded, match="SMTP is switched on"):
                await SmtpCarrier(f"smtp://anna@{sink.host}:{sink.port}", tokens).check()

    assert server.count("refresh_token") == 0


async def test_a_server_without_token_login_is_told_apart(tmp_path):
    async with TokenServer() as server, ImapStub() as stub, SmtpSink(users={"anna": "x"}) as sink:
        tokens = await signed_in(tmp_path, server, HandClock())
        with pytest.raises(Permanent, match="no login by token"):
            await connect(f"imap://anna@{stub.host}:{stub.port}", tokens)
        with pytest.raises(Permanent, match="no login by token"):
            await SmtpCarrier(f"smtp://anna@{sink.host}:{sink.port}", tokens).check()


async def test_the_watch_says_that_somebody_has_to_sign_in_and_goes_on_once_they_did(tmp_path, monkeypatch):
    monkeypatch.setattr(mailbox, "SIGN_IN_SECONDS", 0.02)
    pulses: asyncio.Queue[tuple[str, bool, str]] = asyncio.Queue()
    clock, ledger = HandClock(), MemoryLedger()
    async with TokenServer() as server, ImapStub(capability="IMAP4rev1 IDLE AUTH=XOAUTH2") as stub:
        stub.takes = server.takes
        tokens = Tokens(server.oauth(), stored(tmp_path), clock)
        account = MailAccount("main", f"imap://anna@{stub.host}:{stub.port}", tokens, watch_sent=False)
        watcher = MailboxWatcher([account], ledger, clock, pulse=lambda *told: pulses.put_nowait(told))
        run = asyncio.create_task(watcher.run())
        try:
            name, well, detail = await pulses.get()
            await signed_in(tmp_path, server, clock)
            while not (await pulses.get())[1]:
                pass
        finally:
            run.cancel()
            with suppress(asyncio.CancelledError):
                await run

    assert (name, well) == ("main/INBOX", False)
    assert "understudy login" in detail
