"""Codes and tokens in the store; each function is one part of a transaction.

Faults are values, not exceptions: what a fault revokes must be committed too. Everything that
came from one sign-in carries the same ``grant_id`` and is revoked together.
"""

import base64
import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.hub.accounts import sha256_hex
from pipeline.hub.moments import to_micros

ACCESS_LIFETIME = timedelta(hours=1)
REFRESH_LIFETIME = timedelta(days=90)
CODE_LIFETIME = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets; the access token lives `ACCESS_LIFETIME`."""

    access: str
    scope: str
    refresh: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why it gets none; ``error`` is a code of RFC 6749 or RFC 8628."""

    error: str
    text: str


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token allows, until when (microseconds), and whose limits it uses."""

    grant_id: str
    credential: str
    scopes: frozenset[str]
    expires_at: int


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """What a client asked for when a person was sent to sign in."""

    redirect_uri: str
    challenge: str
    scope: str


@dataclass(frozen=True, slots=True)
class CodeProof:
    """What the client shows to get tokens for its code."""

    code: str
    redirect_uri: str
    verifier: str


def issue_code(connection: sqlite3.Connection, asked: CodeRequest, now: datetime) -> str:
    """A code for one use by whoever knows the verifier."""
    connection.execute("DELETE FROM codes WHERE expires_at < ?", (to_micros(now),))
    code = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO codes (sha256, expires_at, grant_id, scope, redirect_uri, challenge)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            sha256_hex(code),
            to_micros(now + CODE_LIFETIME),
            new_grant_id(),
            asked.scope,
            asked.redirect_uri,
            asked.challenge,
        ),
    )
    return code


def redeem_code(
    connection: sqlite3.Connection, proof: CodeProof, now: datetime
) -> Tokens | Refusal:
    """Tokens for a code. Whatever the answer, the code is used up; a second use revokes."""
    row = connection.execute(
        "SELECT grant_id, scope, redirect_uri, challenge, is_used FROM codes"
        " WHERE sha256 = ? AND expires_at > ?",
        (sha256_hex(proof.code), to_micros(now)),
    ).fetchone()
    if row is None:
        return Refusal("invalid_grant", "The code is unknown or too old. Sign in again.")
    grant_id, scope, asked_uri, challenge, is_used = row
    connection.execute("UPDATE codes SET is_used = 1 WHERE sha256 = ?", (sha256_hex(proof.code),))
    if is_used:
        revoke_grant(connection, grant_id)
        return Refusal("invalid_grant", "The code was used before; its tokens are revoked.")
    if proof.redirect_uri != asked_uri or not _is_verifier(proof.verifier, challenge):
        return Refusal("invalid_grant", "The redirect or the verifier is not that of the sign-in.")
    return issue_tokens(connection, grant_id, scope, now)


def issue_tokens(
    connection: sqlite3.Connection, grant_id: str, scope: str, now: datetime
) -> Tokens:
    """An access token and a refresh token of a sign-in."""
    access = _store_token(connection, "access", (grant_id, grant_id, scope), now + ACCESS_LIFETIME)
    refresh = _store_token(
        connection, "refresh", (grant_id, grant_id, scope), now + REFRESH_LIFETIME
    )
    connection.execute("DELETE FROM tokens WHERE expires_at < ?", (to_micros(now),))
    return Tokens(access, scope, refresh)


def issue_client_token(
    connection: sqlite3.Connection, client_id: str, scope: str, now: datetime
) -> Tokens:
    """An access token for a program of the office; all of its tokens share one limit."""
    keys = (new_grant_id(), client_id, scope)
    access = _store_token(connection, "access", keys, now + ACCESS_LIFETIME)
    connection.execute("DELETE FROM tokens WHERE expires_at < ?", (to_micros(now),))
    return Tokens(access, scope, None)


def rotate(connection: sqlite3.Connection, refresh: str, now: datetime) -> Tokens | Refusal:
    """New tokens for a refresh token, which is used up; a second use revokes the sign-in."""
    row = connection.execute(
        "SELECT grant_id, scope, is_used FROM tokens"
        " WHERE sha256 = ? AND kind = 'refresh' AND expires_at > ?",
        (sha256_hex(refresh), to_micros(now)),
    ).fetchone()
    if row is None:
        return Refusal("invalid_grant", "The refresh token is unknown, revoked or too old.")
    grant_id, scope, is_used = row
    if is_used:
        revoke_grant(connection, grant_id)
        return Refusal("invalid_grant", "The refresh token was used before; sign in again.")
    connection.execute("UPDATE tokens SET is_used = 1 WHERE sha256 = ?", (sha256_hex(refresh),))
    return issue_tokens(connection, grant_id, scope, now)


def revoke_token(connection: sqlite3.Connection, token: str) -> None:
    """End the sign-in a token came from; an unknown token is no fault."""
    row = connection.execute(
        "SELECT grant_id FROM tokens WHERE sha256 = ?", (sha256_hex(token),)
    ).fetchone()
    if row is not None:
        revoke_grant(connection, row[0])


def revoke_grant(connection: sqlite3.Connection, grant_id: str) -> None:
    """Make every token of a sign-in void."""
    connection.execute("DELETE FROM tokens WHERE grant_id = ?", (grant_id,))


def find_access(connection: sqlite3.Connection, digest: str) -> Access | None:
    """What the access token with this SHA-256 allows, expired or not."""
    row = connection.execute(
        "SELECT grant_id, credential, scope, expires_at FROM tokens"
        " WHERE sha256 = ? AND kind = 'access'",
        (digest,),
    ).fetchone()
    if row is None:
        return None
    grant_id, credential, scope, expires_at = row
    return Access(grant_id, credential, frozenset(scope.split()), expires_at)


def new_grant_id() -> str:
    """An id for one sign-in."""
    return secrets.token_hex(8)


def _store_token(
    connection: sqlite3.Connection, kind: str, keys: tuple[str, str, str], end: datetime
) -> str:
    token = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO tokens (sha256, kind, grant_id, credential, scope, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (sha256_hex(token), kind, *keys, to_micros(end)),
    )
    return token


def _is_verifier(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(computed, challenge.encode("utf-8", "surrogatepass"))
