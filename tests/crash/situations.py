"""The stories that pass the house's transitions, each told from outside; every one can be told again after a crash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.questions import Press
from tests.crash.outside import text_of
from tests.crash.town import Town

SCHEDULING = "Hi,\n\ncould we find a time for a call next week? Half an hour is enough.\n\nBest\nKim"
QUESTION = "Hello,\n\ncould you tell me which files I get at the end, and in which formats?\n\nKind regards\nKim"
HOUR = 3600.0


@dataclass(frozen=True)
class Situation:
    """`starts`: what it passes lies in the start itself, so the house is started for it."""

    play: Callable[[Town], Awaitable[None]]
    starts: bool = False
    settings: Callable[[Town], Awaitable[dict[str, str]]] | None = None
    """What the house is set up with for it, as environment."""

    @property
    def name(self) -> str:
        return self.play.__name__


async def approved(town: Town) -> None:
    mail = await town.world.write(QUESTION)
    await town.press(Press.SEND, mail.token)
    await town.left(mail)


async def edited_forward(town: Town) -> None:
    """The owner forwards a client's mail with a note, and rewrites the draft."""
    owner = town.world.sample.owner
    number = len(town.world.sent) + 1
    inner = (
        "Please take this one.\n\n---------- Forwarded message ---------\n"
        f"From: Client Number{number} <ok.{number}@c{number}.example>\nDate: Mon, 3 Nov 2025 at 09:12\n"
        f"Subject: A sign for the door\nTo: {owner.name} <{owner.email}>\n\n\nCould you make a small sign?\n\nKim\n"
    )
    mail = await town.world.write(inner, subject="Fwd: A sign for the door", sender=owner.email)
    mail.address = f"ok.{number}@c{number}.example"
    mail.token = f"<{mail.address}>"
    await town.press(Press.EDIT, mail.token, entry=f"Dear Kim,\n\nyes, gladly ({mail.address}).\n\nMaren")
    await town.left(mail)


async def redone(town: Town) -> None:
    mail = await town.world.write(QUESTION)
    await town.press(Press.REDO, mail.token, entry="Shorter, please.")
    await town.press(Press.SEND, mail.token)
    await town.left(mail)


async def put_off(town: Town) -> None:
    mail = await town.world.write(QUESTION)
    await town.press(Press.LATER, mail.token, entry="1h", done=lambda card: "Put off by" in text_of(card.blocks))
    await town.advance(HOUR + 60)
    await town.press(Press.NO_REPLY, mail.token)


async def handed_over(town: Town) -> None:
    mail = await town.world.write(QUESTION)
    name = town.world.sample.delegates[0].name
    await town.press(
        Press.HAND_OVER, mail.token, entry=name, done=lambda card: f"held by {name}" in text_of(card.blocks)
    )
    await town.press(Press.NO_REPLY, mail.token)


async def corrected(town: Town) -> None:
    mail = await town.world.write(QUESTION)
    right = f"other.{mail.address}"
    await town.press(Press.WRONG_PERSON, mail.token, entry=f"Kim Other <{right}>")
    mail.address = right
    await town.press(Press.SEND, mail.token)
    await town.left(mail)


async def by_routine(town: Town) -> None:
    await town.advance(HOUR)
    mail = await town.world.write(SCHEDULING)
    await town.settled()
    await town.advance(HOUR + 60)
    await town.left(mail)


async def undone(town: Town) -> None:
    await town.advance(HOUR)
    mail = await town.world.write(SCHEDULING)
    await town.press(Press.UNDO, mail.token)
    await town.press(Press.NO_REPLY, mail.token)
    assert not town.world.sink.to(mail.address)


async def should_have_asked(town: Town) -> None:
    await town.advance(HOUR)
    mail = await town.world.write(SCHEDULING)
    await town.press(Press.SHOULD_HAVE_ASKED, mail.token)
    await town.press(Press.NO_REPLY, mail.token)
    assert not town.world.sink.to(mail.address)


async def rung_too_early(town: Town) -> None:
    await town.advance(HOUR)
    mail = await town.world.write(SCHEDULING)
    await town.settled()
    item = (await town.ask("dump"))["outbox"][-1]
    await town.ask("send_early", outbox_id=item[0])
    await town.settled()
    await town.advance(HOUR + 60)
    await town.left(mail)


async def nobody_knows(town: Town) -> None:
    """The server takes it, and its answer is lost; nobody finds a proof within two days."""
    mail = await town.world.write(QUESTION, kind="lost")
    await town.press(Press.SEND, mail.token)
    await town.settled()
    await town.advance(49 * HOUR)
    await town.settled()
    if town.card(mail.token, Press.LEAVE):
        await town.press(Press.LEAVE, mail.token)
    assert town.world.sink.to(mail.address) == 1


async def somebody_knows(town: Town) -> None:
    """The answer is lost, and the owner hears from the client that it arrived; the next look-up has nothing to do."""
    mail = await town.world.write(QUESTION, kind="lost")
    await town.press(Press.SEND, mail.token)
    await town.left(mail)
    await town.advance(HOUR)
    await town.settled()
    assert town.world.sink.to(mail.address) == 1


async def proven(town: Town) -> None:
    """The answer is lost, but the provider filed a copy."""
    mail = await town.world.write(QUESTION, kind="proven")
    await town.press(Press.SEND, mail.token)
    await town.settled()
    await town.advance(11 * 60)
    await town.settled()
    await town.left(mail)
    assert town.world.sink.to(mail.address) == 1


async def refused(town: Town) -> None:
    mail = await town.world.write(QUESTION, kind="refused")
    await town.press(Press.SEND, mail.token)
    await town.left(mail)


async def not_now(town: Town) -> None:
    mail = await town.world.write(QUESTION, kind="later")
    await town.press(Press.SEND, mail.token)
    await town.left(mail)


async def newsletter(town: Town) -> None:
    """Filed as list mail; then somebody wants it after all."""
    mail = await town.world.write("News for you.", headers="List-Id: <news.example>\r\nPrecedence: bulk\r\n")
    await town.settled()
    inquiry = (await town.ask("dump"))["inquiry"][-1]
    assert inquiry[1] == "filed"
    assert (await town.ask("press", press=Press.PUT_BACK, by=town.world.owner, subject=inquiry[0]))["done"] or town.deaths
    await town.press(Press.NO_REPLY, mail.token)


async def unreadable(town: Town) -> None:
    """Too many header lines: put aside, tried again, left."""
    await town.world.write("Hello", headers="".join(f"X-{n}: 1\r\n" for n in range(1200)))
    await town.press(Press.RETRY, "could not be read")
    await town.press(Press.LEAVE, "could not be read")


async def ended_for_good(town: Town) -> None:
    await town.ask("lose_row", number=len(town.world.sent) + town.deaths * 1000)
    await town.press(Press.RETRY, "could not be finished")
    await town.press(Press.LEAVE, "could not be finished")


async def vanished(town: Town) -> None:
    await town.ask("vanish", number=int(town.world.ahead) + town.deaths)


async def said_in_slack(town: Town) -> None:
    await town.advance(HOUR)
    said = await town.world.say("Hello, which files do we get at the end?")
    await town.press(Press.SEND, said.token)
    await town.settled()
    if town.card(said.token, Press.LEAVE):
        await town.press(Press.LEAVE, said.token)


async def desk_is_busy(town: Town) -> None:
    town.world.workspace.faults.on_call("chat.postMessage", error="ratelimited", retry_after=2)
    mail = await town.world.write(QUESTION)
    await town.press(Press.NO_REPLY, mail.token)


async def a_day_passes(town: Town) -> None:
    await town.settled()
    await town.advance(24 * HOUR)
    await town.settled()


async def asked_again(town: Town) -> None:
    """The broker delivers twice, and late."""
    await approved(town)
    await town.ask("ask_again")
    await town.settled()


async def a_stranger_presses(town: Town) -> None:
    answer = await town.ask("press", press=Press.PUT_BACK, by="U0STRANGER", subject=1)
    assert not answer["done"]


async def started(town: Town) -> None:
    await town.settled()


async def kept_waiting(town: Town) -> None:
    """The server takes the mail and says nothing for long: the job is held, then the delivery is unknown."""
    mail = await town.world.write(QUESTION, kind="silent")
    await town.press(Press.SEND, mail.token)
    await town.left(mail)
    assert town.world.sink.to(mail.address) == 1


async def drawn_twice(town: Town) -> None:
    await town.settled()
    rows = await town.ask("dump")
    key = next(row[1] for row in reversed(rows["posting"]) if row[5] == "card")
    await town.ask("draw_twice", key=key)
    await town.settled()


async def a_new_folder(town: Town) -> None:
    """The owner has another folder watched, in which mail lies already, and looks further back."""
    folder = town.extra["UNDERSTUDY_MAIL__FOLDERS"].rpartition(",")[2]
    mail = await town.world.write("Hello, is this folder watched?", folder=folder)
    await town.press(Press.NO_REPLY, mail.token)


async def _another_folder(town: Town) -> dict[str, str]:
    folder = await town.world.new_folder()
    for days_ago in (9, 5):
        await town.world.write("Hello, this was long ago.", folder=folder, days_ago=days_ago)
    return {
        "UNDERSTUDY_MAIL__FOLDERS": f"INBOX,{folder}",
        "UNDERSTUDY_MAIL__HISTORY_DAYS": str(90 + len(town.world.sent)),
    }


async def looked_away(town: Town) -> None:
    """Somebody stops the reading of the past, and lets it go on."""
    await town.ask("look_away_and_back")


async def with_a_model(town: Town) -> None:
    mail = await town.world.write(QUESTION)
    await town.press(Press.NO_REPLY, mail.token)


async def _a_model(town: Town) -> dict[str, str]:
    model = town.world.model
    return {
        "UNDERSTUDY_MODEL__BASE_URL": model.base_url,
        "UNDERSTUDY_MODEL__DRAFT_MODEL": model.models[0],
        "UNDERSTUDY_MODEL__TRIAGE_MODEL": model.models[0],
    }


SITUATIONS = (
    Situation(started, starts=True), Situation(a_new_folder, starts=True, settings=_another_folder),
    Situation(with_a_model, settings=_a_model),
    Situation(approved), Situation(edited_forward), Situation(redone), Situation(put_off), Situation(handed_over),
    Situation(corrected), Situation(by_routine), Situation(undone), Situation(should_have_asked), Situation(rung_too_early),
    Situation(somebody_knows), Situation(proven), Situation(refused), Situation(not_now), Situation(newsletter),
    Situation(unreadable), Situation(ended_for_good), Situation(vanished), Situation(said_in_slack), Situation(desk_is_busy),
    Situation(a_day_passes), Situation(asked_again), Situation(a_stranger_presses), Situation(nobody_knows),
    Situation(kept_waiting), Situation(drawn_twice), Situation(looked_away),
)  # fmt: skip
