"""Compose the check of a set-up."""

from anyio import to_thread

from pipeline.app.hubs import dossier_links, open_hubs
from pipeline.app.platform import make_disk, platform_of_this_machine
from pipeline.app.report import open_state
from pipeline.connectors.disks.windows.drives import drives_here
from pipeline.domain.errors import PipelineError
from pipeline.settings import Settings
from pipeline.usecases.check_setup import CheckFinding, CheckReport, CheckSetup, Level


async def run_check(settings: Settings) -> CheckReport:
    """Look at everything that the settings lead to.

    Raises:
        ConfigurationError: no hub is configured.
    """
    state = await _of_state(settings)
    async with open_hubs(settings) as hubs:
        rest = await CheckSetup(
            hubs=hubs,
            disk=make_disk(),
            platform=platform_of_this_machine(),
            root=str(settings.root) if settings.root else None,
            min_free_bytes=settings.min_free_bytes,
            drives=drives_here(),
            links=await to_thread.run_sync(dossier_links, settings),
        )()
    return CheckReport((state, *rest.findings))


async def _of_state(settings: Settings) -> CheckFinding:
    subject = f"state {settings.state_dir}"
    try:
        async with open_state(settings) as state:
            installation_id = await state.installation_id()
    except PipelineError as error:
        return CheckFinding(subject, Level.PROBLEM, str(error))
    return CheckFinding(
        subject, Level.GOOD, f"readable and writable, installation {installation_id}."
    )
