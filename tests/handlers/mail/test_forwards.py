"""Forwards as mail programs write them: whom the mail really came from, and what the forwarder says about it."""

import os

import pytest

from benchmarks import mail_corpora
from bot.inbound import Person
from handlers.mail.forwards import find_forward
from handlers.mail.people import people_of
from handlers.mail.subjects import Subject, subject_kind

ANN = Person("Ann Lee", "ann@client.example")
OWNER = frozenset({"owner@us.example"})
WORDS = "Can we move the meeting to Tuesday?\n\nAnn"
NOTE = "Say yes, but not before March."

# For each language: the title its clients write above a forward, and From|Date|Subject|To|Cc.
LANGUAGES = {
    "en": ("---------- Forwarded message ---------", "From|Date|Subject|To|Cc"),
    "en lotus": ("----- Forwarded by Owner/US on 14.10.2023 08:20 -----", "From|Date|Subject|To|cc"),
    "de": ("-------- Weitergeleitete Nachricht --------", "Von|Datum|Betreff|An|Kopie (CC)"),
    "de apple": ("Anfang der weitergeleiteten Nachricht:", "Von|Datum|Betreff|An|Kopie"),
    "fr": ("-------- Message transféré --------", "De |Date |Sujet |Pour |Copie à "),
    "fr apple": ("Début du message réexpédié :", "De|Date|Objet|À|Cc"),
    "es": ("---------- Mensaje reenviado ---------", "De|Fecha|Asunto|Para|CC"),
    "pt": ("Início da mensagem reencaminhada:", "De|Data|Assunto|Para|Cc"),
    "it": ("Inizio messaggio inoltrato:", "Da|Data|Oggetto|A|Cc"),
    "nl": ("---------- Doorgestuurd bericht ---------", "Van|Datum|Onderwerp|Aan|Cc"),
    "sv": ("Vidarebefordrat mejl:", "Från|Datum|Ämne|Till|Kopia"),
    "da": ("Start på videresendt besked:", "Fra|Dato|Emne|Til|Kopi"),
    "no": ("-------- Videresendt melding --------", "Fra|Dato|Emne|Til|Kopi"),
    "fi": ("-------- Välitetty viesti / Fwd.Msg --------", "Lähettäjä|Päiväys|Aihe|Vastaanottaja|Kopio"),
    "is": ("-------- Áframsendur póstur --------", "Frá|Dagsetning|Efni|Til|Afrit"),
    "pl": ("Początek przekazywanej wiadomości:", "Od|Data|Temat|Do|DW"),
    "cs": ("-------- Přeposlaná zpráva --------", "Od|Datum|Předmět|Komu|Kopie"),
    "sk": ("-------- Preposlaná správa --- Forwarded Message --------", "Od|Dátum|Predmet|Pre|Kópia"),
    "hu": ("-------- Továbbított üzenet --------", "Feladó|Dátum|Tárgy|Címzett|Másolat"),
    "ro": ("Începe mesajul redirecționat:", "Expeditorul|Dată|Subiectul|Destinatarul|Cc"),
    "hr": ("-------- Proslijeđena poruka --------", "Šalje|Datum|Naslov|Prima|Kopija"),
    "sl": ("-------- Posredovano sporočilo --------", "Od|Datum|Zadeva|Za|Kp"),
    "bg": ("-------- Препратено съобщение --------", "От|Дата|Тема|До|Копие"),
    "ru": ("-------- Перенаправленное сообщение --------", "От|Дата|Тема|Кому|Копия"),
    "uk": ("Початок листа, що пересилається:", "Від|Дата|Тема|Кому|Копія"),
    "el": ("Έναρξη προωθημένου μηνύματος:", "Από|Ημερομηνία|Θέμα|Προς|Κοιν."),
    "tr": ("İleti başlangıcı:", "Kimden|Tarih|Konu|Kime|Bilgi"),
    "et": ("-------- Edastatud kiri --------", "Saatja|Kuupäev|Teema|Adressaat|Koopia"),
    "lv": ("-------- Pārsūtīta ziņa --------", "No|Datums|Temats|Kam|Kopija"),
    "lt": ("-------- Persiųstas laiškas --------", "Nuo|Data|Tema|Kam|Kopija"),
    "he": ("---------- הודעה שהועברה ---------", "מאת|תאריך|נושא|אל|עותק"),
    "ar": ("بدء الرسالة المعاد توجيهها:", "من|التاريخ|الموضوع|إلى|نسخة"),
    "zh": ("---------- 转发的消息 ---------", "发件人|日期|主题|收件人|抄送"),
    "zh tw": ("以下是轉寄的郵件：", "寄件人|日期|主旨|收件人|副本"),
    "ja": ("---------- 転送メッセージ ---------", "差出人|日付|件名|宛先|Cc"),
    "ko": ("---------- 전달된 메시지 ---------", "보낸 사람|날짜|제목|받는 사람|참조"),
    "vi": ("Bắt đầu thư được chuyển tiếp:", "Từ|Ngày|Chủ đề|Đến|Cc"),
}


def block(labels: str) -> list[str]:
    sender, date, subject, to, copy = labels.split("|")
    return [
        f"{sender}: Ann Lee <ann@client.example>",
        f"{date}: 14. 10. 2023 08:20",
        f"{subject}: Tuesday",
        f"{to}: owner@us.example",
        f"{copy}: Bob Fox <bob@client.example>, 'Eve' <eve@client.example>",
    ]


@pytest.mark.parametrize(("title", "labels"), LANGUAGES.values(), ids=LANGUAGES.keys())
@pytest.mark.parametrize("mark", ["", "> "], ids=["plain", "quoted"])
def test_a_forward_is_read_in_any_language(title: str, labels: str, mark: str) -> None:
    forwarded = [title, "", *block(labels), "", *WORDS.split("\n")]
    text = f"{NOTE}\n\n" + "\n".join(mark + line for line in forwarded)

    found = find_forward(text, subject="Fwd: Tuesday", ours=OWNER)

    assert found is not None
    assert found.sender == ANN
    assert found.subject == "Tuesday"
    assert found.date == "14. 10. 2023 08:20"
    assert found.to == (Person("", "owner@us.example"),)
    assert found.cc == (Person("Bob Fox", "bob@client.example"), Person("Eve", "eve@client.example"))
    assert found.text == WORDS
    assert found.note == NOTE


@pytest.mark.parametrize("labels", [labels for _, labels in LANGUAGES.values()])
def test_outlook_writes_no_title_but_a_prefix_in_the_subject(labels: str) -> None:
    text = "\n".join([NOTE, "", "________________________________", *block(labels), "", WORDS])

    found = find_forward(text, subject="WG: Tuesday")

    assert found is not None
    assert (found.sender, found.note, found.text) == (ANN, NOTE, WORDS)


@pytest.mark.parametrize(
    "line",
    [
        'On 14/11/2023 16:05, "Ann Lee" <ann@client.example> wrote:',
        'Am 14/11/2023, 16:05 schrieb "Ann Lee" <ann@client.example>:',
        "Le 14/11/2023 16:05, « Ann Lee » <ann@client.example> a écrit :",
        "Op 14/11/2023 16:05 heeft Ann Lee <ann@client.example> geschreven:",
        "Dnia 14/11/2023, 16:05 użytkownik „Ann Lee” <ann@client.example> napisał:",
        "Ann Lee <ann@client.example> kirjoitti 14/11/2023 16.05:",
        "14/11/2023 16:05 používateľ Ann Lee (<ann@client.example>) napísal:",
    ],
)
def test_outlook_for_the_mac_forwards_below_an_attribution(line: str) -> None:
    text = f"\ufeff{line}\n\n    Can we move?\n    Ann"

    found = find_forward(text, subject="FW: Tuesday")

    assert found is not None
    assert found.sender == ANN
    assert (found.subject, found.text) == ("Tuesday", "Can we move?\n    Ann".replace("    ", ""))
    assert found.date
    assert find_forward(text, subject="Re: Tuesday") is None, "the same words in an answer are a quote"


def test_yahoo_puts_the_whole_block_on_one_line() -> None:
    found = find_forward(
        f'{NOTE}\n   ----- Message transmis ----- De : Ann Lee <ann@client.example>À : "Owner" <owner@us.example>'
        f"Envoyé : mardi 2 novembre 2023, 09:26:50 UTC+1Objet : Tuesday\n {WORDS}"
    )  # fmt: skip

    assert found is not None
    assert (found.sender, found.subject, found.note, found.text) == (ANN, "Tuesday", NOTE, WORDS)
    assert found.date == "mardi 2 novembre 2023, 09:26:50 UTC+1"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Yes.\n\nOn 3 May 2024, at 10:30, Ann Lee <ann@client.example> wrote:\n> Tuesday?", "Re: Tuesday"),
        (
            "Yes.\n\nFrom: Owner <owner@us.example>\nSent: Monday\nTo: Ann\nSubject: Tuesday\n\nWell?",
            "Tuesday",
        ),
        (
            "Yes.\n\nFrom: Owner <owner@us.example>\nSent: Monday\nTo: Ann\nSubject: Tuesday\n\nWell?",
            "RE: Tuesday",
        ),
        (
            "Kyllä.\n\nLähettäjä: Omistaja\nLähetetty: ma\nVastaanottaja: Ann\nAihe: Tiistai\n\nNo?",
            "VS: Tiistai",
        ),
        (
            "Yes.\n\nOn 3 May 2024, at 10:30, Bob wrote:\n> ----- Forwarded message -----\n> From: a@b.example",
            "Re: x",
        ),
        ("> one\n> two\n>\n> From: a@b.example\n> Subject: x\n> To: c@d.example", "x"),
        ("See the forwarded message below.\nThanks", "Fwd: x"),
        ("From: London\nTo: Paris\nDate: 3 May\n\nCan you plan this?", "Trip"),
        ("", ""),
    ],
)
def test_an_answer_or_a_list_is_no_forward(text: str, subject: str) -> None:
    assert find_forward(text, subject=subject, ours=OWNER) is None


def test_a_forward_of_a_forward_is_opened_until_the_sender_is_a_client() -> None:
    inner = "\n".join(
        ["---------- Forwarded message ---------", *block("From|Date|Subject|To|Cc"), "", WORDS]
    )
    text = (
        f"{NOTE}\n\nBegin forwarded message:\n\nFrom: Dana <dana@us.example>\nDate: Monday\nSubject: Fwd: Tuesday\n"
        f"To: owner@us.example\n\nFor you.\n\n{inner}"
    )

    assert find_forward(text, ours=OWNER | {"DANA@us.example"}) == find_forward(
        f"{NOTE}\n\nFor you.\n\n{inner}", ours=OWNER
    )
    outer = find_forward(text, ours=OWNER)
    assert outer is not None
    assert outer.sender == Person("Dana", "dana@us.example")
    assert inner in outer.text


def test_our_own_mail_forwarded_with_the_clients_below_it_is_the_clients() -> None:
    text = (
        f"{NOTE}\n\n---------- Forwarded message ---------\nFrom: Owner <owner@us.example>\nDate: Monday\nSubject: Re: Tuesday\n"
        "To: ann@client.example\n\nLet me look.\n\nOn 3 May 2024, at 10:30, Ann Lee <ann@client.example> wrote:\n\n> Can we move?"
    )

    found = find_forward(text, ours=OWNER)

    assert found is not None
    assert found.sender == ANN
    assert found.text == "Can we move?"
    assert found.note == NOTE, "what we once answered is no instruction"


def test_what_stands_below_a_quoted_forward_is_not_the_clients() -> None:
    found = find_forward(
        f"{NOTE}\n\nBegin forwarded message:\n\n> From: ann@client.example\n> To: us\n>\n> Hello\n\nBye"
    )

    assert found is not None
    assert found.text == "Hello"


def test_a_forward_without_a_header_block_has_no_sender() -> None:
    found = find_forward("Begin forwarded message:\nHello")

    assert found is not None
    assert (found.sender, found.text) == (None, "Hello")


def test_html_is_read_where_there_is_no_plain_text() -> None:
    found = find_forward(
        "",
        html=f'{NOTE}<div><blockquote type="cite"><div>Begin forwarded message:</div><br><div><b>From: </b>Ann Lee '
        "&lt;ann@client.example&gt;</div><div><b>Subject: </b>Tuesday</div><div><b>Date: </b>14 October</div><div><b>To: </b>Owner"
        "</div><br><div>Can we move?</div></blockquote></div>",
    )

    assert found is not None
    assert (found.sender, found.note, found.text) == (ANN, NOTE, "Can we move?")


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("Ann Lee <ann@client.example>", [ANN]),
        (
            "Lee, Ann <ann@client.example>, bob@client.example",
            [("Lee, Ann", ANN.address), ("", "bob@client.example")],
        ),
        (
            "ann@client.example <ann@client.example>; Bob <b@c.example>",
            [("", ANN.address), ("Bob", "b@c.example")],
        ),
        ("\"'Ann'\" <ann@client.example>", [("Ann", ANN.address)]),
        ("Ann Lee [mailto:ann@client.example]", [ANN]),
        ("Ann Lee<mailto:ann@client.example>", [ANN]),
        ("Ann Lee <ann@client.example<mailto:ann@client.example>> on behalf of desk@client.example", [ANN]),
        ("Ann Lee (ann@client.example)", [ANN]),
        ("Lee, Ann; Bob Fox", [("Lee, Ann", ""), ("Bob Fox", "")]),
        ("<ann@client.example>", [("", ANN.address)]),
        ("", []),
    ],
)
def test_people_are_read_as_clients_print_them(value: str, people: list[Person | tuple[str, str]]) -> None:
    wanted = tuple(one if isinstance(one, Person) else Person(*one) for one in people)

    assert people_of(value) == wanted


@pytest.mark.parametrize(
    ("subject", "kind", "rest"),
    [
        ("WG: Angebot", Subject.FORWARD, "Angebot"),
        ("TR : Devis", Subject.FORWARD, "Devis"),
        ("Fwd: Re: x", Subject.FORWARD, "Re: x"),
        ("转发：报价", Subject.FORWARD, "报价"),
        ("İLT: teklif", Subject.FORWARD, "teklif"),
        ("AW: WG: x", Subject.REPLY, "WG: x"),
        ("Re[2]: x", Subject.REPLY, "x"),
        ("Offer: 3 chairs", Subject.PLAIN, "Offer: 3 chairs"),
        ("", Subject.UNKNOWN, ""),
    ],
)
def test_the_first_prefix_of_a_subject_counts(subject: str, kind: Subject, rest: str) -> None:
    assert subject_kind(subject) == (kind, rest)


HOSTILE = {
    "titles": "---- Forwarded message ----\n" * 10_000,
    "labels": "From: a@b.example\nTo: c\nSubject: d\n\n" * 5000,
    "halves of attributions": "On 3 May 2020 10:30 a@b.example\n" * 5000,
    "copies": ("To: x\n" + "Bcc: y\n" * 39) * 100,
    "brackets": "From: " + "<a" * 50_000,
    "marks": ">" * 100_000,
    "deep": "".join(">" * depth + "From: a@b.example\n" for depth in range(300)),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_read_at_once(text: str) -> None:
    found = find_forward(text, subject="FW: x", ours=frozenset({"a@b.example"}))

    assert found is None or len(found.text) <= len(text)


def need_corpora() -> None:
    if mail_corpora.corpora() is None:
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail("the mail corpora are required and not here; set UNDERSTUDY_CORPORA")
        pytest.skip("the mail corpora are not here; set UNDERSTUDY_CORPORA")


def test_forwards_that_nobody_here_wrote_are_read() -> None:
    need_corpora()

    score = mail_corpora.forward()

    assert score.rate >= 0.97, str(score)
