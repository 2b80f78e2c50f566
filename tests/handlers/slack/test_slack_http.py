"""HTTP mode: nothing unsigned is parsed, nothing malformed makes a noise, everything signed works as on the socket."""

import hashlib
import hmac
import io
import json
import time
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_house import Clock, slack_house
from slack_questions import STAMP

from bot.questions import Press
from handlers.rehearsal.slack_server import served
from handlers.slack import ids
from handlers.slack.http import SlackEndpoint, _parsed
from handlers.slack.values import Unreadable, value_of

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def signed(body: bytes, *, at: int | None = None, secret: str = SECRET) -> dict[str, str]:
    stamp = str(at if at is not None else int(time.time()))
    signature = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": "v0=" + signature}


async def post(address: str, body: bytes, headers: dict[str, str], kind: str = JSON) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            address + "/slack/events", data=io.BytesIO(body), headers={"Content-Type": kind, **headers}
        ) as answer,
    ):
        return answer.status, await answer.text()


async def test_the_challenge_is_answered():
    async with slack_house() as house, served(SlackEndpoint(house.app, SECRET, Clock())) as address:
        body = json.dumps({"type": "url_verification", "challenge": "abc", "token": "t"}).encode()

        assert await post(address, body, signed(body)) == (200, '{"challenge": "abc"}')


def event(**changes) -> bytes:
    said = {
        "type": "message",
        "channel": "C0CLIENT01",
        "user": "U0BEN00001",
        "text": "Hi",
        "ts": "1700000000.000100",
    }
    return json.dumps({"type": "event_callback", "team_id": "T1", "event": said | changes}).encode()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Slack-Request-Timestamp": "now", "X-Slack-Signature": "v0=1"},
        {"X-Slack-Request-Timestamp": "９９", "X-Slack-Signature": "v0=é"},
        {"X-Slack-Request-Timestamp": "-5", "X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": "9" * 400, "X-Slack-Signature": "v0="},
        signed(event(), secret="another"),
        signed(event(), at=int(time.time()) - 4000),
        signed(event(), at=int(time.time()) + 4000),
        signed(b"other"),
    ],
)
async def test_a_bad_signature_is_turned_away_before_anything_is_read(headers):
    async with slack_house() as house, served(SlackEndpoint(house.app, SECRET, Clock())) as address:
        headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}

        assert (await post(address, event(), headers))[0] == 401
        assert (await post(address, b"\xff\xfe not json", headers))[0] == 401
        assert not house.door.arrived


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[1,2]", b"{}", b"\xff\xfe", b"not json", b'{"type":"event_callback"}',
        b'{"type":"event_callback","event":[]}', b'{"type":"event_callback","event":{}}', b'{"type":"url_verification"}',
        b'{"type":"block_actions","user":{"id":"U1"},"actions":[]}', b'{"type":"block_actions","user":"U1","actions":[{}]}',
        b'{"type":"view_submission","user":{"id":"U1"}}', b'{"type":"nonsense"}', b"[" * 100_000,
    ],
)  # fmt: skip
async def test_a_signed_but_malformed_request_is_a_bad_request_and_leaves_no_traceback(body, caplog):
    async with slack_house() as house, served(SlackEndpoint(house.app, SECRET, Clock())) as address:
        for kind in (JSON, FORM):
            sent = body if kind == JSON else urlencode({"payload": body.decode("latin-1")}).encode()
            assert (await post(address, sent, signed(sent), kind))[0] == 400

        assert not [record for record in caplog.records if record.exc_info]


async def test_a_body_beyond_a_megabyte_is_refused():
    async with slack_house() as house, served(SlackEndpoint(house.app, SECRET, Clock())) as address:
        body = event(text="x" * 1_100_000)

        assert (await post(address, body, signed(body)))[0] == 413


async def test_an_event_a_press_and_a_command_are_taken():
    async with slack_house() as house, served(SlackEndpoint(house.app, SECRET, Clock())) as address:
        said = event()
        press = {
            "type": "block_actions",
            "user": {"id": "U0DAN00001", "team_id": "T9"},
            "actions": [
                {
                    "action_id": ids.PRESSES[Press.SEND],
                    "block_id": ids.BUTTONS,
                    "type": "button",
                    "value": value_of(STAMP),
                }
            ],
            "trigger_id": "1.2.3",
            "container": {"type": "message", "channel_id": "C1", "message_ts": "1.1"},
        }
        pressed = urlencode({"payload": json.dumps(press)}).encode()
        asked = urlencode(
            {"command": "/understudy", "text": "queue", "user_id": "U1", "team_id": "T1"}
        ).encode()

        assert (await post(address, said, signed(said)))[0] == 200
        assert (await post(address, pressed, signed(pressed), FORM))[0] == 200
        status, answer = await post(address, asked, signed(asked), FORM)

        assert len(house.door.arrived) == 1
        assert (house.door.asked_for[-1].by, house.door.asked_for[-1].team) == ("U0DAN00001", "T9")
        assert status == 200 and "You said queue" in answer


async def test_an_event_that_cannot_be_written_down_is_not_acknowledged():
    async with slack_house() as house, served(SlackEndpoint(house.app, SECRET, Clock())) as address:
        house.door.trouble = RuntimeError("locked")
        said = event()

        status, answer = await post(address, said, signed(said))

        assert status == 500 and "locked" not in answer


@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)),
    st.sampled_from([JSON, FORM, "", "text/plain"]),
)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_no_body_breaks_the_parser(body, kind):
    try:
        text, parsed = _parsed(body, kind)
    except Unreadable:
        return
    assert isinstance(parsed, dict) and isinstance(text, str)
