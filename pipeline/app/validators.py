"""Compose what looks into documents, and what is told when that fails."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
from anyio import to_thread

from pipeline.app.recipes import recipe_of
from pipeline.domain.documents import CheckFailure, DocumentKey
from pipeline.engine.metrics import UNCHECKED
from pipeline.ports.meters import Meters
from pipeline.ports.profile import DocumentValidator
from pipeline.settings import Settings
from pipeline.settings.fields import spare_cores
from pipeline.validation.examining import WantsAttachments
from pipeline.validation.processes.limits import WorkerLimits
from pipeline.validation.processes.pool import WorkerPool

log = structlog.get_logger()


@asynccontextmanager
async def open_validator(
    settings: Settings, wants_attachments: WantsAttachments
) -> AsyncIterator[DocumentValidator]:
    """The validator of an installation, ended with the context.

    Raises:
        ConfigurationError: a rule file or the schemas cannot be used.
    """
    recipe = await to_thread.run_sync(recipe_of, settings)
    if not settings.validate_workers:
        make = partial(recipe.validator, threads=spare_cores(), wants_attachments=wants_attachments)
        yield await to_thread.run_sync(make)
        return
    limits = WorkerLimits(
        seconds=settings.validate_seconds, memory_bytes=settings.validate_memory_bytes
    )
    async with WorkerPool(
        recipe.examiner,
        size=settings.validate_workers,
        limits=limits,
        wants_attachments=wants_attachments,
        is_proven=await to_thread.run_sync(recipe.is_proven),
    ) as pool:
        yield pool


@dataclass(frozen=True, slots=True)
class FailureReports:
    """Tells of documents that the program could not look into to the end."""

    meters: Meters

    def __call__(self, key: DocumentKey, failure: CheckFailure) -> None:
        """Count it, and log it with its traceback."""
        self.meters.count(UNCHECKED, cause=failure.cause.value)
        log.error(
            "a document could not be checked; please report this",
            document=str(key),
            reason=failure.cause.value,
            exception=failure.details,
        )
