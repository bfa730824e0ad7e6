"""What the Python runtime says to the same question."""

from collections.abc import Callable
from decimal import localcontext
from typing import Any

from hypothesis import strategies as st

from pipeline.validation.rules.runtime.errors import DynamicError
from pipeline.validation.rules.runtime.values import EXACT
from tests.native.values import UNSUPPORTED, Fault

PLAIN_TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
ODD_TEXTS = st.text(
    st.sampled_from(
        "aAbB .,-+0123456789eE \t\r\n\u00a0\u0085\u2028ßéÉ\u0130\u0131ΣςΩ€\u0301\U0001f600$^"
    ),
    max_size=20,
)
TEXTS = PLAIN_TEXTS | ODD_TEXTS
"""Any text that an XML document can have, and texts of characters that are special somewhere."""


def python(function: Callable[..., Any], *arguments: Any) -> Any:
    """The value, or the fault with its words."""
    try:
        with localcontext(EXACT):
            return function(*arguments)
    except DynamicError as error:
        return Fault(str(error))


def agree(native: Any, expected: Any) -> bool:
    """Whether both say the same, in the same type, or the native engine does not want to answer."""
    return native == UNSUPPORTED or (type(native), repr(native)) == (type(expected), repr(expected))
