"""The native value layer in Python's terms: values in, out a value, a fault or `UNSUPPORTED`."""

import ctypes
from collections.abc import Sequence
from ctypes import POINTER, Structure, Union, byref, c_bool, c_double, c_int, c_int64, c_void_p
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Self

from tests.native.build import values_library

ARENA_MAX = 16 << 20
FAULT_UNSUPPORTED = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A dynamic error, with the words that a person reads."""

    words: str


UNSUPPORTED = "unsupported"


class CText(Structure):
    _fields_ = (("at", c_void_p), ("size", ctypes.c_uint32))


class CFault(Structure):
    _fields_ = (
        ("kind", c_int), ("text", CText), ("other", CText), ("count", ctypes.c_uint64),
    )  # fmt: skip


class CDecimal(Structure):
    _fields_ = (
        ("high", ctypes.c_uint64), ("low", ctypes.c_uint64),
        ("places", ctypes.c_uint16), ("is_negative", c_bool),
    )  # fmt: skip


class CValue(Union):
    _fields_ = (("exact", CDecimal), ("inexact", c_double))


class CNumber(Structure):
    _fields_ = (("kind", c_int), ("value", CValue))


class CArena(Structure):
    _fields_ = (
        ("first", c_void_p), ("current", c_void_p), ("used", ctypes.c_size_t),
        ("held", ctypes.c_size_t), ("bytes_max", ctypes.c_size_t), ("is_full", c_bool),
    )  # fmt: skip


INTEGER, DECIMAL, DOUBLE = range(3)
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")


@lru_cache(maxsize=256)
def function(name: str, result: Any, *arguments: Any) -> Any:
    """A function of the library with its types declared."""
    found = values_library()[name]
    found.restype, found.argtypes = result, arguments
    return found


class Session:
    """An arena, and the memory of the arguments that were given to the library."""

    def __init__(self, bytes_max: int = ARENA_MAX) -> None:
        self._arena = CArena()
        self._kept: list[Any] = []
        function("arena_start", None, POINTER(CArena), ctypes.c_size_t)(
            byref(self._arena), bytes_max
        )

    @property
    def arena(self) -> Any:
        return byref(self._arena)

    def close(self) -> None:
        function("arena_end", None, POINTER(CArena))(self.arena)

    def text(self, text: str | bytes) -> CText:
        """An argument; its memory ends where it ends, so that a step behind it is noticed."""
        data = text.encode() if isinstance(text, str) else text
        memory = ctypes.create_string_buffer(data, len(data)) if data else None
        self._kept.append(memory)
        return CText(ctypes.addressof(memory) if memory else None, len(data))

    def decimal(self, value: Decimal | int) -> CDecimal:
        sign, digits, exponent = Decimal(value).as_tuple()
        coefficient = int("".join(map(str, digits)) or "0")
        if int(exponent) > 0:
            coefficient *= 10 ** int(exponent)
        assert coefficient < 1 << 128
        places = max(0, -int(exponent))
        return CDecimal(coefficient >> 64, coefficient & (1 << 64) - 1, places, bool(sign))

    def number(self, value: Any) -> CNumber:
        number = CNumber()
        if isinstance(value, float):
            number.kind, number.value.inexact = DOUBLE, value
        else:
            number.kind = INTEGER if isinstance(value, int) else DECIMAL
            number.value.exact = self.decimal(value)
        return number

    def said(self, text: CText) -> str:
        """A result."""
        return self.bytes_of(text).decode()

    def bytes_of(self, text: CText) -> bytes:
        return ctypes.string_at(text.at, text.size) if text.size else b""

    def words(self, fault: CFault) -> Fault | str:
        """What the library says about a fault."""
        if fault.kind == FAULT_UNSUPPORTED:
            return UNSUPPORTED
        words = CText()
        tell = function("fault_words", c_bool, POINTER(CFault), POINTER(CArena), POINTER(CText))
        assert tell(byref(fault), self.arena, byref(words))
        return Fault(self.bytes_of(words).decode(errors="replace"))


def decimal_from(value: CDecimal) -> Decimal:
    coefficient = value.high << 64 | value.low
    digits = tuple(map(int, str(coefficient)))
    return Decimal((int(value.is_negative), digits, -value.places))


def number_from(number: CNumber) -> Decimal | float:
    if number.kind == DOUBLE:
        return float(number.value.inexact)
    exact = decimal_from(number.value.exact)
    if number.kind == DECIMAL:
        return exact
    assert number.value.exact.places == 0
    assert not (exact.is_zero() and exact.is_signed()), "an integer has no negative zero"
    return int(exact)


def _in_session(work: Any) -> Any:
    session = Session()
    try:
        return work(session)
    finally:
        session.close()


def attempt(name: str, *arguments: Any, result: Any, read: Any, arena: bool = True) -> Any:
    """Call a function that can fail; an argument is a text or a pair of a maker and a value."""

    def work(session: Session) -> Any:
        given = [_given(session, one) for one in arguments]
        out, fault = result(), CFault()
        if arena:
            given.append(session.arena)
        types = [_type_of(one) for one in given]
        call = function(name, c_bool, *types, c_void_p, c_void_p)
        if call(*given, byref(out), byref(fault)):
            return read(session, out)
        return session.words(fault)

    return _in_session(work)


def _given(session: Session, argument: Any) -> Any:
    if isinstance(argument, (str, bytes)):
        return session.text(argument)
    if isinstance(argument, (CDecimal, CNumber)):
        return byref(argument)
    return argument


def _type_of(given: Any) -> Any:
    return type(given) if isinstance(given, CText | ctypes.c_size_t) else c_void_p


def _said(session: Session, text: CText) -> str:
    return session.said(text)


def parse(name: str, text: str | bytes) -> Any:
    """``decimal_parse`` and its like."""
    kinds: dict[str, tuple[Any, Any]] = {
        "decimal_parse": (CDecimal, lambda _, value: decimal_from(value)),
        "integer_parse": (CDecimal, lambda _, value: int(decimal_from(value))),
        "double_parse": (c_double, lambda _, value: value.value),
        "boolean_parse": (c_bool, lambda _, value: value.value),
        "date_parse": (c_int64, lambda _, value: value.value),
    }
    result, read = kinds[name]
    return attempt(name, text, result=result, read=read, arena=False)


def calculate(name: str, *values: Decimal | float) -> Any:
    """An operation of number.h on one or two numbers that can fail."""
    numbers = [Session().number(value) for value in values]
    read = lambda _, number: number_from(number)  # noqa: E731
    return attempt(name, *numbers, result=CNumber, read=read, arena=False)


def calculate_exactly(name: str, *values: Decimal) -> Any:
    """An operation of decimal.h that can fail."""
    decimals = [Session().decimal(value) for value in values]
    read = lambda _, value: decimal_from(value)  # noqa: E731
    return attempt(name, *decimals, result=CDecimal, read=read, arena=False)


def shift(value: Decimal, power: int) -> Any:
    """``decimal_shift``."""

    def work(session: Session) -> Any:
        out, fault = CDecimal(), CFault()
        call = function("decimal_shift", c_bool, c_void_p, ctypes.c_uint, c_void_p, c_void_p)
        if call(byref(session.decimal(value)), power, byref(out), byref(fault)):
            return decimal_from(out)
        return session.words(fault)

    return _in_session(work)


def changed(name: str, value: Decimal | float) -> Decimal | float:
    """An operation of number.h on one number that cannot fail."""
    return number_from(function(name, CNumber, c_void_p)(byref(Session().number(value))))


def cast_number(name: str, value: Decimal | float) -> Any:
    """``number_to_decimal`` and ``number_to_integer``."""
    read = lambda _, one: decimal_from(one)  # noqa: E731
    return attempt(name, Session().number(value), result=CDecimal, read=read, arena=False)


def to_double(value: Decimal | float) -> float:
    return float(function("number_to_double", c_double, c_void_p)(byref(Session().number(value))))


def truth(value: Decimal | float) -> bool:
    return bool(function("number_truth", c_bool, c_void_p)(byref(Session().number(value))))


def relation(symbol: str, left: Decimal | float, right: Decimal | float) -> bool:
    call = function("relation_of_numbers", c_bool, c_int, c_void_p, c_void_p)
    first, second = (Session().number(value) for value in (left, right))
    return bool(call(RELATIONS.index(symbol), byref(first), byref(second)))


def extreme(values: Sequence[Decimal | float], is_greatest: bool) -> Decimal | float:
    numbers = (CNumber * len(values))(*[Session().number(value) for value in values])
    call = function("number_extreme", CNumber, c_void_p, ctypes.c_size_t, c_bool)
    return number_from(call(numbers, len(values), is_greatest))


def number_text(value: Decimal | float) -> Any:
    return attempt("number_text", Session().number(value), result=CText, read=_said)


def substring(text: str, start: Decimal | float, length: Decimal | float | None) -> Any:
    given = [Session().number(start), None if length is None else Session().number(length)]
    return attempt("number_substring", text, *given, result=CText, read=_said, arena=False)


def change_text(name: str, *texts: str | bytes) -> Any:
    """A function of text.h that makes a text of texts."""
    return attempt(name, *texts, result=CText, read=_said)


def part_of(name: str, *texts: str) -> str:
    """``text_before`` and its like, which cannot fail."""

    def work(session: Session) -> str:
        call = function(name, CText, *([CText] * len(texts)))
        return session.said(call(*[session.text(text) for text in texts]))

    return str(_in_session(work))


def ask(name: str, *texts: str | bytes, result: Any = c_bool) -> Any:
    """A question about texts."""

    def work(session: Session) -> Any:
        call = function(name, result, *([CText] * len(texts)))
        return call(*[session.text(text) for text in texts])

    return _in_session(work)


def text_slice(text: str, first: int, end: int) -> str:
    def work(session: Session) -> str:
        call = function("text_slice", CText, CText, c_int64, c_int64)
        return session.said(call(session.text(text), first, end))

    return str(_in_session(work))


def join(parts: Sequence[str], between: str) -> Any:
    def work(session: Session) -> Any:
        texts = (CText * max(1, len(parts)))(*[session.text(part) for part in parts])
        out, fault = CText(), CFault()
        call = function(
            "text_join", c_bool, c_void_p, ctypes.c_size_t, CText, c_void_p, c_void_p, c_void_p
        )
        given = (texts, len(parts), session.text(between), session.arena)
        if call(*given, byref(out), byref(fault)):
            return session.said(out)
        return session.words(fault)

    return _in_session(work)


def codepoints(text: str | bytes) -> Any:
    def work(session: Session) -> Any:
        out, count, fault = POINTER(ctypes.c_uint32)(), ctypes.c_uint32(), CFault()
        call = function("text_codepoints", c_bool, CText, c_void_p, c_void_p, c_void_p, c_void_p)
        given = (session.text(text), session.arena)
        if call(*given, byref(out), byref(count), byref(fault)):
            return out[: count.value]
        return session.words(fault)

    return _in_session(work)


def from_codepoints(points: Sequence[int]) -> Any:
    array = (c_int64 * max(1, len(points)))(*points)
    return attempt(
        "text_from_codepoints", array, ctypes.c_size_t(len(points)), result=CText, read=_said
    )


class Pattern:
    """A compiled pattern, or None in `handle` where it is not supported."""

    def __init__(self, source: str | bytes, flags: str = "") -> None:
        self._session = Session()
        self.handle = c_void_p()
        call = function("pattern_compile", c_bool, CText, CText, c_void_p, c_void_p, c_void_p)
        given = (self._session.text(source), self._session.text(flags), self._session.arena)
        self._is_supported = call(*given, byref(self.handle), byref(CFault()))

    @property
    def is_supported(self) -> bool:
        return bool(self._is_supported)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def matches(self, text: str | bytes) -> Any:
        read = lambda _, found: found.value  # noqa: E731
        return self._attempt("pattern_matches", text, result=c_bool, read=read)

    def replace(self, text: str | bytes, replacement: str | bytes) -> Any:
        return self._attempt("pattern_replace", text, replacement, result=CText, read=_said)

    def _attempt(self, name: str, *texts: str | bytes, result: Any, read: Any) -> Any:
        if not self.is_supported:
            return UNSUPPORTED
        return attempt(name, self.handle, *texts, result=result, read=read)

    def tokenize(self, text: str | bytes) -> Any:
        if not self.is_supported:
            return UNSUPPORTED
        return _in_session(lambda session: self._parts(session, text))

    def _parts(self, session: Session, text: str | bytes) -> Any:
        out, count, fault = POINTER(CText)(), ctypes.c_uint32(), CFault()
        call = function(
            "pattern_tokenize", c_bool, c_void_p, CText, c_void_p, c_void_p, c_void_p, c_void_p
        )
        given = (self.handle, session.text(text), session.arena)
        if call(*given, byref(out), byref(count), byref(fault)):
            return [session.said(part) for part in out[: count.value]]
        return session.words(fault)
