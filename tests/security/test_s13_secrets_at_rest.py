"""S13: tokens are out of reach of other users of the machine, and are never shown."""

import os
import pickle
import stat
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.connectors.credentials.file import FileCredentials
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import CredentialStore, Secret, Tokens
from pipeline.testing.memory_credentials import MemoryCredentials

CANARY = "canary-5f1d"
TOKENS = Tokens(
    access=Secret(f"access-{CANARY}"),
    issued_at=datetime(2026, 1, 5, 8, 0, tzinfo=UTC),
    lifetime=timedelta(hours=1),
    refresh=Secret(f"refresh-{CANARY}"),
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "credentials"


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in (folder, only_file(folder))]


def half_write(folder: Path) -> None:
    only_file(folder).with_suffix(".new").write_bytes(b"half")


@pytest.mark.parametrize("kind", ["file", "memory"])
async def test_what_was_saved_is_loaded_until_it_is_forgotten(kind: str, folder: Path) -> None:
    store: CredentialStore = FileCredentials(folder) if kind == "file" else MemoryCredentials()

    assert await store.load("hub") is None
    await store.save("hub", TOKENS)
    other = Tokens(Secret("other"), TOKENS.issued_at, TOKENS.lifetime)
    await store.save("../hub/2", other)

    assert await store.load("hub") == TOKENS
    assert await store.load("../hub/2") == other
    await store.forget("hub")
    await store.forget("hub")
    assert await store.load("hub") is None


async def test_another_program_start_finds_the_tokens(folder: Path) -> None:
    await FileCredentials(folder).save("hub", TOKENS)

    assert await FileCredentials(folder).load("hub") == TOKENS


async def test_the_folder_and_its_files_are_for_the_owner_alone_whatever_the_umask(
    folder: Path,
) -> None:
    before = os.umask(0)
    try:
        await FileCredentials(folder).save("hub", TOKENS)
    finally:
        os.umask(before)

    assert modes(folder) == [0o700, 0o600]


async def test_a_name_of_any_kind_stays_in_the_folder(folder: Path) -> None:
    await FileCredentials(folder).save("../../etc/passwd", TOKENS)

    assert only_file(folder).parent == folder


def _readable_folder(folder: Path) -> None:
    folder.chmod(0o750)


def _readable_file(folder: Path) -> None:
    only_file(folder).chmod(0o644)


def _foreign_folder(folder: Path) -> None:
    os.chown(folder, 12345, -1)


def _foreign_file(folder: Path) -> None:
    os.chown(only_file(folder), 12345, -1)


def _garbled_file(folder: Path) -> None:
    only_file(folder).write_bytes(b'{"access_token": "' + CANARY.encode())


def _linked_folder(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to(folder.with_name("elsewhere"))


def _linked_file(folder: Path) -> None:
    path = only_file(folder)
    path.rename(folder.with_name("planted"))
    path.symlink_to(folder.with_name("planted"))


def _folder_for_file(folder: Path) -> None:
    path = only_file(folder)
    path.unlink()
    path.mkdir(0o700)


@pytest.mark.parametrize(
    "tamper",
    [
        _readable_folder,
        _readable_file,
        _foreign_folder,
        _foreign_file,
        _garbled_file,
        _linked_folder,
        _linked_file,
        _folder_for_file,
    ],
)
async def test_a_place_that_others_can_reach_is_refused(
    folder: Path, tamper: Callable[[Path], None]
) -> None:
    if tamper in (_foreign_folder, _foreign_file) and os.geteuid() != 0:
        pytest.skip("only root can give files away")
    store = FileCredentials(folder)
    await store.save("hub", TOKENS)
    tamper(folder)

    with pytest.raises(ConfigurationError) as refused:
        await store.load("hub")

    assert CANARY not in str(refused.value)


async def test_a_file_that_another_process_left_half_written_does_not_hinder(folder: Path) -> None:
    store = FileCredentials(folder)
    await store.save("hub", TOKENS)
    half_write(folder)

    await store.save("hub", TOKENS)

    assert await store.load("hub") == TOKENS


def test_no_text_form_shows_a_secret() -> None:
    forms = [repr(TOKENS), str(TOKENS), f"{TOKENS.access} {TOKENS.refresh!r}"]

    assert not any(CANARY in form for form in forms)


def test_no_traceback_shows_a_secret() -> None:
    def use(tokens: Tokens) -> None:
        raise ValueError(f"{tokens}")

    with pytest.raises(ValueError, match="Secret") as raised:
        use(TOKENS)

    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert CANARY not in "".join(shown.format())
    assert CANARY.encode() not in pickle.dumps(str(raised.value))
