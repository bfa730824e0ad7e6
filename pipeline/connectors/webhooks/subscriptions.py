"""The webhooks of a hub: the secret address of each, kept with the hub's other secrets."""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from pipeline.connectors.hub_book import HubBookFile
from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import Secret

SETTING = "webhooks"
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook of one dossier, or of all of a hub (None).

    ``secret`` is what the hub signs with, ``id`` what it calls the webhook; both are None until it
    was told the address.
    """

    dossier: str | None = None
    token: Secret = field(default_factory=lambda: Secret(secrets.token_urlsafe(_TOKEN_BYTES)))
    secret: Secret | None = None
    id: str | None = None


class _Stored(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    token: str
    dossier: str | None = None
    secret: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionBook:
    """Where they are kept. Blocking; raises `ConfigurationError` for what cannot be used."""

    file: HubBookFile

    def load(self, hub: str) -> Mapping[str | None, Subscription]:
        """The webhooks of a hub by dossier."""
        text = self.file.secret(hub, SETTING)
        try:
            stored = msgspec.json.decode(text or "[]", type=list[_Stored])
        except msgspec.DecodeError as error:
            raise ConfigurationError(
                f"{self.file.folder.path / hub}.{SETTING} is not usable: {error}. Remove it, and "
                f"make new webhooks with dossierpost hubs webhooks {hub}."
            ) from error
        return {each.dossier: _subscription(each) for each in stored}

    def save(self, hub: str, subscriptions: Iterable[Subscription]) -> None:
        """Replace the webhooks of a hub, durably."""
        stored = [_stored(each) for each in subscriptions]
        if stored:
            self.file.save_secret(hub, SETTING, msgspec.json.encode(stored).decode())
        else:
            self.file.forget_secret(hub, SETTING)

    def secrets(self) -> Iterator[str]:
        """What must not appear in a log: the end of each address, and what is signed with."""
        for hub in self.file.load().hubs:
            for each in self.load(hub).values():
                yield from (one.reveal() for one in (each.token, each.secret) if one)


def _subscription(stored: _Stored) -> Subscription:
    secret = Secret(stored.secret) if stored.secret else None
    return Subscription(stored.dossier, Secret(stored.token), secret, stored.id)


def _stored(each: Subscription) -> _Stored:
    secret = each.secret.reveal() if each.secret else None
    return _Stored(each.token.reveal(), each.dossier, secret, each.id)
