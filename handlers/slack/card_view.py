"""A question drawn as a card: what it is and who, their words, the whole reply, why it is here, the buttons."""

from bot.questions import CardKind, CardLook, Press, Question
from handlers.slack import blocks, buttons, limits
from handlers.slack.blocks import Block, Drawn, bullets, emoji, line, rich, t
from handlers.slack.reply_view import CLOSED, ReplyParts, reply_parts
from handlers.slack.words import one_line, visible

_SIGN = {
    CardKind.REPLY: "envelope",
    CardKind.JUDGMENT: "scales",
    CardKind.NOTICE: "information_source",
    CardKind.DELIVERY_UNKNOWN: "grey_question",
    CardKind.DELIVERY_FAILED: "warning",
    CardKind.TROUBLE: "wrench",
}
_LOOK_SIGN = {
    CardLook.SETTLED: "white_check_mark",
    CardLook.RETIRED: "arrows_counterclockwise",
    CardLook.SNOOZED: "zzz",
}
_ASKED_AT_LEAST = 1_200
_NOT_AGAIN = "It has not been sent again and will not be unless you say so."


def card(question: Question) -> Drawn:
    """The message that asks. A reply too long for it is shown in part, says so, and Send opens it whole first."""
    top = [*_heading(question), *_their_subject(question)]
    bottom = [*_facts(question), *_findings(question), *_reasons(question), *_end(question)]
    room = limits.CARD_TEXT - weight(top) - weight(bottom) - _around_asked(question)
    reply = reply_parts(question, room=room - min(limits.cost(question.asked), _ASKED_AT_LEAST))
    asked = _asked(question, room=room - weight(reply.blocks))
    return Drawn(
        blocks.fallback(question.title, _plainly(question), question.subject),
        [*top, *asked, *_decision(question), *reply.blocks, *bottom, *_buttons(question, reply)],
    )


def weight(drawn: list[Block]) -> int:
    """What Slack may count of these blocks' text."""
    total = 0
    for block in drawn:
        for key, value in block.items():
            if isinstance(value, dict):
                total += weight([value])
            elif isinstance(value, list):
                total += weight([v for v in value if isinstance(v, dict)])
            elif key in {"text", "fallback"} and isinstance(value, str):
                total += limits.cost(value)
    return total


def _heading(question: Question) -> list[Block]:
    who = question.who
    sign = emoji(_LOOK_SIGN.get(question.look, _SIGN[question.kind]))
    pieces = [sign, t(" "), t(limits.clipped(one_line(question.title), 200), "bold")]
    small: list[str] = []
    if who:
        pieces += [t(" · "), t(limits.clipped(one_line(who.name), 120), "bold"), t(_address(question))]
        if not who.verified:
            pieces += [t(" · "), t("sender not verified", "bold")]
        small = [
            limits.clipped(one_line(who.client), 120),
            who.tier,
            f"client since {who.since:%B %Y}" if who.since else "",
            f"last contact {who.last_contact:%-d %B %Y}" if who.last_contact else "",
        ]
    small.append(f"held by {one_line(question.holder)}" if question.holder else "")
    drawn = [rich(line(*pieces))]
    if text := " · ".join(s for s in small if s):
        drawn.append(blocks.context(limits.clipped(text, 500)))
    if who and who.read_as:
        drawn.append(
            blocks.context(
                limits.clipped(f"I read this as from {one_line(who.name)} ({one_line(who.read_as)}).", 400)
            )
        )
    if who and who.flags:
        drawn.append(_warnings([limits.clipped(one_line(flag), 300) for flag in who.flags[:4]]))
    return drawn


def _address(question: Question) -> str:
    if not question.who or not question.who.address:
        return ""
    address = limits.clipped(one_line(question.who.address), 330)
    return f" <{address}>" if question.who.name else f" {address}"


def _plainly(question: Question) -> str:
    who = question.who
    if not who:
        return ""
    return f"{who.name}{_address(question)}{'' if who.verified else ' (not verified)'}".strip()


def _their_subject(question: Question) -> list[Block]:
    if not question.subject:
        return []
    return [rich(line(t("Subject: ", "bold"), t(limits.clipped(one_line(question.subject), 400))))]


def _around_asked(question: Question) -> int:
    """Room kept for the lines about their words."""
    return 900 if question.asked or question.files or question.cut else 0


def _asked(question: Question, *, room: int) -> list[Block]:
    drawn: list[Block] = []
    asked = visible(question.asked).strip("\n")
    if asked:
        shown = limits.clipped(asked, max(room, _ASKED_AT_LEAST // 2))
        parts = limits.paged(shown, limits.SECTION)
        drawn.append(rich(line(t("They wrote", "bold")), blocks.quote(parts[0])))
        drawn += [rich(blocks.quote(part)) for part in parts[1:]]
        if shown != asked:
            drawn.append(blocks.context("There is more of it than fits here: see the original, whole."))
    small = [
        f"Came with: {limits.clipped(', '.join(one_line(f) for f in question.files), 300)}"
        if question.files
        else "",
        f"Left out here: {limits.clipped(one_line(question.cut), 300)}" if question.cut else "",
    ]
    if any(small):
        drawn.append(blocks.context(*small))
    return drawn


def _decision(question: Question) -> list[Block]:
    decide = limits.clipped(one_line(question.decide), 400)
    drawn: list[Block] = []
    if question.mention and question.kind is CardKind.JUDGMENT:
        drawn.append(
            blocks.mentioning(question.mention, "please decide:" if decide else "please have a look.")
        )
        pieces = [t(decide, "bold")]
    else:
        pieces = [t("To decide: ", "bold"), t(decide)]
    if decide:
        drawn.append(rich(line(*pieces)))
    return drawn


def _findings(question: Question) -> list[Block]:
    if not question.findings:
        return []
    first = sorted(question.findings, key=lambda f: not f.blocks)
    items = []
    for finding in first[:6]:
        text = ("must be put right: " if finding.blocks else "") + limits.clipped(one_line(finding.text), 220)
        exact = (
            [t(" — “"), t(limits.clipped(one_line(finding.words), 120), "code"), t("”")]
            if finding.words.strip()
            else []
        )
        items.append(line(emoji("warning"), t(" "), t(text, *(("bold",) if finding.blocks else ())), *exact))
    if len(first) > 6:
        items.append(line(emoji("warning"), t(f" and {len(first) - 6} more, all in Edit")))
    return [rich(*items)]


def _reasons(question: Question) -> list[Block]:
    drawn: list[Block] = []
    if question.why:
        drawn.append(blocks.context(limits.clipped(f"Why it is here: {_joined(question.why)}", 600)))
    if question.relies_on:
        titles = limits.clipped(
            "Relies on: " + " · ".join(one_line(r.title or r.id) for r in question.relies_on), 500
        )
        accessory = None if question.look in CLOSED else buttons.beside(Press.SOURCES, question.stamp)
        drawn.append(blocks.section(titles, accessory=accessory))
    return drawn


def _facts(question: Question) -> list[Block]:
    drawn: list[Block] = []
    notes = [limits.clipped(one_line(note), 500) for note in question.notes[:8]]
    if notes:
        drawn.append(rich(bullets(line(t(limits.clipped(note, 2_400 // len(notes)))) for note in notes)))
    if question.kind is CardKind.DELIVERY_UNKNOWN and question.look is CardLook.OPEN:
        drawn.append(rich(line(t("It may have been delivered. "), t(_NOT_AGAIN, "bold"))))
    return drawn


def _end(question: Question) -> list[Block]:
    drawn: list[Block] = []
    if question.stamp.digest:
        number = f"Card {question.stamp.card} · " if question.stamp.card else ""
        drawn.append(blocks.context(f"{number}Revision {question.stamp.revision} · {question.stamp.digest[:8]}"))
    if question.outcome:
        outcome = limits.clipped(one_line(question.outcome), 400)
        drawn.append(
            rich(line(emoji(_LOOK_SIGN.get(question.look, "speech_balloon")), t(" "), t(outcome, "bold")))
        )
    return drawn


def _buttons(question: Question, reply: ReplyParts) -> list[Block]:
    if question.look in CLOSED:
        return []
    return buttons.row(question.presses, question.stamp, long=reply.long)


def _warnings(texts: list[str]) -> Block:
    return rich(*(line(emoji("warning"), t(" "), t(text)) for text in texts))


def _joined(reasons: tuple[str, ...]) -> str:
    return "; ".join(one_line(reason) for reason in reasons)
