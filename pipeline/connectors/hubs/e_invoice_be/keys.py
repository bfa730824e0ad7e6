"""API keys: each opens the inbox of one company."""

from collections.abc import Mapping

from pipeline.domain.errors import ConfigurationError
from pipeline.ports.credentials import Secret


def read_keys(text: str) -> Mapping[str, Secret]:
    """Keys by dossier, of lines or words ``dossier=key``; messages show no key.

    Raises:
        ConfigurationError: one has another form, or a dossier has two.
    """
    keys: dict[str, Secret] = {}
    for number, word in enumerate(text.replace(",", " ").split(), start=1):
        dossier, _, key = word.partition("=")
        if not dossier or not key:
            msg = f"Key {number} of e-invoice.be is not written as dossier=key, such as BE0...=ey.."
            raise ConfigurationError(msg)
        if dossier in keys:
            raise ConfigurationError(f"Dossier {dossier!r} has two keys of e-invoice.be.")
        keys[dossier] = Secret(key)
    if not keys:
        raise ConfigurationError("e-invoice.be needs at least one key, as dossier=key.")
    return keys
