"""`understudy inspect`: what is read in stored mail, as the house would read it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from handlers.mail.inspect import as_line, describe, inspect_paths
from handlers.mail.own import NOBODY, Own
from handlers.settings import SettingsError, home_for, read_settings


def inspect_and_print(paths: Sequence[Path], home: Path | None, *, as_json: bool) -> int:
    """Print an object a line, or a paragraph each; 1 when a path is not there, 2 when a named home cannot be used."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    own = _own(home)
    for found in inspect_paths(paths, own):
        print(as_line(found) if as_json else describe(found) + "\n", flush=True)
    return 0 if all(path.exists() for path in paths) else 1


def _own(home: Path | None) -> Own:
    """Our addresses and the servers we trust. Without settings nobody is ours; a home that is named has to work."""
    try:
        mail = read_settings(home_for(home), unfinished=True).mail
    except SettingsError:
        if home is not None:
            raise
        return NOBODY
    if mail is None:
        return NOBODY
    return Own(frozenset(a.lower() for a in (mail.address, *mail.addresses)), mail.authserv_id)
