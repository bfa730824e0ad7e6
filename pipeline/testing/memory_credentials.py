"""A credential store in memory."""

from collections import defaultdict
from contextlib import AbstractAsyncContextManager

import anyio

from pipeline.ports.credentials import Tokens


class MemoryCredentials:
    """Twin of `pipeline.ports.credentials.CredentialStore`; ``saved`` holds all saves."""

    def __init__(self) -> None:
        self._tokens: dict[str, Tokens] = {}
        self._turns: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self.saved: list[Tokens] = []

    def turn(self, credential: str) -> AbstractAsyncContextManager[None]:
        """See `CredentialStore.turn`."""
        return self._turns[credential]

    async def load(self, credential: str) -> Tokens | None:
        """See `CredentialStore.load`."""
        return self._tokens.get(credential)

    async def save(self, credential: str, tokens: Tokens) -> None:
        """See `CredentialStore.save`."""
        self._tokens[credential] = tokens
        self.saved.append(tokens)

    async def forget(self, credential: str) -> None:
        """See `CredentialStore.forget`."""
        self._tokens.pop(credential, None)
