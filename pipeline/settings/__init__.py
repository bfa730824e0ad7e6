"""Settings of the process: ``DOSSIERPOST_*`` variables, read once, frozen afterwards."""

from pipeline.settings.model import Settings
from pipeline.settings.reference import SettingLine, configuration_page, env_example, explain

__all__ = ["SettingLine", "Settings", "configuration_page", "env_example", "explain"]
