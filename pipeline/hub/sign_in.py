"""The check of a manager's password, with a limit on guessing."""

from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from pipeline.hub.accounts import Accounts
from pipeline.hub.limits import Limits
from pipeline.ports.clock import Clock
from pipeline.ports.hub import Window

MAX_USER = 200
GUESSES = (Window(10, timedelta(minutes=5)),)


class SignIn:
    """Knows managers; ten wrong passwords in five minutes close an account or an address."""

    def __init__(self, accounts: Accounts, clock: Clock) -> None:
        self._accounts = accounts
        self._guesses = Limits(GUESSES, clock)

    async def fault(self, request: web.Request, form: Mapping[str, str]) -> tuple[int, str] | None:
        """Status and text of why the sign-in failed; None when it did not."""
        user = form.get("user", "")
        keys = (f"user:{user[:MAX_USER]}", f"address:{request.remote}")
        if any(self._guesses.is_exhausted(key) for key in keys):
            return 429, "Too many wrong passwords. Try again in five minutes."
        if await self._accounts.knows_password(user, form.get("password", "")):
            return None
        for key in keys:
            self._guesses.take(key)
        return 401, "The user name or the password is wrong."
