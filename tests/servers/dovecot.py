"""A real Dovecot on a free loopback port, with its own configuration and mails in a temporary folder.

    with Dovecot(folder) as dovecot:
        dovecot.deliver("anna", raw)          # into the Maildir, as a delivery agent does
        ...connect to dovecot.url("anna")...

Every user name is a mailbox of its own; the password is always PASSWORD. `the_dovecot` skips where there is none.
"""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

PASSWORD = "practice-word"
EXECUTABLE = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_username_chars =
auth_failure_delay = 0
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login_user}
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
mailbox_idle_check_interval = 1 secs
maildir_copy_with_hardlinks = no
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "Sent Mail" {{
    special_use = \\Sent
  }}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  process_min_avail = 1
}}
"""


class Dovecot:
    """One server process tree; it and everything in its folder is ours alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.host, self.port = folder, "127.0.0.1", _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._delivered = 0
        # Dovecot refuses to touch mail as root; a rootless one can only be itself
        self._mail_user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port

    def url(self, user: str) -> str:
        return f"imap://{user}@{self.host}:{self.port}"

    def __enter__(self) -> Self:
        (self.folder / "mail").mkdir(parents=True, exist_ok=True)
        (self.folder / "run").mkdir(exist_ok=True)
        self._give(self.folder / "mail")
        for above in (self.folder, *self.folder.parents):
            with suppress(PermissionError):
                above.chmod(above.stat().st_mode | 0o055)
        own = pwd.getpwuid(os.geteuid())
        (self.folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                folder=self.folder,
                port=self.port,
                password=PASSWORD,
                user=own.pw_name,
                login_user=self._mail_user.pw_name,
                group=_group(own.pw_gid),
                mail_user=self._mail_user.pw_uid,
                mail_group=self._mail_user.pw_gid,
            )
        )
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def deliver(self, user: str, raw: bytes, *, folder: str = "INBOX", when: float | None = None) -> None:
        """Put a mail into a Maildir as a delivery agent does; `when` becomes its INTERNALDATE."""
        maildir = self.maildir(user, folder)
        for part in ("tmp", "new", "cur"):
            if not (maildir / part).is_dir():
                (maildir / part).mkdir(parents=True, exist_ok=True)
                self._give(maildir / part)
        self._delivered += 1
        name = f"{time.time():.6f}.{self._delivered:08}.test"
        draft = maildir / "tmp" / name
        draft.write_bytes(raw)
        self._give(draft)
        if when is not None:
            os.utime(draft, (when, when))
        draft.rename(maildir / "new" / name)

    def append(self, user: str, raw: bytes, *, folder: str = "INBOX") -> None:
        """Put a mail there as a mail program does."""
        with self.client(user) as client:
            assert client.append(folder, "", "", raw)[0] == "OK"

    @contextmanager
    def client(self, user: str) -> Iterator[imaplib.IMAP4]:
        """Another mail program on the same mailbox."""
        client = imaplib.IMAP4(self.host, self.port)
        try:
            client.login(user, PASSWORD)
            yield client
        finally:
            client.logout()

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        home = self.folder / "mail" / user
        if not home.is_dir():
            home.mkdir(parents=True)
            self._give(home)
        if folder == "INBOX":
            return home
        inner = home / f".{folder}"
        if not inner.is_dir():
            inner.mkdir()
            self._give(inner)
        return inner

    def renumber(self, user: str, folder: str = "INBOX") -> None:
        """Lose the UIDs, as after a restored backup: the folder gets a new UIDVALIDITY and starts again at 1."""
        self._stop()
        maildir = self.maildir(user, folder)
        numbers = maildir / "dovecot-uidlist"
        head = numbers.read_text().split("\n", 1)[0]
        validity = next(word for word in head.split() if word.startswith("V"))
        for index in maildir.glob("dovecot.index*"):
            index.unlink()
        (maildir / "dovecot-uidvalidity").unlink(missing_ok=True)
        numbers.write_text(f"3 V{int(validity[1:]) + 1} N1 G0123456789abcdef0123456789abcdef\n")
        self._give(numbers)
        self._start()

    def _start(self) -> None:
        assert EXECUTABLE is not None
        with (self.folder / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(
                [EXECUTABLE, "-F", "-c", str(self.folder / "dovecot.conf")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with suppress(OSError), socket.create_connection(self.address, timeout=1) as line:
                if line.recv(4) == b"* OK":
                    return
            time.sleep(0.02)
        log = self.folder / "dovecot.log"
        said = (self.folder / "stderr").read_text() + (log.read_text() if log.exists() else "")
        self._stop()
        raise RuntimeError(f"dovecot did not start: {said}")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(15)
            self._process = None

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self._mail_user.pw_uid, self._mail_user.pw_gid)


@pytest.fixture(scope="session")
def the_dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dovecot]:
    """One Dovecot for the whole run; take a user name of your own."""
    if EXECUTABLE is None:
        if os.environ.get("UNDERSTUDY_REQUIRE") == "all":
            pytest.fail("dovecot is not installed, and UNDERSTUDY_REQUIRE=all wants it")
        pytest.skip("dovecot is not installed")
    with Dovecot(tmp_path_factory.mktemp("dovecot")) as dovecot:
        yield dovecot


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _group(gid: int) -> str:
    return grp.getgrgid(gid).gr_name
