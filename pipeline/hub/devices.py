"""Sign-ins on another device (RFC 8628); each function is one part of a transaction."""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.hub.accounts import sha256_hex
from pipeline.hub.grants import Refusal, Tokens, issue_tokens, new_grant_id
from pipeline.hub.moments import to_micros

DEVICE_LIFETIME = timedelta(minutes=10)
REMEMBERED = timedelta(hours=1)  # expired codes are told apart from unknown ones that long
INTERVAL_S = 5
MAX_WAITING = 1000
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words, and nothing that reads like a digit


@dataclass(frozen=True, slots=True)
class DeviceCodes:
    """What the device polls with, and what its user types on another screen."""

    device_code: str
    user_code: str


def start(connection: sqlite3.Connection, scope: str, now: datetime) -> DeviceCodes | None:
    """Codes for a device; None when too many sign-ins wait already."""
    connection.execute(
        "DELETE FROM device_codes WHERE expires_at < ?", (to_micros(now - REMEMBERED),)
    )
    (waiting,) = connection.execute(
        "SELECT count(*) FROM device_codes WHERE expires_at > ?", (to_micros(now),)
    ).fetchone()
    if waiting >= MAX_WAITING:
        return None
    codes = DeviceCodes(secrets.token_urlsafe(32), _user_code())
    connection.execute(
        "INSERT INTO device_codes (sha256, user_code, expires_at, scope, interval_s)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            sha256_hex(codes.device_code),
            codes.user_code,
            to_micros(now + DEVICE_LIFETIME),
            scope,
            INTERVAL_S,
        ),
    )
    return codes


def decide(
    connection: sqlite3.Connection, user_code: str, *, is_allowed: bool, now: datetime
) -> bool:
    """Note a manager's decision; False when no sign-in waits under this code."""
    changed = connection.execute(
        "UPDATE device_codes SET decision = ?"
        " WHERE user_code = ? AND decision IS NULL AND expires_at > ?",
        ("allow" if is_allowed else "deny", user_code, to_micros(now)),
    )
    return changed.rowcount == 1


def scope_of(connection: sqlite3.Connection, user_code: str, now: datetime) -> str | None:
    """What a waiting sign-in asks for."""
    row = connection.execute(
        "SELECT scope FROM device_codes"
        " WHERE user_code = ? AND decision IS NULL AND expires_at > ?",
        (user_code, to_micros(now)),
    ).fetchone()
    return None if row is None else str(row[0])


def poll(connection: sqlite3.Connection, device_code: str, now: datetime) -> Tokens | Refusal:
    """Tokens once a manager allowed it; the code is used up then, and when it was denied."""
    digest = sha256_hex(device_code)
    row = connection.execute(
        "SELECT expires_at, scope, decision FROM device_codes WHERE sha256 = ?", (digest,)
    ).fetchone()
    if row is None:
        return Refusal("invalid_grant", "The device code is unknown or was used.")
    expires_at, scope, decision = row
    if expires_at <= to_micros(now):
        return Refusal("expired_token", "Nobody answered in time. Start the sign-in again.")
    if decision is None:
        return _wait(connection, digest, now)
    connection.execute("DELETE FROM device_codes WHERE sha256 = ?", (digest,))
    if decision == "deny":
        return Refusal("access_denied", "The manager said no.")
    return issue_tokens(connection, new_grant_id(), scope, now)


def _wait(connection: sqlite3.Connection, digest: str, now: datetime) -> Refusal:
    polled_at, interval_s = connection.execute(
        "SELECT polled_at, interval_s FROM device_codes WHERE sha256 = ?", (digest,)
    ).fetchone()
    earliest = now - timedelta(seconds=interval_s)
    is_too_fast = polled_at is not None and polled_at > to_micros(earliest)
    connection.execute(
        "UPDATE device_codes SET polled_at = ?, interval_s = ? WHERE sha256 = ?",
        (to_micros(now), interval_s + 5 * is_too_fast, digest),
    )
    if is_too_fast:
        return Refusal("slow_down", f"Ask every {interval_s + 5} seconds at most.")
    return Refusal("authorization_pending", "Nobody has answered yet.")


def _user_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
