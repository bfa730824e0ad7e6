"""A real Dovecot mail server on the loopback interface, for whoever needs one."""

import grp
import itertools
import os
import pwd
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.testing.programs import require_program, running

PROGRAM, PACKAGE = "dovecot", "dovecot-imapd"
PASSWORD = "correct-horse-battery-staple"  # noqa: S105 -- of a server that lives a minute
_NUMBERS = itertools.count()
_CONFIGURATION = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_login_user = {login_user}
default_internal_group = {group}
first_valid_uid = 0
mail_location = maildir:{folder}/mail/%u
mailbox_idle_check_interval = 1 secs
mail_max_userip_connections = 100
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server, and the hand that delivers; every user exists, with `PASSWORD`."""

    port: int
    mail: Path
    owner: tuple[int, int]

    def make_folder(self, user: str, *names: str) -> Path:
        """Make a folder of a user's mailbox, the inbox without names."""
        folder = self.mail / user / "".join(f".{name}" for name in names)
        for path in (self.mail, self.mail / user, folder):
            self._make(path)
        for name in ("cur", "new", "tmp"):
            self._make(folder / name)
        return folder

    def deliver(self, folder: Path, message: bytes) -> Path:
        """Put a message into a folder, as a delivery agent does; the file it became."""
        draft = folder / "tmp" / f"{time.time_ns()}.{next(_NUMBERS)}.test"
        draft.write_bytes(message)
        os.chown(draft, *self.owner)
        return draft.rename(folder / "new" / draft.name)

    def _make(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        os.chown(folder, *self.owner)


@contextmanager
def dovecot_server() -> Iterator[Dovecot]:
    """A server with a folder of its own, running as the current user, or as its own for root."""
    program = require_program(PROGRAM, PACKAGE)
    with tempfile.TemporaryDirectory(prefix="dovecot") as name:  # names of sockets must be short
        folder = Path(name)
        folder.chmod(0o755)
        configuration, users = folder / "dovecot.conf", _users()

        def start(port: int) -> list[str]:
            values = {"folder": folder, "port": port, "password": PASSWORD, **users}
            configuration.write_text(_CONFIGURATION.format(**values))
            return [program, "-F", "-c", str(configuration)]

        with running(start, folder / "log") as port:
            yield Dovecot(port, folder / "mail", (int(users["uid"]), int(users["gid"])))


def _users() -> Mapping[str, str]:
    """Who its processes run as: for root it refuses to be root too."""
    if os.geteuid() == 0:
        mine, login_user = pwd.getpwnam("dovecot"), "dovenull"
    else:
        mine = pwd.getpwuid(os.getuid())
        login_user = mine.pw_name
    return {
        "uid": str(mine.pw_uid),
        "gid": str(mine.pw_gid),
        "user": mine.pw_name,
        "login_user": login_user,
        "group": grp.getgrgid(mine.pw_gid).gr_name,
    }
