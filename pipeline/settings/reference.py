"""Settings for people: what is in force and why, the documentation page, the example file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import fill
from typing import Any, cast

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from pipeline.settings.fields import MIB
from pipeline.settings.model import Settings
from pipeline.settings.sources import ENV_FILE, gather, variable_name

_PAGE_HEAD = f"""# Configuration

Settings are environment variables, read once at start. A name that begins with `DOSSIERPOST_` and
is not in this list stops the program, with the nearest name as a hint. An empty value counts as
not set. `dossierpost settings` shows every value in force and where it came from.

The first of these that has a value wins:

1. the environment;
2. for a secret, the file named by `<name>_FILE`, then a file called like the setting in lower case
   (`dossierpost_hub_client_secret`) in `$CREDENTIALS_DIRECTORY` (systemd `LoadCredential=`) or in
   `/run/secrets` (containers);
3. the file named by `{ENV_FILE}`, with `NAME=value` lines;
4. the default.

This page is generated from the settings themselves.
"""

_EXAMPLE_HEAD = f"""\
# Example settings. Copy to a file that only the service account can read, uncomment what you
# change, and name it in {ENV_FILE} or in the service's EnvironmentFile=.
# docs/configuration.md explains where else a value may come from.
"""


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as a person reads it; secrets are masked in ``value``."""

    name: str
    value: str
    source: str
    unit: str
    default: str
    description: str


def explain(environ: Mapping[str, str]) -> list[SettingLine]:
    """Return every setting in force, with the source of each.

    Raises:
        ConfigurationError: as `Settings.load`.
    """
    gathered = gather(Settings, environ)
    settings = Settings.from_gathered(gathered)
    return [
        SettingLine(
            name=variable_name(name),
            value=_text(getattr(settings, name)),
            source=gathered.sources.get(name, "default"),
            unit=_extra(field, "unit"),
            default=_default(field),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def configuration_page() -> str:
    """Return docs/configuration.md."""
    parts = [_PAGE_HEAD]
    for section, fields in _sections():
        rows = [_row(name, field) for name, field in fields]
        head = "| setting | default | what it does, and why |\n|---|---|---|"
        parts.append("\n".join([f"## {section}\n", head, *rows, ""]))
    return "\n".join(parts)


def env_example() -> str:
    """Return deploy/env.example: every setting, commented out, with its default."""
    parts = [_EXAMPLE_HEAD]
    for section, fields in _sections():
        entries = [_entry(name, field) for name, field in fields]
        parts.append("\n".join([f"# ---- {section} ----\n", *entries]))
    return "\n".join(parts)


def write_reference(checkout: Path) -> None:
    """Write both files into a checkout."""
    (checkout / "docs" / "configuration.md").write_text(configuration_page(), encoding="utf-8")
    (checkout / "deploy" / "env.example").write_text(env_example(), encoding="utf-8")


def _sections() -> Iterator[tuple[str, list[tuple[str, FieldInfo]]]]:
    fields = Settings.model_fields.items()
    for section, group in groupby(fields, lambda item: _extra(item[1], "section")):
        yield section, list(group)


def _row(name: str, field: FieldInfo) -> str:
    choices = _choices(field)
    listed = f" One of {', '.join(choices)}." if choices else ""
    return f"| `{variable_name(name)}` | {_with_unit(field)} | {field.description}{listed} |"


def _entry(name: str, field: FieldInfo) -> str:
    unit = _extra(field, "unit")
    text = f"{field.description}{f' ({unit})' if unit else ''}"
    comment = fill(text, 96, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
    value = "" if _extra(field, "shown") or field.default is None else _plain(field.default)
    return f"{comment}\n# {variable_name(name)}={value}\n"


def _choices(field: FieldInfo) -> tuple[str, ...]:
    choices = getattr(field.annotation, "__args__", ())
    return cast("tuple[str, ...]", choices) if all(isinstance(c, str) for c in choices) else ()


def _default(field: FieldInfo) -> str:
    return _extra(field, "shown") or _text(field.default)


def _with_unit(field: FieldInfo) -> str:
    unit = _extra(field, "unit")
    if unit == "bytes":
        return f"{field.default} bytes ({field.default / MIB:g} MiB)"
    return f"{_default(field)} {unit}" if unit and not _extra(field, "shown") else _default(field)


def _text(value: Any) -> str:
    """Return a value in words; sizes also in MiB, secrets masked."""
    if value is None:
        return "none"
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else "none"
    if isinstance(value, int) and not isinstance(value, bool) and value >= MIB:
        return f"{value} ({value / MIB:g} MiB)"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _extra(field: FieldInfo, key: str) -> str:
    return str(cast("dict[str, str]", field.json_schema_extra)[key])
