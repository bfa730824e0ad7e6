"""Finds the profiles: modules of `pipeline.validation.profiles`, each with a function ``build``.

``build`` is given the layers that invoices are checked with, and returns the `Profile`; nothing
else in the project need name the module.
"""

import pkgutil
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from pipeline.validation.profile import Layer, Profile

Build = Callable[[Sequence[Layer]], Profile]

_PROFILES = "pipeline.validation.profiles"
_FOLDER = Path(__file__).parent / "profiles"


def find_profiles(invoice_layers: Sequence[Layer]) -> Sequence[Profile]:
    """All profiles, by the names of their modules."""
    names = sorted(module.name for module in pkgutil.iter_modules([str(_FOLDER)]))
    builds: list[Build] = [import_module(f"{_PROFILES}.{name}").build for name in names]
    return [build(invoice_layers) for build in builds]
