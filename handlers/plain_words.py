"""What went wrong, in a sentence with its cure, for errors that a person can mend."""

import sys

from bot.errors import BotError
from handlers.settings import SettingsError
from prompts.problems import PlaybookError


def in_plain_words(error: Exception) -> str | None:
    """The sentence; None: this is a fault of ours and its traceback is wanted."""
    match error:
        case SettingsError():
            return "\n".join(
                ["The settings cannot be used:", *(f"  {problem}" for problem in error.problems)]
            )
        case PlaybookError():
            return "\n".join(
                ["The playbook cannot be used:", *(f"  {problem}" for problem in error.problems)]
            )
        case BotError():
            return _sentence(str(error))
        case ExceptionGroup() if said := {in_plain_words(inner) for inner in error.exceptions}:
            return None if None in said else "\n".join(sorted(filter(None, said)))
        case OSError() if error.filename:
            return f"{error.filename}: {error.strerror}. Check that it is there and that you may use it."
    return _database(error)


def _database(error: Exception) -> str | None:
    """Looked for only where it was loaded: it takes a second to import."""
    if "storage.migrate" in sys.modules:
        from storage.migrate import SchemaTooNew

        if isinstance(error, SchemaTooNew):
            return _sentence(str(error))
    if "sqlalchemy" in sys.modules:
        from sqlalchemy.exc import DBAPIError

        if isinstance(error, DBAPIError):
            why = str(error.orig).strip().splitlines()
            return (
                f"The database cannot be used ({why[0] if why else 'no reason given'}). Check [storage] url."
            )
    return None


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
