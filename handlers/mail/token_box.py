"""Where tokens are kept: one encrypted file in the home, opened with a key made from UNDERSTUDY_SECRET_KEY."""

import asyncio
import base64
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from handlers.mail.way_in import LoginNeeded

FILE = "mail.login"
LOCK = "mail.login.lock"
COST = 2**15
"""Of scrypt: about a tenth of a second and 32 MB, once per process; a guessed key is not worth trying."""
LOCK_BEAT = 0.05


@dataclass(frozen=True)
class Login:
    """A sign-in as the provider gave it. The tokens never show up in a repr."""

    client_id: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime


class TokenBox:
    """The file. Reading and writing are for whoever holds `locked()`, so that no two processes refresh at once."""

    def __init__(self, home: Path, secret: str) -> None:
        self._path, self._lock, self._secret = home / FILE, home / LOCK, secret
        self._keys: dict[bytes, Fernet] = {}

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the box for this process alone; the lock dies with its holder."""
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    await asyncio.sleep(LOCK_BEAT)
            yield
        finally:
            os.close(handle)

    async def read(self) -> Login:
        """What is in it. LoginNeeded: nothing, or nothing that this key opens."""
        return await asyncio.to_thread(self._read)

    async def write(self, login: Login) -> None:
        """Replace what is in it, so that a crash leaves either the old or the new."""
        await asyncio.to_thread(self._write, login)

    def _read(self) -> Login:
        try:
            outer = json.loads(self._path.read_bytes())
            salt, sealed = base64.b64decode(outer["salt"]), str(outer["sealed"]).encode()
        except FileNotFoundError:
            raise LoginNeeded("nobody has signed in to the mailbox yet: run `understudy login`") from None
        except (OSError, ValueError, KeyError, TypeError):
            raise LoginNeeded("the stored sign-in cannot be read: run `understudy login` again") from None
        try:
            return _loaded(json.loads(self._key(salt).decrypt(sealed)))
        except InvalidToken:
            raise LoginNeeded(
                "the stored sign-in was sealed with another UNDERSTUDY_SECRET_KEY: run `understudy login` again"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise LoginNeeded("the stored sign-in is of another version: run `understudy login` again") from None

    def _write(self, login: Login) -> None:
        salt = next(iter(self._keys), None) or secrets.token_bytes(16)
        plain = asdict(login) | {"issued_at": login.issued_at.isoformat(), "expires_at": login.expires_at.isoformat()}
        sealed = self._key(salt).encrypt(json.dumps(plain).encode()).decode()
        text = json.dumps({"salt": base64.b64encode(salt).decode(), "sealed": sealed})
        draft = self._path.with_name(f"{FILE}.{os.getpid()}.new")
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123  by its descriptor
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _key(self, salt: bytes) -> Fernet:
        if salt not in self._keys:
            kdf = Scrypt(salt=salt, length=32, n=COST, r=8, p=1)
            self._keys = {salt: Fernet(base64.urlsafe_b64encode(kdf.derive(self._secret.encode())))}
        return self._keys[salt]


def _loaded(plain: dict[str, Any]) -> Login:
    login = Login(**plain)
    return replace(
        login,
        issued_at=datetime.fromisoformat(str(login.issued_at)),
        expires_at=datetime.fromisoformat(str(login.expires_at)),
    )
