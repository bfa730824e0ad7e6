"""The command line, as scripts and people use it: real processes against a real hub."""

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from pipeline import __version__
from pipeline.cli.main import COMMANDS, NOT_FOR_PEOPLE, program_with
from tests.acceptance import json_forms as forms
from tests.acceptance.command_line import CommandLine, Finished, Inbox, Running, until

pytestmark = pytest.mark.timeout(120)  # several processes a test

DOSSIERS, DOCUMENTS = 4, 90
ERRORS = 1
"""Of 90 documents the generator breaks one."""
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - refused without a proxy

# -- what the tests share: a hub, an installation that emptied it, a service -------------------


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[forms.HubReady]:
    folder = tmp_path_factory.mktemp("hub")
    arguments = ("--seed-dossiers", str(DOSSIERS), "--seed-documents", str(DOCUMENTS))
    with CommandLine(folder).running("hub", "--data", "data", *arguments) as running:
        yield msgspec.json.decode(running.first_line(), type=forms.HubReady)
        ended = running.end(signal.SIGTERM)
    assert (ended.code, ended.stdout) == (0, "")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, hub: forms.HubReady) -> CommandLine:
    folder = tmp_path_factory.mktemp("installed")
    (folder / "root").mkdir()
    settings = {
        "DOSSIERPOST_HUB_URL": hub.url,
        "DOSSIERPOST_HUB_CLIENT_ID": hub.client_id,
        "DOSSIERPOST_HUB_CLIENT_SECRET": hub.client_secret,
        "DOSSIERPOST_ROOT": str(folder / "root"),
    }
    return CommandLine(folder, settings)


@pytest.fixture(scope="module")
def synced(installed: CommandLine) -> Finished:
    return installed.run("sync", "--once", "--json")


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    inbox = Inbox(tmp_path)
    inbox.make()
    return inbox


@pytest.fixture
def command(tmp_path: Path, inbox: Inbox) -> CommandLine:
    return CommandLine(tmp_path, inbox.settings)


@pytest.fixture
def bare(tmp_path: Path) -> CommandLine:
    """An installation that nothing was said to."""
    return CommandLine(tmp_path)


# -- help, version, wrong usage ----------------------------------------------------------------


@pytest.mark.parametrize("name", [*COMMANDS, *NOT_FOR_PEOPLE])
def test_every_command_explains_itself_and_its_options(name: str) -> None:
    shown = CliRunner().invoke(program_with(), [name, "--help"])

    assert shown.exit_code == 0
    paragraphs = shown.stdout.split("\n\n")
    assert paragraphs[0].startswith("Usage:")
    assert paragraphs[1].endswith(".")
    unexplained = re.findall(r"^  --\S+(?: <.+>)?$(?!\n {20})", shown.stdout, re.MULTILINE)
    assert unexplained == []


def test_the_list_of_commands_fits_a_terminal_of_80_columns(bare: CommandLine) -> None:
    shown = bare.run("--help", COLUMNS="80")

    assert [name for name in COMMANDS if f"\n  {name} " not in shown.stdout] == []
    assert "..." not in shown.stdout.partition("Commands:")[2]


@pytest.mark.parametrize(
    "arguments", [("version",), ("--version",)], ids=["the command", "the option"]
)
def test_the_version_is_told(arguments: tuple[str, ...], bare: CommandLine) -> None:
    assert bare.run(*arguments).stdout == f"dossierpost {__version__}\n"


def test_the_package_itself_is_the_program(bare: CommandLine) -> None:
    ended = bare.run("-m", "pipeline", "--version", program=sys.executable)

    assert (ended.code, ended.stdout) == (0, f"dossierpost {__version__}\n")


def test_the_version_as_json(bare: CommandLine) -> None:
    told = bare.run("version", "--json").json(forms.Version)

    assert told.version == __version__
    assert told.rules_engine.startswith(("native", "python ("))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("forward",), id="unknown command"),
        pytest.param(("sync", "--twice"), id="unknown option"),
        pytest.param(("demo", "--dossiers", "many"), id="not a number"),
        pytest.param(("redeliver",), id="missing option"),
        pytest.param(("redeliver", "--since", "yesterday"), id="not a moment"),
        pytest.param(("retry",), id="nothing selected"),
        pytest.param(("release",), id="nothing to release selected"),
        pytest.param(("sync", "--once"), id="no hub configured"),
        pytest.param(("check",), id="no hub to check"),
        pytest.param(("login",), id="no hub to sign in at"),
        pytest.param(("hub", "--data", "hub", "--host", EVERY_ADDRESS), id="passwords in clear"),
    ],
)
def test_wrong_usage_does_nothing_and_exits_with_2(
    arguments: tuple[str, ...], bare: CommandLine
) -> None:
    ended = bare.run(*arguments)

    assert (ended.code, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.stderr.strip()


@pytest.mark.parametrize("name", ["status", "run"])
def test_an_unknown_setting_stops_every_command_with_the_nearest_name(
    name: str, bare: CommandLine
) -> None:
    ended = bare.run(name, DOSSIERPOST_HUB_ULR="https://hub.example")

    assert (ended.code, ended.stdout) == (2, "")
    assert "Did you mean DOSSIERPOST_HUB_URL?" in ended.stderr


def test_completion_for_bash_is_printed_and_completes(bare: CommandLine) -> None:
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # not the shell of this test run
    script = bare.run("--show-completion", "bash", **named)
    words = bare.run(
        _DOSSIERPOST_COMPLETE="complete_bash", COMP_WORDS="dossierpost re", COMP_CWORD="1"
    )

    assert "_DOSSIERPOST_COMPLETE=complete_bash" in script.stdout
    assert words.stdout.split() == ["retry", "release", "redeliver"]


@pytest.mark.parametrize("form", forms.Form.__subclasses__(), ids=lambda each: each.__name__)
def test_every_key_that_scripts_read_is_documented(form: type[forms.Form]) -> None:
    page = Path(__file__).parents[2] / "docs" / "operations.md"
    section = page.read_text(encoding="utf-8").partition("## JSON forms")[2].partition("\n## ")[0]

    assert [key for key in form.__struct_fields__ if f"`{key}`" not in section] == []


# -- demo --------------------------------------------------------------------------------------


def test_the_demo_ends_as_planned_with_its_summary_alone_on_stdout(bare: CommandLine) -> None:
    arguments = ("--dossiers", "10", "--documents", "100", "--into", "here", "--once", "--json")
    shown = bare.run("demo", *arguments, FORCE_COLOR="1", NO_COLOR="1")

    assert shown.code == 0
    summary = shown.json(forms.DemoSummary)
    assert (summary.listed, summary.forwarded, summary.errors) == (100, 99, 1)
    assert summary.as_planted
    assert summary.folder == str(bare.folder / "here" / "folders")
    assert "99 of 100 forwarded" in shown.stderr
    assert not re.search(r"\x1b\[[\d;]*3\d", shown.stderr), "NO_COLOR was set"


def test_the_demo_leaves_a_folder_alone_that_is_not_its_own(bare: CommandLine) -> None:
    (bare.folder / "letters").mkdir()
    (bare.folder / "letters" / "letter.txt").write_text("Dear client")

    ended = bare.run("demo", "--into", "letters")

    assert ended.code == 2
    assert "--into" in ended.stderr
    assert (bare.folder / "letters" / "letter.txt").read_text() == "Dear client"


@pytest.mark.slow
def test_the_demo_keeps_running_until_ctrl_c_when_asked_to(bare: CommandLine) -> None:
    arguments = ("--dossiers", "2", "--documents", "4", "--into", "here", "--keep-running")
    with bare.running("demo", *arguments) as demo:
        until(lambda: "The service runs on" in demo.stderr, "the demo goes on")
        ended = demo.end(signal.SIGINT)

    assert (ended.code, ended.stdout) == (0, "")
    assert "Traceback" not in ended.stderr, ended.stderr


# -- one pass over the hub, and what it leaves to look at --------------------------------------


def test_the_hub_tells_its_address_and_a_client_in_one_line(hub: forms.HubReady) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", hub.url)
    assert hub.client_id.startswith("office-")
    assert all((hub.client_secret, hub.office, hub.manager, hub.manager_password))


def test_a_hub_behind_a_proxy_is_called_by_its_public_address(bare: CommandLine) -> None:
    arguments = ("--data", "data", "--host", EVERY_ADDRESS, "--public-url", "https://hub.example")
    with bare.running("hub", *arguments) as running:
        ready = msgspec.json.decode(running.first_line(), type=forms.HubReady)
        ended = running.end(signal.SIGINT)

    assert ready.url == "https://hub.example"
    assert (ended.code, ended.stdout) == (0, "")


def test_sync_forwards_what_the_hub_has_and_exits_with_1_for_an_error(synced: Finished) -> None:
    assert synced.code == 1
    result = synced.json(forms.Synced)
    assert (result.listed, result.forwarded) == (DOCUMENTS, DOCUMENTS - ERRORS)
    assert (result.errors, result.held, result.postponed, result.problems) == (ERRORS, 0, 0, {})


@pytest.mark.usefixtures("synced")
def test_sync_exits_with_0_when_there_is_nothing_new(installed: CommandLine) -> None:
    again = installed.run("sync", "--once")

    assert (again.code, again.stdout) == (0, "")
    assert again.stderr.startswith("0 forwarded, 0 errors")


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize("hub_url", [None, ""], ids=["with a hub", "without a hub configured"])
def test_status_tells_the_counts_whatever_is_configured(
    hub_url: str | None, installed: CommandLine
) -> None:
    variables = {} if hub_url is None else {"DOSSIERPOST_HUB_URL": hub_url}

    status = installed.run("status", "--json", **variables).json(forms.Status)

    assert (status.dossiers, status.linked, status.blocked) == (DOSSIERS, DOSSIERS, 0)
    assert (status.forwarded, status.acknowledged) == (DOCUMENTS - ERRORS, DOCUMENTS - ERRORS)
    assert (status.to_fetch, status.errors, status.held) == (0, ERRORS, 0)


@pytest.mark.usefixtures("synced")
def test_dossiers_come_with_their_package_and_their_counts(installed: CommandLine) -> None:
    dossiers = installed.run("dossiers", "--json").json(list[forms.DossierLine])

    assert len(dossiers) == DOSSIERS
    assert {each.accounting_package for each in dossiers} == {"Winbooks", "Adsolut"}
    assert sum(each.forwarded for each in dossiers) == DOCUMENTS - ERRORS
    assert sum(each.errors for each in dossiers) == ERRORS


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    ("status", "count"),
    [
        pytest.param((), DOCUMENTS, id="all"),
        pytest.param(("forwarded",), DOCUMENTS - ERRORS, id="forwarded"),
        pytest.param(("error",), ERRORS, id="error"),
        pytest.param(("held",), 0, id="held"),
        pytest.param(("to-fetch",), 0, id="to fetch"),
        pytest.param(("error", "forwarded"), DOCUMENTS, id="two"),
    ],
)
def test_documents_are_listed_by_status(
    status: tuple[str, ...], count: int, installed: CommandLine
) -> None:
    options = [option for each in status for option in ("--status", each)]

    documents = installed.run("documents", "--json", *options).json(list[forms.DocumentLine])

    assert len(documents) == count
    for document in documents:
        is_forwarded = document.status == "Forwarded"
        assert (document.path is not None, document.reason is None) == (is_forwarded, is_forwarded)
        assert document.path is None or Path(document.path).is_file()


@pytest.mark.usefixtures("synced")
def test_tables_have_one_line_a_row_where_there_is_no_terminal(installed: CommandLine) -> None:
    shown = installed.run("documents", "--status", "forwarded", "--limit", "5", COLUMNS="80")

    rows = [line for line in shown.stdout.splitlines() if " Forwarded " in line]
    assert len(rows) == 5
    assert all(Path(row.split()[-1]).is_file() for row in rows)


@pytest.mark.usefixtures("synced")
def test_an_error_is_fetched_again_when_a_person_asks_for_it(installed: CommandLine) -> None:
    (wrong,) = installed.run("documents", "--status", "error", "--json").json(
        list[forms.DocumentLine]
    )

    retried = installed.run("retry", wrong.document_id, "--json")
    again = installed.run("sync", "--once", "--json")

    assert (retried.code, again.code) == (0, 1)
    assert retried.json(forms.Accepted).accepted == [wrong.document_id]
    assert again.json(forms.Synced).errors == ERRORS


@pytest.mark.usefixtures("synced")
def test_retry_says_which_document_has_another_status(installed: CommandLine) -> None:
    ended = installed.run("retry", "no-such-document", "--json")

    assert (ended.code, ended.json(forms.Accepted).accepted) == (1, [])
    assert "no-such-document" in ended.stderr


@pytest.mark.usefixtures("synced")
def test_what_is_redelivered_is_not_delivered_twice(installed: CommandLine) -> None:
    before = sorted((installed.folder / "root").rglob("*"))

    planned = installed.run("redeliver", "--since", "2000-01-01", "--plan", "--json")
    asked = installed.run("redeliver", "--since", "2000-01-01", "--yes", "--json")
    installed.run("sync", "--once")

    assert (planned.code, asked.code) == (0, 0)
    plan, answer = planned.json(forms.Redelivery), asked.json(forms.Redelivery)
    assert plan.done is None
    assert plan.dossiers == answer.dossiers
    assert sum(each.listed or 0 for each in plan.dossiers) == DOCUMENTS
    assert answer.done == sum(bool(each.listed) for each in plan.dossiers)
    assert sorted((installed.folder / "root").rglob("*")) == before


@pytest.mark.usefixtures("synced")
def test_a_redelivery_that_nobody_confirms_is_not_asked_for(installed: CommandLine) -> None:
    asked = installed.run("redeliver", "--since", "2000-01-01")

    assert asked.code != 0
    assert "Ask for" in asked.stderr
    assert "listed again" in asked.stdout


@pytest.mark.usefixtures("synced")
def test_check_finds_a_good_set_up_good(installed: CommandLine) -> None:
    checked = installed.run("check", "--json")

    assert checked.code == 0
    findings = checked.json(forms.Checked).findings
    assert {finding.level for finding in findings} == {"good"}


def test_settings_tell_where_each_value_comes_from_and_no_secret(installed: CommandLine) -> None:
    shown = installed.run("settings", "--json")

    lines = {line.name: line for line in shown.json(list[forms.SettingLine])}
    secret = installed.settings["DOSSIERPOST_HUB_CLIENT_SECRET"]
    assert lines["DOSSIERPOST_HUB_URL"].source == "environment"
    assert lines["DOSSIERPOST_FLUSH"].source == "default"
    assert lines["DOSSIERPOST_HUB_CLIENT_SECRET"].value == "***"
    assert secret not in shown.stdout + installed.run("settings").stdout


@pytest.mark.usefixtures("synced")
@pytest.mark.parametrize(
    "arguments",
    [("sync", "--once"), ("redeliver", "--since", "2000-01-01")],
    ids=["sync", "redeliver"],
)
def test_a_dossier_that_no_hub_has_is_refused(
    arguments: tuple[str, ...], installed: CommandLine
) -> None:
    ended = installed.run(*arguments, "--dossier", "nobody")

    assert (ended.code, ended.stdout) == (2, "")
    assert "nobody" in ended.stderr


def test_a_held_document_is_released(command: CommandLine, inbox: Inbox) -> None:
    inbox.receive("letter.txt", "Dear client")
    inbox.receive("the same letter.txt", "Dear client")

    first = command.run("sync", "--once", "--json")
    shown = command.run("documents", "--json").json(list[forms.DocumentLine])
    released = command.run("release", "--all", "--json")
    second = command.run("sync", "--once", "--json")

    assert (first.code, first.json(forms.Synced).held) == (1, 1)
    [held] = [each for each in shown if each.detail == "held"]
    [placed] = [each for each in shown if each.status == "Forwarded"]
    assert held.repeats is not None
    assert held.repeats.document_id == placed.document_id
    assert len(released.json(forms.Accepted).accepted) == 1
    assert (second.code, second.json(forms.Synced).forwarded) == (0, 1)
    assert inbox.placed() == ["Dear client", "Dear client"]


def test_what_is_left_for_later_makes_sync_exit_with_75(command: CommandLine, inbox: Inbox) -> None:
    inbox.receive("letter.txt", "Dear client")
    (inbox.folder / "root" / "books").rmdir()
    (inbox.folder / "root" / "books").write_text("a file in the place of a folder")

    ended = command.run("sync", "--once", "--json")

    result = ended.json(forms.Synced)
    assert (ended.code, result.forwarded) == (75, 0)
    assert any("books" in problem for problem in result.problems.values())


# -- what scripts tell apart by exit code ------------------------------------------------------


def test_a_hub_that_does_not_answer_is_exit_4(bare: CommandLine) -> None:
    bare.settings = {
        "DOSSIERPOST_HUB_URL": "http://127.0.0.1:9",
        "DOSSIERPOST_HUB_CLIENT_SECRET": "a secret",
    }

    ended = bare.run("sync", "--once")

    assert (ended.code, ended.stdout) == (4, "")
    assert "Traceback" not in ended.stderr, ended.stderr


def test_a_missing_sign_in_is_exit_5(bare: CommandLine, hub: forms.HubReady) -> None:
    ended = bare.run("sync", "--once", DOSSIERPOST_HUB_URL=hub.url)

    assert (ended.code, ended.stdout) == (5, "")
    assert "dossierpost login" in ended.stderr


def test_a_problem_that_check_finds_is_exit_7(command: CommandLine, inbox: Inbox) -> None:
    books = inbox.folder / "root" / "books"
    books.rmdir()
    books.write_bytes(b"a file where the folder should be")

    ended = command.run("check", "--json")

    problems = [f for f in ended.json(forms.Checked).findings if f.level == "problem"]
    assert ended.code == 7
    assert [problem.subject for problem in problems] == [f"folder {books}"]


# -- the service -------------------------------------------------------------------------------


@contextmanager
def serving(command: CommandLine, inbox: Inbox, **variables: str) -> Iterator[Running]:
    """The service of an installation that knows its dossier; it works: it delivered a document."""
    assert command.run("sync", "--once").code == 0
    inbox.receive("letter.txt", "Dear client")
    with command.running("run", **variables) as service:
        until(lambda: inbox.placed() or service.process.poll() is not None, "the service works")
        yield service


def test_the_service_ends_in_order_at_ctrl_c(command: CommandLine, inbox: Inbox) -> None:
    with serving(command, inbox) as service:
        ended = service.end(signal.SIGINT)

    assert (ended.code, ended.stdout) == (0, "")
    assert "outcome=drained" in ended.stderr


def test_the_service_ends_in_order_at_sigterm_and_logs_json_lines_on_stderr(
    command: CommandLine, inbox: Inbox
) -> None:
    with serving(command, inbox, DOSSIERPOST_LOG_FORMAT="json") as service:
        ended = service.end(signal.SIGTERM)

    assert (ended.code, ended.stdout) == (0, "")
    lines = [msgspec.json.decode(line) for line in ended.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["started", "stopping", "stopped"]
    assert lines[-1]["outcome"] == "drained"


def test_a_sync_while_the_service_runs_is_done_by_the_service(
    command: CommandLine, inbox: Inbox
) -> None:
    with serving(command, inbox):
        inbox.receive("second.txt", "Dear sir")
        refused = command.run("sync", "--once")
        asked = command.run("sync", "--dossier", "baker", "--json")
        until(lambda: len(inbox.placed()) == 2, "the service fetched the second document")
        status = command.run("status", "--json").json(forms.Status)

    assert refused.code == 6
    assert (asked.code, asked.json(forms.Asked).asked) == (0, 1)
    assert status.forwarded + status.to_fetch == 2
