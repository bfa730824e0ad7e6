"""Logging of a command, as the settings say."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from pipeline.connectors.hub_book import HubBookFile
from pipeline.connectors.logs import logging_to
from pipeline.connectors.webhooks.subscriptions import SubscriptionBook
from pipeline.settings import Settings


@contextmanager
def logged(settings: Settings | None = None, *, in_colour: bool = True) -> Iterator[None]:
    """Log to standard error while the context lasts; configured secrets never appear in it.

    Without settings: lines for people, from level info on. Colours are for terminals only.
    """
    secrets = _secrets(settings) if settings else []
    settings = settings or Settings.load({})
    with logging_to(
        cast("TextIO", _StandardError(in_colour=in_colour)),
        form=settings.log_format,
        level=settings.log_level,
        secrets=secrets,
    ):
        yield


def _secrets(settings: Settings) -> list[str]:
    """The secrets of the hubs; of a list of keys also each key by itself."""
    book = HubBookFile.of(settings.state_dir)
    texts = [
        settings.hub_client_secret.get_secret_value(),
        *book.secrets(),
        *SubscriptionBook(book).secrets(),
    ]
    words = [word for text in texts for word in text.replace(",", " ").split()]
    keys = [word.partition("=")[2] for word in words]
    return [each for each in (*texts, *words, *keys) if each]


class _StandardError(io.TextIOBase):
    """Standard error as it is at the moment: a live display puts itself before it for a while."""

    def __init__(self, *, in_colour: bool) -> None:
        self._in_colour = in_colour

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()

    def isatty(self) -> bool:
        """Whether colours make sense, which is all that it is asked for."""
        return self._in_colour and sys.stderr.isatty()
