"""Settings: where they come from, what is refused, what is shown."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.domain.errors import ConfigurationError
from pipeline.settings import SettingLine, Settings, env_example, explain
from pipeline.settings.reference import write_reference

CHECKOUT = Path(__file__).parents[2]
RENEW = (
    'python -c "from pathlib import Path; from pipeline.settings.reference import write_reference;'
    ' write_reference(Path())"'
)
CANARY = "canary-3f9a1c"


def line(lines: list[SettingLine], name: str) -> SettingLine:
    return next(line for line in lines if line.name == name)


def test_nothing_set_gives_the_defaults() -> None:
    settings = Settings.load({})

    assert settings.hub_url is None
    assert settings.max_document_bytes == 50 * 2**20
    assert settings.metrics_host == "127.0.0.1"
    assert settings.validate_workers >= 1
    assert not settings.allow_private_hub


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValidationError):
        Settings.load({}).list_workers = 3


def test_the_environment_of_the_test_process_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOSSIERPOST_LIST_WORKERS", "17")

    assert Settings.load({}).list_workers == 8


def test_values_of_other_programs_do_not_matter() -> None:
    environ = {"PATH": "/bin", "HUB_URL": "https://other", "LIST_WORKERS": "x"}

    assert Settings.load(environ) == Settings.load({})


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("DOSSIERPOST_HUB_ULR", "DOSSIERPOST_HUB_URL"),
        ("DOSSIERPOST_LISTWORKERS", "DOSSIERPOST_LIST_WORKERS"),
        ("dossierpost_log_levl", "DOSSIERPOST_LOG_LEVEL"),
        ("DOSSIERPOST_HUB_CLIENT_SECRETFILE", "DOSSIERPOST_HUB_CLIENT_SECRET_FILE"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest_one(given: str, meant: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Did you mean {meant}"):
        Settings.load({given: "1"})


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(ConfigurationError, match=r"docs/configuration\.md"):
        Settings.load({"DOSSIERPOST_ZZZ": "1"})


def test_every_invalid_value_is_told_with_its_variable_and_source() -> None:
    environ = {"DOSSIERPOST_LIST_WORKERS": "many", "DOSSIERPOST_POLL_SECONDS": "0"}

    with pytest.raises(ConfigurationError) as refused:
        Settings.load(environ)

    first, second = str(refused.value).splitlines()
    assert first.startswith("DOSSIERPOST_LIST_WORKERS (from environment): ")
    assert second.startswith("DOSSIERPOST_POLL_SECONDS (from environment): ")


@pytest.mark.parametrize(
    "name",
    ["HUB_URL", "LIST_WORKERS", "FLUSH", "ALLOW_PRIVATE_HUB", "ROOT"],
)
def test_an_invalid_value_is_never_shown(name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.load({f"DOSSIERPOST_{name}": CANARY})

    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.load({"DOSSIERPOST_HUB_URL": f"https://me:{CANARY}@hub.example/"})

    assert CANARY not in str(refused.value)


def test_an_empty_value_counts_as_not_set() -> None:
    assert Settings.load({"DOSSIERPOST_LIST_WORKERS": ""}).list_workers == 8


@pytest.mark.parametrize("word", ["INFO", "Info", " info "])
def test_a_choice_may_be_written_in_any_case(word: str) -> None:
    assert Settings.load({"DOSSIERPOST_LOG_LEVEL": word}).log_level == "info"


def test_plain_http_needs_the_word_that_allows_a_private_hub() -> None:
    environ = {"DOSSIERPOST_HUB_URL": "http://10.0.0.8:8080"}

    with pytest.raises(ConfigurationError, match="DOSSIERPOST_ALLOW_PRIVATE_HUB"):
        Settings.load(environ)

    assert Settings.load({**environ, "DOSSIERPOST_ALLOW_PRIVATE_HUB": "yes"}).hub_url


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9"])
def test_a_hub_on_this_very_machine_needs_no_word(host: str) -> None:
    assert Settings.load({"DOSSIERPOST_HUB_URL": f"http://{host}/"}).is_private_hub


def test_the_memory_bound_must_hold_the_largest_document() -> None:
    with pytest.raises(ConfigurationError, match="could never be fetched"):
        Settings.load({"DOSSIERPOST_IN_FLIGHT_BYTES": str(2**21)})


def test_a_relative_root_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="whole path"):
        Settings.load({"DOSSIERPOST_ROOT": "books"})


def test_a_home_folder_is_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert Settings.load({"DOSSIERPOST_STATE_DIR": "~/state"}).state_dir == tmp_path / "state"


def test_sources_win_in_the_documented_order(tmp_path: Path) -> None:
    env_file = tmp_path / "settings.env"
    env_file.write_text(
        "DOSSIERPOST_LIST_WORKERS=3\nDOSSIERPOST_HUB_CLIENT_ID=office\nOTHER=1\n"
        "DOSSIERPOST_HUB_CLIENT_SECRET=from-env-file\n"
    )
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "dossierpost_hub_client_secret").write_text(f"{CANARY}\n")
    environ = {
        "DOSSIERPOST_ENV_FILE": str(env_file),
        "DOSSIERPOST_LIST_WORKERS": "5",
        "CREDENTIALS_DIRECTORY": str(credentials),
    }

    settings, lines = Settings.load(environ), explain(environ)

    assert settings.list_workers == 5
    assert settings.hub_client_id == "office"
    assert settings.hub_client_secret.get_secret_value() == CANARY
    assert line(lines, "DOSSIERPOST_LIST_WORKERS").source == "environment"
    assert line(lines, "DOSSIERPOST_HUB_CLIENT_ID").source == f"env file {env_file}"
    assert line(lines, "DOSSIERPOST_HUB_CLIENT_SECRET").source == "secret file"
    assert line(lines, "DOSSIERPOST_POLL_SECONDS").source == "default"


def test_a_secret_may_be_in_a_file_that_a_variable_names(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{CANARY}\r\n")

    settings = Settings.load({"DOSSIERPOST_HUB_CLIENT_SECRET_FILE": str(secret)})

    assert settings.hub_client_secret.get_secret_value() == CANARY


@pytest.mark.parametrize("name", ["ENV_FILE", "HUB_CLIENT_SECRET_FILE"])
def test_a_named_file_that_is_missing_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"DOSSIERPOST_{name} names"):
        Settings.load({f"DOSSIERPOST_{name}": str(tmp_path / "missing")})


@pytest.mark.parametrize("name", ["ENV_FILE", "HUB_CLIENT_SECRET_FILE"])
def test_a_named_file_that_is_not_text_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"DOSSIERPOST_ROOT=\xff\xfe")

    with pytest.raises(ConfigurationError, match="cannot be read"):
        Settings.load({f"DOSSIERPOST_{name}": str(tmp_path / "binary")})


def test_a_credential_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dossierpost_hub_client_secret").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="secret file cannot be read"):
        Settings.load({"CREDENTIALS_DIRECTORY": str(tmp_path)})


def test_a_misspelt_name_in_the_env_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("DOSSIERPOST_ROOTS=/srv\n")

    with pytest.raises(ConfigurationError, match="Did you mean DOSSIERPOST_ROOT"):
        Settings.load({"DOSSIERPOST_ENV_FILE": str(tmp_path / "env")})


def test_a_secret_is_never_shown() -> None:
    environ = {"DOSSIERPOST_HUB_CLIENT_SECRET": CANARY}

    settings, lines = Settings.load(environ), explain(environ)

    assert CANARY not in f"{settings!r} {settings} {settings.model_dump()} {lines}"
    assert line(lines, "DOSSIERPOST_HUB_CLIENT_SECRET").value == "***"


def test_every_setting_in_force_is_explained() -> None:
    lines = explain(
        {
            "DOSSIERPOST_MIN_FREE_BYTES": str(2**30),
        }
    )

    assert len(lines) == len(Settings.model_fields)
    assert line(lines, "DOSSIERPOST_MIN_FREE_BYTES").value == "1073741824 (1024 MiB)"
    assert line(lines, "DOSSIERPOST_HUB_URL").value == "none"
    assert line(lines, "DOSSIERPOST_METRICS_PORT").value == "9464"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_its_unit_and_why(name: str) -> None:
    unit = next(u for n, u in units() if n == name)

    assert len(Settings.model_fields[name].description or "") > 20
    if name.endswith(("_seconds", "_bytes", "_workers", "_documents", "_in_flight")):
        assert unit


def units() -> list[tuple[str, str]]:
    return [(x.name.removeprefix("DOSSIERPOST_").lower(), x.unit) for x in explain({})]


def test_the_generated_files_are_fresh(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "deploy").mkdir()

    write_reference(tmp_path)

    for name in ("docs/configuration.md", "deploy/env.example"):
        fresh, committed = ((root / name).read_text("utf-8") for root in (tmp_path, CHECKOUT))
        assert committed == fresh, f"{name} is old; renew it with: {RENEW}"


def test_the_example_file_loads_as_it_is_and_with_every_line_uncommented(tmp_path: Path) -> None:
    text = env_example().replace("# DOSSIERPOST_", "DOSSIERPOST_")
    (tmp_path / "env").write_text(text)

    assert Settings.load({"DOSSIERPOST_ENV_FILE": str(tmp_path / "env")}) == Settings.load({})
