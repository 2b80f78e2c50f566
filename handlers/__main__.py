"""The command line. Each command imports what it needs only when it runs, so help and mistakes are answered at once."""

import gc
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Never

import typer

if TYPE_CHECKING:
    from handlers.settings import Settings

app = typer.Typer(
    name="understudy",
    help="Understudy watches a business's inbox and Slack, does the routine, drafts the rest, and asks where it must.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help comes in half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="The business's folder; otherwise this folder if it holds understudy.toml, else ~/.understudy.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]


@app.command()
def init(
    where: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The new home; otherwise ~/.understudy.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: flags and defaults.")] = False,
    name: Annotated[str, typer.Option(help="The business's name, as clients know it.")] = "",
    timezone: Annotated[str, typer.Option(help="Its time zone; otherwise this machine's.")] = "",
    signature: Annotated[
        str, typer.Option(help="What stands under a mail; otherwise owner and business.")
    ] = "",
    owner: Annotated[str, typer.Option(help="The owner's name, as it stands under a mail.")] = "",
    owner_email: Annotated[str, typer.Option(help="The owner's own mail address.")] = "",
    owner_slack: Annotated[str, typer.Option(help="The owner's Slack member id (U…).")] = "",
    address: Annotated[str, typer.Option(help="The address clients write to.")] = "",
    imap: Annotated[str, typer.Option(help="Where mail is read: imaps://user@host:993.")] = "",
    smtp: Annotated[str, typer.Option(help="Where mail is sent: smtp+starttls://user@host:587.")] = "",
    desk: Annotated[str, typer.Option(help="The Slack channel for cards.")] = "#desk",
    model_url: Annotated[str, typer.Option(help="An OpenAI-compatible model server.")] = "",
    model: Annotated[str, typer.Option(help="The model that drafts; none: the offline writer.")] = "",
) -> None:
    """Write a new home.

    understudy.toml, .env and a starter playbook; nothing is ever overwritten.
    """
    from handlers.init import Wanted, ask, next_steps, refuse_overwriting, write_home

    home = (where or Path.home() / ".understudy").expanduser().absolute()
    refuse_overwriting(home)
    wanted = Wanted(
        name=name, timezone=timezone, signature=signature, owner=owner, owner_email=owner_email,
        owner_slack=owner_slack, address=address, imap=imap, smtp=smtp, desk=desk, model_url=model_url, model=model,
    )  # fmt: skip
    write_home(home, wanted if yes else ask(wanted))
    typer.echo(next_steps(home))


@app.command()
def rehearse(
    home: Annotated[Path | None, typer.Option("--home", help="Where the practice world is kept.")] = None,
    *,
    smtp_port: Annotated[int, typer.Option(help="The practice mail server's SMTP port.")] = 2525,
    imap_port: Annotated[int, typer.Option(help="The practice mail server's IMAP port.")] = 1143,
    web_port: Annotated[int, typer.Option(help="The practice workspace's page.")] = 8025,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    fast: Annotated[bool, typer.Option("--fast", help="Shorten undo windows and other waits.")] = False,
) -> None:
    """Start the practice world.

    A mail server, a Slack workspace in the browser and a sample business; nothing leaves this machine.
    """
    from handlers.rehearsal.world import rehearse as begin

    begin(home, smtp_port, imap_port, web_port, open_browser=browser, fast=fast)


@app.command()
def run(home: Home = None) -> None:
    """Run the whole house in one process."""
    settings = _settings(home)
    from handlers.processes import run_house

    _run(run_house(settings))


@app.command()
def slack(home: Home = None) -> None:
    """Run the Slack listener alone.

    It belongs beside the other processes of the Procfile.
    """
    _part("slack", home)


@app.command()
def mail(home: Home = None) -> None:
    """Run the mailbox watcher alone.

    It belongs beside the other processes of the Procfile.
    """
    _part("mail", home)


@app.command()
def clock(home: Home = None) -> None:
    """Run what is due by the clock.

    It belongs beside the other processes of the Procfile; one of it is enough.
    """
    _part("clock", home)


@app.command()
def web(home: Home = None) -> None:
    """Run the web pages alone.

    Health, metrics and Slack's HTTP endpoint; it belongs beside the other processes of the Procfile.
    """
    _part("web", home)


@app.command()
def worker(
    home: Home = None,
    *,
    processes: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
    threads: Annotated[int, typer.Option(min=1, help="How many jobs at once in each.")] = 8,
) -> None:
    """Run a worker.

    It belongs beside the other processes of the Procfile; start as many as are needed.
    """
    import os

    settings = _settings(home)
    _shared(settings, "worker")
    root = str(Path(__file__).resolve().parents[1])
    os.chdir(settings.home)  # where handlers.worker finds its home
    words = [
        "-m",
        "dramatiq",
        "handlers.worker:broker",
        "--processes",
        str(processes),
        "--threads",
        str(threads),
    ]
    os.execv(sys.executable, [sys.executable, *words, "--path", root])  # noqa: S606  our own interpreter


@app.command()
def doctor(home: Home = None, *, as_json: Json = False) -> None:
    """Look at every setting and connection.

    A line each, with the cure. Exit 1 if one fails.
    """
    from handlers.doctor import consult
    from handlers.settings import home_for

    raise typer.Exit(consult(home_for(home), json=as_json))


@app.command()
def login(home: Home = None) -> None:
    """Sign in to the mailbox.

    For providers that want a token instead of a password: Microsoft 365, Gmail. Once; it is renewed by itself.
    """
    from handlers.settings import home_for, read_settings
    from handlers.signing_in import sign_in

    raise typer.Exit(sign_in(read_settings(home_for(home), unfinished=True)))


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An mbox, a Maildir, or a folder of .eml files.")],
    *,
    home: Home = None,
) -> None:
    """Read kept mail as history.

    Context only: nothing of it is answered, and nobody is asked. The same mail twice adds nothing.
    """
    from handlers.importing import import_and_print

    raise typer.Exit(import_and_print(_settings(home), path))


@app.command()
def history(
    home: Home = None,
    *,
    stop: Annotated[bool, typer.Option("--stop", help="Read no further, until told.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    as_json: Json = False,
) -> None:
    """Show how far the mailbox's past is read.

    With --stop or --resume, stop it or go on. Live mail comes first in any case.
    """
    from handlers.importing import history_and_print

    if stop and resume:
        _refuse("Choose one of --stop and --resume.")
    raise typer.Exit(history_and_print(_settings(home), stopped=stop if stop or resume else None, as_json=as_json))


@app.command()
def manifest(
    home: Home = None,
    *,
    mode: Annotated[
        str, typer.Option(help="socket or http; otherwise as [slack] mode says, else socket.")
    ] = "",
    public_url: Annotated[str, typer.Option(help="For http; otherwise [web] public_url.")] = "",
) -> None:
    """Print the Slack app's manifest.

    Ready to paste into "Create New App", "From a manifest", JSON.
    """
    import json

    from handlers.settings import SettingsError, home_for, read_settings
    from handlers.slack.manifest import manifest as made

    try:
        settings = read_settings(home_for(home), unfinished=True)
    except SettingsError:
        settings = None  # the app may well be made before the settings are
    mode = mode or (settings.slack.mode if settings and settings.slack else "socket")
    url = (public_url or (settings.web.public_url if settings else "")).rstrip("/")
    if mode not in ("socket", "http"):
        _refuse(f"--mode is {mode!r}; choose socket or http.")
    if mode == "http" and not url.startswith("https://"):
        _refuse("HTTP mode needs a public https address: give --public-url, or set [web] public_url.")
    drawn = made("http", request_url=f"{url}/slack/events") if mode == "http" else made("socket")
    typer.echo(json.dumps(drawn, indent=2))


@app.command()
def inspect(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help=".eml files, folders, or an mbox.")],
    *,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Show what is read in stored mail.

    Touches nothing. Exit 1 if a PATH is not there.
    """
    from handlers.inspecting import inspect_and_print

    raise typer.Exit(inspect_and_print(paths, home, as_json=as_json))


@app.command()
def verify(home: Home = None) -> None:
    """Check what is written down.

    Nothing sent twice, nothing lost, the audit chain unbroken. Exit 1 if something is amiss.
    """
    from handlers.verifying import verify_and_print

    raise typer.Exit(verify_and_print(_settings(home)))


def _settings(home: Path | None) -> "Settings":
    from handlers.settings import home_for, read_settings

    return read_settings(home_for(home))


def _part(part: str, home: Path | None) -> None:
    settings = _settings(home)
    _shared(settings, part)
    from handlers.processes import run_process

    _run(run_process(settings, part))


def _run(process: Coroutine[Any, Any, None]) -> None:
    """Until it is told to stop, with its log on standard error."""
    import asyncio

    from handlers.logs import set_up_logs

    set_up_logs()
    asyncio.run(process)


def _shared(settings: "Settings", part: str) -> None:
    """Several processes need a database and a queue that can be shared."""
    if settings.storage.file is not None or settings.queue.url.startswith("memory:"):
        _refuse(
            f"`understudy {part}` is one process of several, and they share PostgreSQL and Redis or RabbitMQ: "
            "set [storage] url and [queue] url, or run the whole house in one process with `understudy run`."
        )


def _refuse(words: str) -> Never:
    typer.echo(words, err=True)
    raise typer.Exit(2)


def main() -> None:
    """The console script. What a person can mend is said in a sentence; only our own faults show a traceback."""
    os.umask(0o077)  # the database holds clients' mail: what we write is the owner's alone to read
    gc.set_threshold(20_000, 50, 50)  # a start makes half a million objects that all stay: do not keep looking for garbage
    try:
        app(prog_name="understudy")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()  # nobody listens any more; Python would complain while it ends
        raise SystemExit(141) from None
    except Exception as error:
        from handlers.plain_words import in_plain_words

        if (words := in_plain_words(error)) is None:
            raise
        typer.echo(words, err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
