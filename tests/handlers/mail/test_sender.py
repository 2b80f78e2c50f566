"""The final dot: every way a server can behave, and what may honestly be said of it. The sink's ledger decides."""

import asyncio
import ssl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import NobodyTook, OutcomeUnknown, Permanent, Refused, Transient
from bot.ports import HandedOver, Parcel
from handlers.mail.sender import SmtpCarrier
from storage.channels import Channel
from tests.servers.certificates import loopback_certificates
from tests.servers.fault_proxy import Fault, FaultProxy, Spoil
from tests.servers.smtp_sink import ALL_BEFORE_THE_DOT, BEHAVIOURS, At, Behaviour, How, SmtpSink, Trouble

RAW = b"From: ana@studio.example\r\nSubject: Thursday\r\n\r\nYes, gladly.\r\n.\r\n..two dots\r\n"
USERS = {"ana": "word"}


def parcel(
    raw: bytes = RAW, *, to: tuple[str, ...] = ("lee@client.example",), sender: str = "ana@studio.example"
):
    return Parcel(1, Channel.EMAIL, "<x@studio.example>", sender, to, raw)


def carrier(sink: SmtpSink, *, password: str = "word", **more: object) -> SmtpCarrier:
    scheme, user = more.pop("scheme", "smtp"), more.pop("user", "ana@")
    settings = {"timeout": 5.0, "dot_timeout": 0.3, **more}
    return SmtpCarrier(f"{scheme}://{user}{sink.host}:{sink.port}", password, **settings)


async def until(true) -> None:
    """Give way to the servers until it is so."""
    while not true():  # noqa: ASYNC110  the sink tells by its state, not by an event
        await asyncio.sleep(0)


async def yes() -> bool:
    return True


async def verdict(carry) -> str:
    """The word for how it ended, as the sink's behaviours use it."""
    try:
        await carry
    except Transient:
        return "retry"
    except OutcomeUnknown:
        return "unknown"
    except Permanent:
        return "failed"
    return "sent"


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=lambda b: b.name)
async def test_every_behaviour_gets_an_honest_verdict(behaviour):
    async with SmtpSink(behaviour, users=USERS) as sink:
        dots = 0

        async def before_dot() -> bool:
            nonlocal dots
            dots += 1
            if behaviour.name == "closes in the middle of the body":
                await until(
                    lambda: not sink.open_lines
                )  # a commit takes its time, in which the line's end arrives
            return True

        said = await verdict(carrier(sink).carry(parcel(), before_dot=before_dot))

        assert said in behaviour.verdicts
        assert len(sink.ledger) == (1 if behaviour.delivers else 0)
        assert dots <= 1
        if said == "retry":
            assert not sink.ledger
            await carrier(sink).carry(parcel(), before_dot=yes)
            assert [mail.raw for mail in sink.ledger] == [RAW]


@pytest.mark.parametrize("behaviour", ALL_BEFORE_THE_DOT, ids=lambda b: b.name)
async def test_whatever_fails_before_the_dot_is_safe_to_try_again(behaviour):
    async with SmtpSink(behaviour, users=USERS) as sink:
        stall = any(trouble.how is How.STALL for trouble in behaviour.troubles)

        async def before_dot() -> bool:
            await until(lambda: stall or not sink.open_lines)
            return True

        said = await verdict(
            carrier(sink, timeout=0.3 if stall else 5).carry(
                parcel(b"x" * 70 + b"\r\n"), before_dot=before_dot
            )
        )

        # a stalled line cannot be told from a slow one: once the dot is written, nobody knows
        assert said in behaviour.verdicts | (
            {"unknown"} if stall and behaviour.troubles[0].at is At.BODY else set()
        )
        assert not sink.ledger


@pytest.mark.parametrize("cut", range(0, 700, 41))
@pytest.mark.parametrize("how", [Spoil.CLOSE, Spoil.RESET])
async def test_a_line_cut_at_any_byte_never_makes_two_mails_or_a_false_claim(cut, how):
    async with SmtpSink(users=USERS) as sink, FaultProxy(sink.address, Fault(up_after=cut, how=how)) as proxy:
        said = await verdict(
            SmtpCarrier(f"smtp://ana@{proxy.host}:{proxy.port}", "word", timeout=5, dot_timeout=5).carry(
                parcel(), before_dot=yes
            )
        )

        assert len(sink.ledger) <= 1
        assert said in ({"sent", "unknown"} if sink.ledger else {"retry", "unknown"})


async def test_what_arrives_is_what_was_frozen_and_the_reply_is_kept():
    async with SmtpSink(users=USERS) as sink:
        handed = await carrier(sink).carry(parcel(), before_dot=yes)

    assert handed == HandedOver(reply="250 2.0.0 Ok: queued as 1")
    assert [(m.raw, m.sender, m.recipients, m.user) for m in sink.ledger] == [
        (RAW, "ana@studio.example", ("lee@client.example",), "ana")
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([b".", b"..", b"", b"a", b".b", b"\xc3\xa9", b"."]), max_size=12))
def test_any_lines_arrive_byte_for_byte(lines):
    raw = b"Subject: x\r\n\r\n" + b"".join(line + b"\r\n" for line in lines)

    async def send() -> list[bytes]:
        async with SmtpSink() as sink:
            await carrier(sink, user="").carry(parcel(raw), before_dot=yes)
        return [mail.raw for mail in sink.ledger]

    assert asyncio.run(send()) == [raw]


async def test_a_large_mail_arrives_whole():
    raw = b"Subject: x\r\n\r\n" + (b"." + b"x" * 75 + b"\r\n") * 30_000

    async with SmtpSink() as sink:
        await carrier(sink, user="", dot_timeout=20).carry(parcel(raw), before_dot=yes)

    assert sink.ledger[0].raw == raw


@pytest.mark.parametrize("raw", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n\r\n", b"no end"])
async def test_line_ends_that_servers_read_differently_are_not_sent(raw):
    async with SmtpSink() as sink:
        with pytest.raises(Permanent, match="CRLF"):
            await carrier(sink, user="").carry(parcel(raw), before_dot=yes)
        assert not sink.ledger


async def test_some_recipients_refused_the_others_get_it():
    refuses_two = Behaviour(
        "refuses two",
        (
            Trouble(At.RCPT, "550 5.1.1 No such user", recipient="gone@client.example"),
            Trouble(At.RCPT, "451 4.7.1 Later", recipient="slow@client.example"),
        ),
    )
    async with SmtpSink(refuses_two) as sink:
        handed = await carrier(sink, user="").carry(
            parcel(to=("gone@client.example", "lee@client.example", "slow@client.example")), before_dot=yes
        )

    assert handed.refused == {
        "gone@client.example": "550 5.1.1 No such user",
        "slow@client.example": "451 4.7.1 Later",
    }
    assert sink.ledger[0].recipients == ("lee@client.example",)


async def test_all_recipients_refused_tells_who_but_not_in_its_text():
    async with SmtpSink(BEHAVIOURS["550 at RCPT"]) as sink:
        with pytest.raises(NobodyTook) as caught:
            await carrier(sink, user="").carry(parcel(), before_dot=yes)

    assert caught.value.refused == {"lee@client.example": "550 5.1.1 No such user"}
    assert "550 5.1.1" in str(caught.value)
    assert "lee" not in str(caught.value)


async def test_who_lost_the_lease_hangs_up_before_the_dot():
    async def no() -> bool:
        return False

    async with SmtpSink() as sink:
        with pytest.raises(Refused):
            await carrier(sink, user="").carry(parcel(), before_dot=no)
        await until(lambda: not sink.open_lines)
        assert not sink.ledger


async def test_a_failing_commit_before_the_dot_leaves_the_mail_unsent():
    async def disk_full() -> bool:
        raise OSError("no space left")

    async with SmtpSink() as sink:
        with pytest.raises(OSError, match="space"):
            await carrier(sink, user="").carry(parcel(), before_dot=disk_full)
        await until(lambda: not sink.open_lines)
        assert not sink.ledger


async def test_the_dot_is_written_only_after_the_commit():
    async with SmtpSink() as sink:
        seen: list[bool] = []

        async def before_dot() -> bool:
            await until(lambda: sink.talks and sink.talks[0].commands[-1:] == ["DATA"])
            seen.append(bool(sink.ledger))
            return True

        await carrier(sink, user="", dot_timeout=5).carry(parcel(), before_dot=before_dot)

    assert seen == [False]
    assert len(sink.ledger) == 1


async def test_cancelled_before_the_dot_nothing_leaves():
    reached = asyncio.Event()

    async def before_dot() -> bool:
        reached.set()
        await asyncio.Event().wait()
        return True

    async with SmtpSink() as sink:
        carry = asyncio.create_task(carrier(sink, user="").carry(parcel(), before_dot=before_dot))
        await reached.wait()
        carry.cancel()
        with pytest.raises(asyncio.CancelledError):
            await carry
        await until(lambda: not sink.open_lines)
        assert not sink.ledger


async def test_cancelled_after_the_dot_the_answer_is_still_awaited():
    async with SmtpSink() as sink, FaultProxy(sink.address, Fault(delay=0.05)) as proxy:
        slow = SmtpCarrier(f"smtp://{proxy.host}:{proxy.port}", timeout=5, dot_timeout=5)
        carry = asyncio.create_task(slow.carry(parcel(), before_dot=yes))
        await sink.accepted()
        carry.cancel()

        assert (await carry).reply.startswith("250")


async def test_cancelled_after_the_dot_without_an_answer_nobody_knows():
    async with SmtpSink(BEHAVIOURS["stalls after the dot"]) as sink:
        carry = asyncio.create_task(
            carrier(sink, user="", dot_timeout=60, grace=0.05).carry(parcel(), before_dot=yes)
        )
        await sink.accepted()
        carry.cancel()
        with pytest.raises(OutcomeUnknown, match="stopped"):
            await carry


async def test_a_reply_out_of_turn_is_not_taken_for_the_answer_to_the_dot():
    doubled = Behaviour("two replies to DATA", (Trouble(At.DATA, "354 Go on\r\n250 2.0.0 Ok: queued as 0"),))
    async with SmtpSink(doubled) as sink:
        with pytest.raises(Transient):
            await carrier(sink, user="").carry(parcel(), before_dot=yes)
        assert not sink.ledger


async def test_starttls_never_falls_back_to_plain():
    async with SmtpSink(users=USERS) as sink:
        with pytest.raises(Permanent, match="STARTTLS"):
            await carrier(sink, scheme="smtp+starttls").carry(parcel(), before_dot=yes)

    assert not any(command.startswith(("AUTH", "MAIL")) for talk in sink.talks for command in talk.commands)


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp+starttls", False), ("smtps", True)])
async def test_mail_leaves_encrypted_and_logged_in(scheme, implicit):
    certificates = loopback_certificates()
    async with SmtpSink(tls=certificates.server(), implicit_tls=implicit, users=USERS) as sink:
        await carrier(sink, scheme=scheme, ssl_context=certificates.client()).carry(parcel(), before_dot=yes)

    assert [(mail.raw, mail.tls, mail.user) for mail in sink.ledger] == [(RAW, True, "ana")]


@pytest.mark.parametrize(("scheme", "implicit"), [("smtp+starttls", False), ("smtps", True)])
async def test_a_certificate_that_does_not_hold_is_for_a_person(scheme, implicit):
    async with SmtpSink(tls=loopback_certificates().server(), implicit_tls=implicit, users=USERS) as sink:
        with pytest.raises(Permanent, match="certificate"):
            await carrier(sink, scheme=scheme, ssl_context=ssl.create_default_context()).carry(
                parcel(), before_dot=yes
            )
        assert not sink.ledger


async def test_tls_from_the_first_byte_to_a_plain_port_names_the_cure():
    async with SmtpSink() as sink:
        with pytest.raises(Permanent, match=r"smtp\+starttls"):
            await carrier(sink, scheme="smtps").carry(parcel(), before_dot=yes)


async def test_a_wrong_password_is_tried_once_and_names_the_cure():
    async with SmtpSink(users=USERS) as sink:
        with pytest.raises(Permanent, match="UNDERSTUDY_SMTP_PASSWORD"):
            await carrier(sink, password="wrong").carry(parcel(), before_dot=yes)

    assert sink.talks[0].commands.count("AUTH") == 1


@pytest.mark.parametrize(
    "url", ["smtp://mail.example:25", "http://127.0.0.1", "smtps://", "smtp://127.0.0.1:99999"]
)
def test_an_address_we_may_not_use_is_refused_at_once(url):
    with pytest.raises(Permanent):
        SmtpCarrier(url)


async def test_nobody_there_is_worth_another_try():
    async with SmtpSink() as sink:
        gone = carrier(sink, user="")
    with pytest.raises(Transient):
        await gone.carry(parcel(), before_dot=yes)


@pytest.mark.parametrize(
    "recipient",
    ["a@b\r\nRCPT TO:<x@y>", "<script>@x", "a b@c.example", "@c.example", "a@", "a@b@c.example", ""],
)
async def test_what_is_no_address_never_reaches_the_server(recipient):
    async with SmtpSink() as sink:
        with pytest.raises(Permanent, match="address"):
            await carrier(sink, user="").carry(parcel(to=(recipient,)), before_dot=yes)
        assert not any("RCPT" in command for talk in sink.talks for command in talk.commands)


async def test_names_in_any_script_are_carried_where_the_server_can():
    async with SmtpSink() as sink:
        await carrier(sink, user="").carry(parcel(to=("zoë@bücher.example",)), before_dot=yes)

    assert sink.ledger[0].recipients == ("zoë@xn--bcher-kva.example",)
    assert any(command.endswith("SMTPUTF8") for command in sink.talks[0].commands)


async def test_the_doctor_may_knock():
    async with SmtpSink(users=USERS) as sink:
        await carrier(sink).check()
        with pytest.raises(Permanent):
            await carrier(sink, password="wrong").check()
    assert not sink.ledger


async def test_proof_of_sending_is_sought_in_the_sent_folder():
    class Sent:
        async def find(self, message_id: str) -> str | None:
            return "in the Sent folder" if message_id == "<x@studio.example>" else None

    async with SmtpSink() as sink:
        assert await carrier(sink, sent=Sent()).find(parcel()) == "in the Sent folder"
        assert await carrier(sink).find(parcel()) is None
