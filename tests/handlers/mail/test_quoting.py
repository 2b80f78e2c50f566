"""New words, quoted words and signatures of replies, as mail programs write them."""

import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import mail_corpora
from handlers.mail.quoting import SplitText, split_reply

OLD = "Shall we meet on Tuesday at ten in the office?\nPlease bring the contract we talked about."

ATTRIBUTIONS = [
    "On Wed, Oct 14, 2023 at 8:20 AM Ann Lee <ann@client.example> wrote:",
    "On 25 Oct 2023, at 11:43, Ann Lee <ann@client.example> wrote:",
    "On 10/14/23 08:20, Ann Lee wrote:",
    "---- On Wed, 14 Oct 2023 08:20:00 +0200 Ann Lee <ann@client.example> wrote ----",
    "Am Mi., 14. Okt. 2023 um 08:20 Uhr schrieb Ann Lee <ann@client.example>:",
    "Am 14.10.23 um 08:20 schrieb Ann Lee:",
    "Le mer. 14 oct. 2023 à 08:20, Ann Lee <ann@client.example> a écrit :",
    "El mié, 14 oct 2023 a las 8:20, Ann Lee (<ann@client.example>) escribió:",
    "Em qua., 14 de out. de 2023 às 08:20, Ann Lee <ann@client.example> escreveu:",
    "Il giorno mer 14 ott 2023 alle ore 08:20 Ann Lee <ann@client.example> ha scritto:",
    "Op wo 14 okt. 2023 om 08:20 schreef Ann Lee <ann@client.example>:",
    "Op 14-okt.-2023, om 08:20 heeft Ann Lee <ann@client.example> het volgende geschreven:",
    "Den ons 14 okt. 2023 kl 08:20 skrev Ann Lee <ann@client.example>:",
    "ke 14. lokak. 2023 klo 8.20 Ann Lee (ann@client.example) kirjoitti:",
    "śr., 14 paź 2023 o 08:20 Ann Lee <ann@client.example> napisał(a):",
    "W dniu 14.10.2023 o 08:20, Ann Lee pisze:",
    "Dne st 14. 10. 2023 8:20 uživatel Ann Lee <ann@client.example> napsal:",
    "Ann Lee <ann@client.example> ezt írta (időpont: 2023. okt. 14., Sze, 8:20):",
    "În mie., 14 oct. 2023 la 08:20, Ann Lee <ann@client.example> a scris:",
    "ср, 14 окт. 2023 г. в 08:20, Ann Lee <ann@client.example>:",
    "14.10.2023 08:20, Ann Lee пишет:",
    "ср, 14 жовт. 2023 р. о 08:20 Ann Lee <ann@client.example> пише:",
    "Ann Lee <ann@client.example>, 14 Eki 2023 Çar, 08:20 tarihinde şunu yazdı:",
    "Στις Τετ 14 Οκτ 2023 στις 8:20 π.μ., ο χρήστης Ann Lee <ann@client.example> έγραψε:",
    "Ann Lee <ann@client.example> 于2023年10月14日周三 08:20写道：",
    "2023年10月14日(水) 8:20 Ann Lee <ann@client.example>:",
    "2023년 10월 14일 (수) 오전 8:20, Ann Lee <ann@client.example>님이 작성:",
    "\u202bבתאריך יום ד׳, 14 באוק׳ 2023 ב-8:20 מאת \u202aAnn Lee\u202c\u200f <\u202aann@client.example\u202c\u200f>:\u202c",
    "Vào Th 4, 14 thg 10, 2023 vào lúc 08:20 Ann Lee <ann@client.example> đã viết:",
]

HEADER_BLOCKS = [
    "From: Ann Lee <ann@client.example>\nSent: Wednesday, 14 October 2023 08:20\nTo: Owner\nSubject: Tuesday",
    "*From:* Ann Lee [mailto:ann@client.example]\n*Sent:* Wednesday\n*To:* Owner\n*Subject:* Tuesday",
    "Von: Ann Lee\nGesendet: Mittwoch, 14. Oktober 2023 08:20\nAn: Inhaber\nBetreff: Dienstag",
    "De : Ann Lee <ann@client.example>\nEnvoyé : mercredi 14 octobre 2023 08:20\nÀ : Patron\nObjet : Mardi",
    "Od: Ann Lee\nWysłano: środa, 14 października 2023 08:20\nDo: Szef\nTemat: Wtorek",
    "Lähettäjä: Ann Lee\nLähetetty: keskiviikko 14. lokakuuta 2023 8.20\nVastaanottaja: Omistaja\nAihe: Tiistai",
    "发件人: Ann Lee <ann@client.example>\n发送时间: 2023年10月14日 8:20\n收件人: Owner\n主题: 周二",
    "差出人: Ann Lee <ann@client.example>\n送信日時: 2023年10月14日 8:20\n宛先: Owner\n件名: 火曜日",
    "-----Ursprüngliche Nachricht-----\nVon: Ann Lee",
    "-------- Message d'origine --------\nDe : Ann Lee <ann@client.example>",
    "----- Original Message -----",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("mark", ["> ", ""], ids=["marked", "unmarked"])
def test_an_attribution_and_what_it_quotes_are_cut_in_any_language(attribution: str, mark: str) -> None:
    quote = "\n".join(mark + line for line in OLD.split("\n"))

    split = split_reply(f"Tuesday is fine.\nSee you there.\n\n{attribution}\n\n{quote}\n")

    assert split.visible == "Tuesday is fine.\nSee you there."
    assert "contract" in split.quoted
    assert not split.doubtful


@pytest.mark.parametrize("attribution", [line for line in ATTRIBUTIONS if " <" in line])
def test_an_attribution_wrapped_at_its_address_is_still_one(attribution: str) -> None:
    wrapped = attribution.replace(" <", "\n<", 1)

    split = split_reply(f"Fine.\n\n{wrapped}\n> {OLD.splitlines()[0]}\n")

    assert split.visible == "Fine."


@pytest.mark.parametrize("block", HEADER_BLOCKS)
def test_below_a_header_block_everything_is_older_mail(block: str) -> None:
    split = split_reply(f"Tuesday is fine.\n\n________________________________\n{block}\n\n{OLD}\n")

    assert split.visible == "Tuesday is fine."
    assert split.quoted.startswith("_")


def test_answers_between_quoted_lines_stay_visible() -> None:
    split = split_reply(
        "On 3 May 2024, at 10:30, Ann <ann@client.example> wrote:\n\n"
        "> When can you come?\n\nOn Tuesday.\n\n> And who pays?\n>\n> Ann\n\nWe do.\n"
    )

    assert split.visible.split() == ["On", "Tuesday.", "We", "do."]


def test_words_below_the_quote_stay_visible() -> None:
    split = split_reply("On 05/23/2016 08:15 AM, Ann Lee wrote:\n\n> Shall we?\nYes, let us.\n")

    assert split.visible == "Yes, let us."


def test_the_wrapped_end_of_a_quoted_line_is_quoted_too() -> None:
    long = "> The delivery of the new chairs was promised for the first week of"

    split = split_reply(f"Really?\n\nOn 3 May 2024 at 10:30 Ann <a@b.example> wrote:\n{long}\nJune.\n> Ann\n")

    assert split.visible == "Really?"
    assert split.doubtful, "that the line was wrapped is a guess"


def test_a_line_shared_by_an_answer_and_an_attribution_is_broken() -> None:
    split = split_reply("fine On Tue, May 7, 2019 at 4:12 PM, ann@client.example wrote:\n> Tuesday?\n")

    assert split.visible == "fine"


@pytest.mark.parametrize(
    "text",
    [
        "Can you plan this?\n\nFrom: London\nTo: Paris\nDate: 3 May at 10:30\n\nThank you",
        "On Tuesday we moved.\nOn what day can you come?",
        "I sent it on 12/5 to bob@client.example:\nthe whole folder.",
        "Reasons:\n-- price\n-- date\n\nWhat do you say?",
        "All times are fine:\n2023-06-02 11:45:10\n02.06.2023 11:45\nJun 2, 2023 at 11:45",
        "The picture was sent from my phone to the printer.",
        "Sent from my garden, where it rains.",
    ],
)
def test_words_that_only_look_like_a_clients_stay(text: str) -> None:
    assert split_reply(text) == SplitText(text, "", doubtful=False)


def test_a_contact_form_that_opens_with_a_header_block_keeps_its_words() -> None:
    text = "From: Ann Lee <ann@client.example>\nSubject: Chairs\n\nMessage Body:\nWhat do six cost?"

    split = split_reply(text)

    assert split.visible == text
    assert split.doubtful


def test_a_postscript_is_no_signature() -> None:
    text = "Fine.\n\nBest regards\nAnn\n\nPS: bring the keys"

    assert split_reply(text).visible == text


def test_a_single_marked_line_that_nothing_explains_stays_and_is_doubtful() -> None:
    split = split_reply("Please change our order:\n> 50 chairs instead of 40\nThank you")

    assert "> 50 chairs" in split.visible
    assert split.doubtful


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("Fine.\n\n-- \nAnn Lee\nClient Ltd", "--"),
        ("Fine.\n\nSent from my iPhone", "Sent from my iPhone"),
        ("Passt.\n\nVon meinem iPhone gesendet", "iPhone"),
        ("Fine.\n\n-Ann Lee", "-Ann Lee"),
        ("Fint.\n\nVenlig hilsen\nSøren", "Søren"),
        ("Fine.\n\n_____________\nclients mailing list\nhttp://lists.example/clients", "mailing list"),
    ],
)
def test_a_certain_signature_is_kept_apart(text: str, signature: str) -> None:
    split = split_reply(f"{text}\n\nOn 3 May 2024 at 10:30 Bob <bob@us.example> wrote:\n> Well?\n")

    assert len(split.visible.split()) == 1
    assert signature in split.signature


def test_unmarked_words_of_the_answered_message_are_recognised() -> None:
    parent = f"Hello Ann,\n\n{OLD}\n\nBob"

    rewrapped = OLD.replace(" at ", "\nat ")

    split = split_reply(f"Two answers:\n\n{rewrapped}\nWednesday is better.\n", parent=parent)

    assert split.visible == "Two answers:\nWednesday is better."


def test_answers_inside_an_unmarked_quote_of_ours_are_found() -> None:
    first, second = OLD.split("\n")

    split = split_reply(f"{HEADER_BLOCKS[0]}\n\n{first}\nNo, on Wednesday.\n{second}\nI will.\n", parent=OLD)

    assert split.visible == "No, on Wednesday.\nI will."
    assert split.doubtful


ATTRIBUTION = "On Mon, Jan 6, 2025 at 10:00 AM Bob &lt;bob@us.example&gt; wrote:"
PAGES = {
    "gmail": f'<div dir="ltr">Yes.</div><div class="gmail_quote"><div class="gmail_attr">{ATTRIBUTION}</div>'
    '<blockquote class="gmail_quote">Old</blockquote></div>',
    "apple": f'<body>Yes.<div><blockquote type="cite"><div>{ATTRIBUTION}</div><div>Old</div></blockquote></div>',
    "outlook on the web": '<div>Yes.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Fra:</b> Bob<br>'
    "<b>Sendt:</b> mandag<br></div><div>Old</div>",
    "outlook": '<p>Yes.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>From:</b> Bob<br><b>Sent:</b> '
    "Monday<br><b>To:</b> Ann</p></div><p>Old</p>",
    "yahoo": f'<div>Yes.</div><div id="ydp1yahoo_quoted_1" class="ydp1yahoo_quoted"><div>{ATTRIBUTION}</div>Old</div>',
    "thunderbird": '<p>Yes.</p><div class="moz-cite-prefix">Am 06.01.25 um 10:00 schrieb Bob:</div>'
    '<blockquote type="cite" cite="mid:1@us.example">Old</blockquote>',
    "zimbra": '<div>Yes.</div><hr id="zwchr" data-marker="__DIVIDER__"><div><b>De: </b>Bob</div><div>Old</div>',
    "proton": f'<div>Yes.</div><div class="protonmail_quote">{ATTRIBUTION}<blockquote type="cite">Old</blockquote></div>',
    "gmx": '<div>Yes.</div><div name="quote"><div><b>Gesendet:</b> Montag</div>Old</div>',
    "an unknown client": f"<div>Yes.</div><div>{ATTRIBUTION}</div><blockquote>Old</blockquote>",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_quote_containers_of_html_clients_are_cut(page: str) -> None:
    split = split_reply("", html=page)

    assert split.visible == "Yes."
    assert split.quoted.endswith("Old")


def test_answers_between_gmails_block_quotes_stay_visible() -> None:
    quote = '<blockquote class="gmail_quote">'

    split = split_reply(
        "",
        html=f'<div class="gmail_quote"><div class="gmail_attr">{ATTRIBUTION}</div>{quote}One?</blockquote>'
        f"<div>First.</div>{quote}Two?</blockquote><div>Second.</div></div>",
    )

    assert split.visible == "First.\nSecond."


def test_a_block_quote_that_may_be_the_writers_own_is_cut_with_doubt() -> None:
    split = split_reply("", html="<p>My favourite:</p><blockquote>Tyger tyger</blockquote><p>Nice?</p>")

    assert split.quoted == "Tyger tyger"
    assert split.doubtful


def test_html_decides_only_where_plain_text_shows_no_quote() -> None:
    html = PAGES["gmail"]

    assert split_reply("Yes.\n\n> Old\n> older", html=html).visible == "Yes."
    assert split_reply("Yes.\nOld", html=html).visible == "Yes."


PIECES = [
    *ATTRIBUTIONS[:6], *HEADER_BLOCKS[:3], "> quoted", ">> deeper", "> On 3 May 2020 at 10:30 Ann wrote:", "--", "-- ", "words",
    "Sent from my iPhone", "Best regards", "Ann", "____", "---------- Forwarded message ---------", "From: a@b.example", "To: c",
    "fine On 3 May 2020 10:30, a@b.example wrote:", "<", "On 3 May 2020 10:30 Ann", "wrote:", "", "", "\ufeff", "\t x", "-Ann",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=25),
    st.none() | st.lists(st.sampled_from(PIECES), max_size=8),
)
def test_no_word_is_lost_or_said_twice(lines: list[str], parent: list[str] | None) -> None:
    text = "\n".join(lines)

    split = split_reply(text, parent=None if parent is None else "\n".join(parent))

    assert sorted(f"{split.visible} {split.quoted} {split.signature}".split()) == sorted(text.split())


HOSTILE = {
    "leads": "On " * 8000,
    "newlines": "\n" * 30_000,
    "labels": "From: x\n" * 4000,
    "addressed labels": "From: a@b.example x: y To: z\n" * 4000,
    "marks": ">" * 100_000,
    "marked lines": ">\n" * 50_000,
    "halves of attributions": "On 3 May 2020 10:30 a@b.example\n" * 5000,
    "attributions": "On 3 May 2020 10:30 Ann <a@b.example> wrote:\n" * 5000,
    "shared lines": "x On 3 May 10:30 a@b.example wrote:\n> q\n" * 5000,
    "colons": ":" * 100_000,
    "brackets": "(<" * 40_000,
    "at signs": "a@" * 50_000,
    "dashes": "--\n" * 30_000,
    "answers": "> a b c\nanswer\n" * 20_000,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_split_at_once(text: str) -> None:
    split = split_reply(text, parent=text[:20_000])

    assert len(f"{split.visible} {split.quoted} {split.signature}".split()) == len(text.split())


def steps(text: str) -> int:
    """Calls made while splitting: a measure that no busy machine disturbs."""
    count = 0

    def seen(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        split_reply(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_twice_the_text_takes_about_twice_the_steps(text: str) -> None:
    part = text[: len(text) // 8]

    assert steps(part + part) < 2.5 * steps(part) + 200


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "html", ["<blockquote>" * 5000 + "x", '<div class="gmail_quote">a</div>' * 5000, "<hr>" * 20_000]
)
def test_hostile_html_is_split_at_once(html: str) -> None:
    assert len(split_reply("", html=html).visible) < len(html)


def need_corpora() -> None:
    if mail_corpora.corpora() is None:
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail("the mail corpora are required and not here; set UNDERSTUDY_CORPORA")
        pytest.skip("the mail corpora are not here; set UNDERSTUDY_CORPORA")


def test_plain_replies_that_nobody_here_wrote_are_split() -> None:
    need_corpora()

    score = mail_corpora.reply_plain()

    assert score.rate >= 0.93, str(score)
    assert all(score.passed[source] >= 0.85 * total for source, total in score.total.items()), str(score)


def test_html_replies_that_nobody_here_wrote_are_split() -> None:
    need_corpora()

    score = mail_corpora.reply_html()

    assert score.rate >= 0.9, str(score)
