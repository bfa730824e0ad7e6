"""A credential store in memory."""

from pipeline.ports.credentials import Tokens


class MemoryCredentials:
    """Twin of `pipeline.ports.credentials.CredentialStore`; ``saved`` holds all saves."""

    def __init__(self) -> None:
        self._tokens: dict[str, Tokens] = {}
        self.saved: list[Tokens] = []

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
