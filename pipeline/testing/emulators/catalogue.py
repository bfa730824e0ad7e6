"""Every emulated hub, and the settings of a connector that is to find it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yarl import URL

from pipeline.ports.clock import Clock
from pipeline.testing.emulators import (
    codabox,
    e_invoice_be,
    euroconnector,
    letspeppol,
    peppyrus,
    recommand,
    scrada,
)
from pipeline.testing.emulators.queue import QueueEmulator


@dataclass(frozen=True, slots=True)
class EmulatedHub:
    """A vendor; ``root`` is where its API is, ``keys`` are the settings that open it.

    ``{url}`` in a key is the address of the emulator, ``linked`` the setting that names companies:
    a JSON object where it is ``dossiers``, words where it is ``keys``.
    """

    connector: str
    make: Callable[..., QueueEmulator]
    root: str
    keys: Mapping[str, str]
    linked: str = ""

    def emulator(self, clock: Clock, *companies: str) -> QueueEmulator:
        """The vendor's server, with these companies."""
        return self.make(clock, *companies)

    def settings(self, url: URL, *companies: str) -> dict[str, str]:
        """The settings of a connector, for an emulator that is served at a URL."""
        origin = str(url.origin())
        keys = {name: value.replace("{url}", origin) for name, value in self.keys.items()}
        linked = {self.linked: _LINKS[self.linked](companies)} if self.linked else {}
        address = str(url / self.root) if self.root else origin
        return {"url": address, "allow_private": "yes", **keys, **linked}


_LINKS: Mapping[str, Callable[[tuple[str, ...]], str]] = {
    "dossiers": lambda companies: json.dumps({each: {} for each in companies}),
    "keys": lambda companies: " ".join(f"{each}=key-{each}" for each in companies),
}
EMULATED: Mapping[str, EmulatedHub] = {
    each.connector: each
    for each in (
        EmulatedHub(
            "recommand",
            recommand.RecommandEmulator,
            "api/v1",
            {"key": recommand.ACCOUNT[0], "secret": recommand.ACCOUNT[1]},
            "dossiers",
        ),
        EmulatedHub(
            "scrada",
            scrada.ScradaEmulator,
            "v1",
            {"key": scrada.ACCOUNT[0], "password": scrada.ACCOUNT[1]},
            "dossiers",
        ),
        EmulatedHub("peppyrus", peppyrus.PeppyrusEmulator, "v1", {"key": peppyrus.KEY}, "dossiers"),
        EmulatedHub(
            "euroconnector",
            euroconnector.EuroconnectorEmulator,
            "api/public/v1",
            {
                "user": euroconnector.ACCOUNT["userName"],
                "secret": euroconnector.ACCOUNT["secretKey"],
            },
            "dossiers",
        ),
        EmulatedHub(
            "letspeppol",
            letspeppol.LetsPeppolEmulator,
            "sapi",
            {
                "user": letspeppol.ACCOUNT[0],
                "password": letspeppol.ACCOUNT[1],
                "sign_in_url": "{url}",
            },
            "dossiers",
        ),
        EmulatedHub(
            "codabox",
            codabox.CodaboxEmulator,
            "v2",
            {
                "user": codabox.ACCOUNT[0],
                "password": codabox.ACCOUNT[1],
                "software": codabox.SOFTWARE,
            },
        ),
        EmulatedHub("e_invoice_be", e_invoice_be.EInvoiceBeEmulator, "", {}, "keys"),
    )
}
