"""Signatures under a message, found by what they say and by their shape."""

import os

import pytest

from benchmarks import mail_corpora
from handlers.mail.signatures import certain_signature, sent_from, split_signature

BODY = "Please send the offer by Friday.\nThe old one is too late."


@pytest.mark.parametrize(
    ("signature", "sender"),
    [
        ("-- \nAnn Lee\nClient Ltd", ""),
        ("--\nThanks!\nAnn", ""),
        ("--\n--\nRegards,\nAnn", ""),
        ("Regards,\nAnn Lee", ""),
        ("Best regards\n\n\nAnn Lee\nHead of Purchasing\nTel: +49 30 1234567\nwww.client.example", ""),
        ("Mit freundlichen Grüßen\nAnn Lee", ""),
        ("Cordialement,\n\nAnn Lee", ""),
        ("С уважением,\nАнна Ли", ""),
        ("Saygılarımla\nAnn Lee", ""),
        ("Thanks,\n\nAnn", ""),
        ("Thanks, AL", "Lee, Ann"),
        ("Ann", "Ann Lee"),
        ("Lee", "Lee  Ann <ann@client.example>"),
        ("Ann Lee\nClient Ltd\n+1 555 010 5566", ""),
        ("- ann", ""),
        ("-Ann.\n\nSent from my phone!", ""),
        ("Sent from my iPhone", ""),
        ("____________________\nAnn Lee\nClient Ltd\ntel: 555-010-7788\nann@client.example", ""),
        ("Sales Desk\n5-0199", ""),
    ],
)
def test_a_signature_is_split_off(signature: str, sender: str) -> None:
    assert split_signature(f"{BODY}\n\n{signature}\n", sender_name=sender) == (BODY, signature)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks",
        "Please call back.\n\nThanks",
        "Please call back.\n\nThank you very much.",
        "Ask Tom",
        "Reasons:\n\n-- the price\n-- the date",
        "Please call Ann Lee at 555 010 5566.",
        "We need:\n\nRed paint 20\nBlue paint 30\nBrushes 4",
        "See the\n\nRevised Price List",
        "Hello\n\nwww.client.example",
        "",
    ],
)
def test_words_that_are_the_message_are_left_alone(text: str) -> None:
    assert split_signature(text, sender_name="Bob Miller") == (text, "")


def test_a_signature_never_takes_the_whole_message() -> None:
    assert split_signature("Regards,\nAnn")[0] == "Regards,\nAnn"


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from my old Nokia phone",
        "Sent from Mail for Windows",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Von meinem iPhone gesendet",
        "Gesendet von Outlook für Android",
        "Envoyé de mon iPhone",
        "Envoyé à partir de Outlook pour iOS",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Wysłane z iPhone'a",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "Надіслано з iPhone",
        "iPhone'umdan gönderildi",
        "iPhoneから送信",
        "发自我的iPhone",
        "나의 iPhone에서 보냄",
        "נשלח מה-iPhone שלי",
    ],
)
def test_what_phones_write_is_known(line: str) -> None:
    assert sent_from(line)


def test_only_certain_signatures_are_certain() -> None:
    assert certain_signature(["Fine.", "", "Ann Lee", "+1 555 010 5566"]) == 4
    assert certain_signature(["Fine.", "", "Regards", "Ann"]) == 2
    assert certain_signature(["Fine.", "", "Regards", "Ann"], closings=False) == 4
    assert certain_signature(["Fine.", "-- ", "Ann"]) == 1


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text", ["--\n" * 30_000, "Ann Lee\n" * 20_000, "> a\nanswer\n" * 20_000, "____\nx@y\n" * 10_000]
)
def test_hostile_text_is_read_at_once(text: str) -> None:
    rest, signature = split_signature(text, sender_name="Ann Lee")

    assert len(f"{rest} {signature}".split()) == len(text.split())


def need_corpora() -> None:
    if mail_corpora.corpora() is None:
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail("the mail corpora are required and not here; set UNDERSTUDY_CORPORA")
        pytest.skip("the mail corpora are not here; set UNDERSTUDY_CORPORA")


def test_signatures_that_nobody_here_wrote_are_found() -> None:
    need_corpora()

    score = mail_corpora.signature()

    assert score.f1 >= 0.85, str(score)
