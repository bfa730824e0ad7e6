"""Numbers with check digits: enterprise and VAT numbers, accounts, payment references.

Belgian enterprise numbers start with 09, a range that is not given out, and Belgian accounts
belong to bank 999, which does not exist: right in form, nobody's in fact.
"""

from random import Random


def enterprise_number(rng: Random) -> str:
    """Ten digits, the last two being 97 minus the first eight modulo 97."""
    first = 9_000_000 + int(rng.random() * 999_999)
    return f"{first:08d}{97 - first % 97:02d}"


def luxembourg_vat(rng: Random) -> str:
    """LU, six digits, and those modulo 89."""
    first = 100_000 + int(rng.random() * 800_000)
    return f"LU{first}{first % 89:02d}"


def french_vat(rng: Random) -> str:
    """FR, a two-digit key, and a nine-digit number that passes the Luhn check."""
    siren = _with_luhn_digit(f"{10_000_000 + int(rng.random() * 80_000_000):08d}")
    key = (12 + 3 * (int(siren) % 97)) % 97
    return f"FR{key:02d}{siren}"


def location_number(rng: Random) -> str:
    """Thirteen digits with the GS1 check digit (scheme 0088)."""
    first = f"9{int(rng.random() * 10**11):011d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(first))
    return f"{first}{-weighted % 10}"


def belgian_iban(rng: Random) -> str:
    """BE, two check digits, bank 999, seven digits, and two more check digits."""
    account = 9_990_000_000 + int(rng.random() * 10_000_000)
    bban = f"{account}{account % 97 or 97:02d}"
    return f"BE{98 - int(bban + '111400') % 97:02d}{bban}"


def payment_reference(rng: Random) -> str:
    """A structured communication, +++123/4567/89012+++, with its modulo 97 check."""
    first = int(rng.random() * 10**10)
    digits = f"{first:010d}{first % 97 or 97:02d}"
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def _with_luhn_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the sum of its digits
    return f"{digits}{-total % 10}"
