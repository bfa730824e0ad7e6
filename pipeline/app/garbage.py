"""The garbage collector of a process that does nothing but sync.

Looking for reference cycles takes a quarter of the start, in which there are none to speak of, and
8 % of the CPU later on, where documents are freed by their reference counts.
"""

import gc

_NEW_OBJECTS = 10_000


def hold_collector() -> None:
    """Look for nothing until `spare_collector`: what is made at start stays until the end."""
    gc.disable()


def spare_collector() -> None:
    """Look for reference cycles rarely, and never among what there is now."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
    gc.enable()
