"""What an expression raises when it has no value."""


class DynamicError(Exception):
    """XPath's dynamic error: the text is no number, there are two items where one may be, ..."""


FAULTS = (DynamicError, ArithmeticError, RecursionError)
"""What makes an assertion impossible to evaluate; anything else is a bug."""
