"""Exit codes, stable: scripts and the service manager rely on them."""

import enum

from pipeline.domain.errors import (
    AnotherInstance,
    ConfigurationError,
    CredentialsRejected,
    HubUnavailable,
    PipelineError,
)


class Exit(enum.IntEnum):
    """What a command ended with."""

    DONE = 0
    SOME_ERRORS = 1
    NOTHING_DONE = 2
    RESTART_WANTED = 3
    HUB_UNREACHABLE = 4
    NOT_SIGNED_IN = 5
    NOT_OWNER = 6
    CHECK_FAILED = 7
    BUG = 70
    TRY_LATER = 75
    INTERRUPTED = 130


def exit_for(error: PipelineError) -> Exit:
    """The exit code that tells a script what kind of thing went wrong."""
    match error:
        case AnotherInstance():
            return Exit.NOT_OWNER
        case ConfigurationError():
            return Exit.NOTHING_DONE
        case CredentialsRejected():
            return Exit.NOT_SIGNED_IN
        case HubUnavailable():
            return Exit.HUB_UNREACHABLE
        case _:
            return Exit.TRY_LATER
