#include "decimal.h"

#include "wide.h"

#define WORD_POWER_MAX 19     /* 10**19 is the greatest power of ten below 2**64 */
#define COEFFICIENT_DIGITS 39 /* of 2**128 */

static const uint64_t POWERS[WORD_POWER_MAX + 1] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
    10000000000000000000ULL,
};

static Wide wide_from(const Decimal *value) {
    return wide_of(value->high, value->low);
}

static bool set(Decimal *result, const Wide *coefficient, unsigned places, bool is_negative,
                Fault *fault) {
    Decimal value = {.places = (uint16_t)places, .is_negative = is_negative};
    if (places > DECIMAL_PLACES_MAX || !wide_to_words(coefficient, &value.high, &value.low)) {
        return fault_unsupported(fault);
    }
    *result = value;
    return true;
}

bool decimal_is_zero(const Decimal *value) {
    return (value->high | value->low) == 0;
}

static Decimal without_negative_zero(Decimal value) {
    value.is_negative = value.is_negative && !decimal_is_zero(&value);
    return value;
}

Decimal decimal_of_int(int64_t value) {
    bool is_negative = value < 0;
    uint64_t size = is_negative ? 0 - (uint64_t)value : (uint64_t)value;
    return (Decimal){.low = size, .is_negative = is_negative};
}

Decimal decimal_negative(const Decimal *value) {
    Decimal result = *value;
    result.is_negative = decimal_is_zero(value) ? value->is_negative : !value->is_negative;
    return result;
}

Decimal decimal_absolute(const Decimal *value) {
    Decimal result = *value;
    result.is_negative = false;
    return result;
}

/* Comparison and sums: both coefficients are brought to the same places. */

/* With more decimal places a coefficient of one word; false when it does not fit into one. */
static bool widen_word(const Decimal *value, unsigned places, uint64_t *word) {
    unsigned power = places - value->places;
    if (value->high != 0 || power > WORD_POWER_MAX || value->low > UINT64_MAX / POWERS[power]) {
        return false;
    }
    *word = value->low * POWERS[power];
    return true;
}

static unsigned most_places(const Decimal *left, const Decimal *right) {
    return left->places > right->places ? left->places : right->places;
}

/* Both coefficients with the places of the one that has more; false when one gets too long. */
static bool align(const Decimal *left, const Decimal *right, Wide *one, Wide *two) {
    unsigned places = most_places(left, right);
    *one = wide_from(left);
    *two = wide_from(right);
    return wide_scale(one, places - left->places) && wide_scale(two, places - right->places);
}

static int compare_words(uint64_t left, uint64_t right) {
    return (left > right) - (left < right);
}

static int compare_sizes(const Decimal *left, const Decimal *right) {
    uint64_t first, second;
    unsigned places = most_places(left, right);
    if (widen_word(left, places, &first) && widen_word(right, places, &second)) {
        return compare_words(first, second);
    }
    Wide one, two;
    if (align(left, right, &one, &two)) {
        return wide_compare(&one, &two);
    }
    /* What does not fit has fewer places, is not zero, and is greater than any coefficient. */
    return left->places < right->places ? 1 : -1;
}

int decimal_compare(const Decimal *left, const Decimal *right) {
    bool is_left_below = left->is_negative && !decimal_is_zero(left);
    bool is_right_below = right->is_negative && !decimal_is_zero(right);
    if (is_left_below != is_right_below) {
        return is_left_below ? -1 : 1;
    }
    int order = compare_sizes(left, right);
    return is_left_below ? -order : order;
}

/* The sum of `left` and `right`, the sign of `right` being `is_negative`. */
static bool add_signed(const Decimal *left, const Decimal *right, bool is_negative,
                       Decimal *result, Fault *fault) {
    unsigned places = most_places(left, right);
    Wide one, two;
    if (!align(left, right, &one, &two)) {
        return fault_unsupported(fault);
    }
    if (left->is_negative == is_negative) {
        return wide_add(&one, &two) ? set(result, &one, places, is_negative, fault)
                                    : fault_unsupported(fault);
    }
    int order = wide_compare(&one, &two);
    if (order < 0) {
        wide_subtract(&two, &one);
        return set(result, &two, places, is_negative, fault);
    }
    wide_subtract(&one, &two);
    return set(result, &one, places, order != 0 && left->is_negative, fault);
}

/* The same for coefficients of one word, which is nearly always enough; false when it is not. */
static bool add_words(const Decimal *left, const Decimal *right, bool is_negative,
                      Decimal *result) {
    unsigned places = most_places(left, right);
    uint64_t one, two;
    if (!widen_word(left, places, &one) || !widen_word(right, places, &two)) {
        return false;
    }
    Decimal sum = {.places = (uint16_t)places, .is_negative = left->is_negative};
    if (left->is_negative == is_negative) {
        if (one > UINT64_MAX - two) {
            return false;
        }
        sum.low = one + two;
    } else {
        sum.low = one > two ? one - two : two - one;
        sum.is_negative = one > two ? left->is_negative : one < two && is_negative;
    }
    *result = sum;
    return true;
}

bool decimal_add(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault) {
    return add_words(left, right, right->is_negative, result) ||
           add_signed(left, right, right->is_negative, result, fault);
}

bool decimal_subtract(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault) {
    return add_words(left, right, !right->is_negative, result) ||
           add_signed(left, right, !right->is_negative, result, fault);
}

/* Products and quotients. */

bool decimal_multiply(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault) {
    unsigned places = (unsigned)left->places + right->places;
    bool is_negative = left->is_negative != right->is_negative;
    bool are_words = left->high == 0 && right->high == 0;
    if (are_words && (left->low == 0 || right->low <= UINT64_MAX / left->low)) {
        Wide product = wide_of(0, left->low * right->low);
        return set(result, &product, places, is_negative, fault);
    }
    Wide one = wide_from(left), two = wide_from(right);
    Wide product = wide_product(&one, &two);
    return set(result, &product, places, is_negative, fault);
}

bool integer_multiply(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault) {
    if (!decimal_multiply(left, right, result, fault)) {
        return false;
    }
    *result = without_negative_zero(*result);
    return true;
}

/* Whether twice the rest is more than (1), just (0) or less than (-1) the divisor. */
static int compare_to_half(const Wide *rest, const Wide *divisor) {
    Wide twice = *rest;
    bool fits = wide_add(&twice, rest);
    return fits ? wide_compare(&twice, divisor) : 1;
}

bool decimal_divide(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault) {
    if (decimal_is_zero(right)) {
        return fault_of(fault, FAULT_ZERO);
    }
    unsigned places = most_places(left, right);
    places = places < QUOTIENT_PLACES ? QUOTIENT_PLACES : places;
    Wide whole = wide_from(left), divisor = wide_from(right);
    if (!wide_scale(&whole, places - left->places + right->places)) {
        return fault_unsupported(fault);
    }
    Wide rest = wide_divide(&whole, &divisor);
    Wide more = wide_of(0, compare_to_half(&rest, &divisor) > 0);
    wide_add(&whole, &more); /* fits: there is only a rest when the divisor is above 1 */
    bool is_negative = left->is_negative != right->is_negative && !wide_is_zero(&whole);
    return set(result, &whole, places, is_negative, fault);
}

bool decimal_shift(const Decimal *value, unsigned power, Decimal *result, Fault *fault) {
    if (value->places + power > QUOTIENT_PLACES) {
        Decimal divisor;
        Wide coefficient = wide_of(0, 1);
        return (wide_scale(&coefficient, power) || fault_unsupported(fault)) &&
               set(&divisor, &coefficient, 0, false, fault) &&
               decimal_divide(value, &divisor, result, fault);
    }
    *result = *value;
    result->places = (uint16_t)(value->places + power);
    return true;
}

/* The whole quotient and the rest of the sizes; false when the right one is zero or the numbers
 * get too long. */
static bool divide_sizes(const Decimal *left, const Decimal *right, Wide *whole, Wide *rest,
                         Fault *fault) {
    if (decimal_is_zero(right)) {
        return fault_of(fault, FAULT_ZERO);
    }
    Wide divisor;
    if (!align(left, right, whole, &divisor)) {
        return fault_unsupported(fault);
    }
    *rest = wide_divide(whole, &divisor);
    return true;
}

bool decimal_divide_whole(const Decimal *left, const Decimal *right, Decimal *result,
                          Fault *fault) {
    Wide whole, rest;
    if (!divide_sizes(left, right, &whole, &rest, fault)) {
        return false;
    }
    bool is_negative = left->is_negative != right->is_negative && !wide_is_zero(&whole);
    return set(result, &whole, 0, is_negative, fault);
}

bool decimal_remainder(const Decimal *left, const Decimal *right, Decimal *result, Fault *fault) {
    Wide whole, rest;
    if (!divide_sizes(left, right, &whole, &rest, fault)) {
        return false;
    }
    bool is_negative = left->is_negative && !wide_is_zero(&rest);
    return set(result, &rest, most_places(left, right), is_negative, fault);
}

/* Whole numbers. */

typedef struct {
    Decimal whole; /* the size without its fraction */
    bool has_fraction;
    int half; /* how the fraction compares to one half */
} Split;

static Split split_word(uint64_t value, unsigned places) {
    uint64_t power = POWERS[places];
    uint64_t rest = value % power;
    return (Split){{.low = value / power}, rest != 0, compare_words(rest, power - rest)};
}

static Split split(const Decimal *value) {
    if (value->high == 0 && value->places <= WORD_POWER_MAX) {
        return split_word(value->low, value->places);
    }
    Split parts = {.has_fraction = !decimal_is_zero(value), .half = -1};
    if (value->places >= COEFFICIENT_DIGITS) {
        return parts; /* 10**39 is more than twice any coefficient */
    }
    Wide whole = wide_from(value), power = wide_of(0, 1);
    wide_scale(&power, value->places);
    Wide rest = wide_divide(&whole, &power);
    wide_to_words(&whole, &parts.whole.high, &parts.whole.low);
    parts.has_fraction = !wide_is_zero(&rest);
    parts.half = compare_to_half(&rest, &power);
    return parts;
}

/* A size with its sign, one greater if asked. That fits: a number with a fraction is divided by ten
 * at least. */
static Decimal whole_of(const Split *parts, bool is_greater, bool is_negative) {
    Decimal whole = parts->whole;
    whole.low += is_greater;
    whole.high += is_greater && whole.low == 0;
    whole.is_negative = is_negative;
    return without_negative_zero(whole);
}

Decimal decimal_round(const Decimal *value) {
    Split parts = split(value);
    bool is_greater = value->is_negative ? parts.half > 0 : parts.half >= 0;
    return whole_of(&parts, is_greater, value->is_negative);
}

Decimal decimal_floor(const Decimal *value) {
    Split parts = split(value);
    return whole_of(&parts, parts.has_fraction && value->is_negative, value->is_negative);
}

Decimal decimal_ceiling(const Decimal *value) {
    Split parts = split(value);
    return whole_of(&parts, parts.has_fraction && !value->is_negative, value->is_negative);
}

Decimal decimal_truncate(const Decimal *value) {
    Split parts = split(value);
    return whole_of(&parts, false, value->is_negative);
}

bool decimal_to_int(const Decimal *value, int64_t *result) {
    Split parts = split(value);
    uint64_t most = (uint64_t)INT64_MAX + value->is_negative;
    if (parts.has_fraction || parts.whole.high != 0 || parts.whole.low > most) {
        return false;
    }
    *result = (int64_t)(value->is_negative ? 0 - parts.whole.low : parts.whole.low);
    return true;
}
