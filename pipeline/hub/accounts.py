"""Who may ask: the office's manager with a password, and clients with or without a secret."""

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass, field
from functools import cached_property, partial

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pipeline.hub.database import Database

PUBLIC_CLIENT = "dossierpost"
HASHING_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class HubCredentials:
    """The manager's account and the office's client, in plain; only digests are stored."""

    user: str
    password: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def random(cls) -> "HubCredentials":
        """New ones that nobody can guess."""
        return cls(
            user="manager",
            password=secrets.token_urlsafe(12),
            client_id=f"office-{secrets.token_hex(4)}",
            client_secret=secrets.token_urlsafe(32),
        )


def sha256_hex(secret: str) -> str:
    """What is stored of a random secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Accounts:
    """Checks passwords and client secrets; argon2 runs in threads, two at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hasher = PasswordHasher()
        self._hashing = CapacityLimiter(HASHING_AT_ONCE)

    async def are_missing(self) -> bool:
        """Whether the hub has no account yet."""
        return await self._database.read(
            lambda connection: connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is None
        )

    async def replace(self, credentials: HubCredentials) -> None:
        """Make these the only ones."""
        digest = await to_thread.run_sync(self._hasher.hash, credentials.password)
        await self._database.write(partial(_replace, credentials=credentials, digest=digest))

    async def knows_password(self, user: str, password: str) -> bool:
        """Whether this is the user's password; an unknown user takes as long as a known one."""
        digest = await self._database.read(
            lambda connection: connection.execute(
                "SELECT password_hash FROM users WHERE name = ?", (user,)
            ).fetchone()
        )
        stored = None if digest is None else str(digest[0])
        matches = await to_thread.run_sync(self._verify, stored, password, limiter=self._hashing)
        return matches and stored is not None

    async def knows_secret(self, client_id: str, secret: str) -> bool:
        """Whether this is the client's secret; the public client has none."""
        row = await self._database.read(
            lambda connection: connection.execute(
                "SELECT secret_sha256 FROM clients WHERE id = ?", (client_id,)
            ).fetchone()
        )
        stored = sha256_hex(secrets.token_urlsafe(16)) if row is None else row[0]
        return hmac.compare_digest(stored, sha256_hex(secret))

    def _verify(self, digest: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(digest or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        """The digest of a password that nobody has."""
        return self._hasher.hash(secrets.token_urlsafe(16))


def _replace(connection: sqlite3.Connection, credentials: HubCredentials, digest: str) -> None:
    connection.execute("DELETE FROM users")
    connection.execute("DELETE FROM clients")
    connection.execute("INSERT INTO users VALUES (?, ?)", (credentials.user, digest))
    connection.execute(
        "INSERT INTO clients VALUES (?, ?)",
        (credentials.client_id, sha256_hex(credentials.client_secret)),
    )
