"""Where documents go: path templates, safe names, folder keys and drive diagnosis, all pure.

Rules of POSIX and of Windows hold on any machine, because the platform is a value.
"""

from pipeline.domain.paths.clashes import LocationClash, location_clash
from pipeline.domain.paths.components import folder_key, name_key, safe_component, slug
from pipeline.domain.paths.drives import Diagnosis, Drive, DriveKind, diagnose_location
from pipeline.domain.paths.filenames import beside, check_pattern, file_base_name, with_suffix
from pipeline.domain.paths.locations import Platform, TemplateRefused
from pipeline.domain.paths.templates import PathTemplate, name_room
from pipeline.domain.paths.values import DocumentValues

__all__ = [
    "Diagnosis",
    "DocumentValues",
    "Drive",
    "DriveKind",
    "LocationClash",
    "PathTemplate",
    "Platform",
    "TemplateRefused",
    "beside",
    "check_pattern",
    "diagnose_location",
    "file_base_name",
    "folder_key",
    "location_clash",
    "name_key",
    "name_room",
    "safe_component",
    "slug",
    "with_suffix",
]
