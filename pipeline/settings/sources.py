"""Where settings come from: environment, then secret files, then an env file.

A value that is empty counts as not set. A ``DOSSIERPOST_*`` name that is not a setting is an
error, because a misspelt limit that is ignored in silence is found months later.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    SecretsSettingsSource,
    SettingsError,
)

from pipeline.domain.errors import ConfigurationError

PREFIX = "DOSSIERPOST_"
ENV_FILE = f"{PREFIX}ENV_FILE"
"""Names a file with ``NAME=value`` lines."""

_NOT_SETTINGS = frozenset({ENV_FILE, f"{PREFIX}FAULTS"})
_CONTAINER_SECRETS = Path("/run/secrets")
_LARGEST_SECRET_FILE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Gathered:
    """Raw values by field, with the source of each; fields that nobody set are missing."""

    values: dict[str, Any] = field(repr=False)
    sources: dict[str, str]


def variable_name(field_name: str) -> str:
    """Return the variable of a field."""
    return PREFIX + field_name.upper()


def gather(model: type[BaseSettings], environ: Mapping[str, str]) -> Gathered:
    """Collect the values of ``model`` from every source; the first source that has one wins.

    Raises:
        ConfigurationError: unknown names, or a file that is named and cannot be read.
    """
    file_name = environ.get(ENV_FILE, "")
    file_variables = _env_file(model, Path(file_name)) if file_name else {}
    _refuse_unknown(model, (*environ, *file_variables))
    gathered = Gathered({}, {})
    _add(gathered, _Variables(model, environ), "environment")
    _add(gathered, _Variables(model, _named_files(model, environ)), "file named by a variable")
    _add(gathered, _secret_folders(model, environ), "secret file")
    _add(gathered, _Variables(model, file_variables), f"env file {file_name}")
    return gathered


class _Variables(EnvSettingsSource):
    """The rules of pydantic-settings for environment variables, on any mapping."""

    def __init__(self, model: type[BaseSettings], variables: Mapping[str, str | None]) -> None:
        self._variables = variables
        super().__init__(model)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._variables.items() if value}


def _add(
    gathered: Gathered, source: EnvSettingsSource | SecretsSettingsSource | None, label: str
) -> None:
    if source is None:
        return
    try:
        found = source()
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"Settings of {label} cannot be read: {error}.") from error
    for name, value in found.items():
        if name not in gathered.values:
            gathered.values[name] = value
            gathered.sources[name] = label


def _env_file(model: type[BaseSettings], path: Path) -> Mapping[str, str | None]:
    if not path.is_file():
        raise ConfigurationError(f"{ENV_FILE} names {path}, which is not a file.")
    try:
        return DotEnvSettingsSource(model, env_file=path).env_vars
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{ENV_FILE} names {path}, which cannot be read.") from error


def _secret_folders(
    model: type[BaseSettings], environ: Mapping[str, str]
) -> SecretsSettingsSource | None:
    """Files named after settings: credentials of the service manager before container secrets."""
    given = environ.get("CREDENTIALS_DIRECTORY")
    folders = [_CONTAINER_SECRETS, *([Path(given)] if given else [])]
    existing = [folder for folder in folders if folder.is_dir()]
    return SecretsSettingsSource(model, secrets_dir=existing) if existing else None


def _named_files(model: type[BaseSettings], environ: Mapping[str, str]) -> dict[str, str]:
    """Contents of the files that ``<secret setting>_FILE`` variables name."""
    paths = {name: environ.get(f"{name}_FILE") for name in _secret_names(model)}
    return {name: _file_content(f"{name}_FILE", Path(path)) for name, path in paths.items() if path}


def _file_content(name: str, path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            content = file.read(_LARGEST_SECRET_FILE)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigurationError(f"{name} names {path}, which cannot be read: {reason}.") from error
    return content.rstrip("\r\n")


def _secret_names(model: type[BaseSettings]) -> list[str]:
    fields = model.model_fields.items()
    return [variable_name(name) for name, info in fields if info.annotation is SecretStr]


def _refuse_unknown(model: type[BaseSettings], names: Iterable[str]) -> None:
    known = {variable_name(name) for name in model.model_fields} | _NOT_SETTINGS
    known |= {f"{name}_FILE" for name in _secret_names(model)}
    given = {name.upper() for name in names}
    unknown = sorted(n for n in given - known if n.startswith(PREFIX))
    if unknown:
        raise ConfigurationError("\n".join(_unknown(name, known) for name in unknown))


def _unknown(name: str, known: Iterable[str]) -> str:
    words = sorted(word.removeprefix(PREFIX) for word in known)
    nearest = difflib.get_close_matches(name.removeprefix(PREFIX), words, n=1)
    hint = f"Did you mean {PREFIX}{nearest[0]}?" if nearest else "See docs/configuration.md."
    return f"{name} is not a setting. {hint}"
