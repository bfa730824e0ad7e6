"""Logging of a command, as the settings say."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.connectors.logs import logging_to
from pipeline.settings import Settings


@contextmanager
def logged(settings: Settings) -> Iterator[None]:
    """Log to stderr while the context lasts; configured secrets never appear in it."""
    secret = settings.hub_client_secret.get_secret_value()
    with logging_to(
        sys.stderr,
        form=settings.log_format,
        level=settings.log_level,
        secrets=[secret] if secret else [],
    ):
        yield
