#include "wide.h"

#define LIMB_BITS 32
#define LIMB_BASE ((uint64_t)1 << LIMB_BITS)

static uint32_t upper_half(uint64_t value) {
    return (uint32_t)(value >> LIMB_BITS);
}

Wide wide_of(uint64_t high, uint64_t low) {
    return (Wide){{(uint32_t)low, upper_half(low), (uint32_t)high, upper_half(high)}};
}

/* How many limbs are in use. */
static int limbs_of(const Wide *value) {
    int count = WIDE_LIMBS;
    while (count > 0 && value->limbs[count - 1] == 0) {
        count--;
    }
    return count;
}

static uint64_t word_at(const Wide *value, int place) {
    return (uint64_t)value->limbs[place + 1] << LIMB_BITS | value->limbs[place];
}

bool wide_to_words(const Wide *value, uint64_t *high, uint64_t *low) {
    *high = word_at(value, 2);
    *low = word_at(value, 0);
    return limbs_of(value) <= 4;
}

bool wide_is_zero(const Wide *value) {
    return limbs_of(value) == 0;
}

int wide_compare(const Wide *left, const Wide *right) {
    for (int place = WIDE_LIMBS - 1; place >= 0; place--) {
        if (left->limbs[place] != right->limbs[place]) {
            return left->limbs[place] < right->limbs[place] ? -1 : 1;
        }
    }
    return 0;
}

bool wide_add(Wide *value, const Wide *right) {
    uint64_t carry = 0;
    for (int place = 0; place < WIDE_LIMBS; place++) {
        carry += (uint64_t)value->limbs[place] + right->limbs[place];
        value->limbs[place] = (uint32_t)carry;
        carry = upper_half(carry);
    }
    return carry == 0;
}

void wide_subtract(Wide *value, const Wide *right) {
    uint64_t borrow = 0;
    for (int place = 0; place < WIDE_LIMBS; place++) {
        uint64_t rest = (uint64_t)value->limbs[place] - right->limbs[place] - borrow;
        value->limbs[place] = (uint32_t)rest;
        borrow = upper_half(rest) & 1;
    }
}

bool wide_multiply_by(Wide *value, uint32_t factor) {
    uint64_t carry = 0;
    for (int place = 0; place < WIDE_LIMBS; place++) {
        carry += (uint64_t)value->limbs[place] * factor;
        value->limbs[place] = (uint32_t)carry;
        carry = upper_half(carry);
    }
    return carry == 0;
}

Wide wide_product(const Wide *left, const Wide *right) {
    Wide product = {{0}};
    for (int first = 0; first < WIDE_LIMBS / 2; first++) {
        uint64_t carry = 0;
        for (int second = 0; second < WIDE_LIMBS / 2; second++) {
            uint32_t *limb = &product.limbs[first + second];
            carry += (uint64_t)left->limbs[first] * right->limbs[second] + *limb;
            *limb = (uint32_t)carry;
            carry = upper_half(carry);
        }
        product.limbs[first + WIDE_LIMBS / 2] = (uint32_t)carry;
    }
    return product;
}

bool wide_scale(Wide *value, unsigned power_of_ten) {
    static const uint32_t POWERS[] = {1,      10,      100,      1000,      10000,
                                      100000, 1000000, 10000000, 100000000, 1000000000};
    if (wide_is_zero(value)) {
        return true;
    }
    if (power_of_ten > WIDE_POWER_MAX) {
        return false;
    }
    for (; power_of_ten >= 9; power_of_ten -= 9) {
        if (!wide_multiply_by(value, POWERS[9])) {
            return false;
        }
    }
    return wide_multiply_by(value, POWERS[power_of_ten]);
}

uint32_t wide_divide_by(Wide *value, uint32_t divisor) {
    uint64_t rest = 0;
    for (int place = limbs_of(value) - 1; place >= 0; place--) {
        uint64_t part = rest << LIMB_BITS | value->limbs[place];
        value->limbs[place] = (uint32_t)(part / divisor);
        rest = part % divisor;
    }
    return (uint32_t)rest;
}

static int leading_zeros(uint32_t limb) {
    int count = 0;
    for (uint32_t bit = (uint32_t)1 << (LIMB_BITS - 1); bit != 0 && !(limb & bit); bit >>= 1) {
        count++;
    }
    return count;
}

/* Moves limbs by less than one limb towards greater ones; `above` gets what leaves at the top. */
static void shift_up(uint32_t *limbs, int count, int bits, uint32_t *above) {
    uint32_t carry = 0;
    for (int place = 0; place < count; place++) {
        uint64_t moved = (uint64_t)limbs[place] << bits;
        limbs[place] = (uint32_t)moved | carry;
        carry = upper_half(moved);
    }
    *above = carry;
}

static void shift_down(uint32_t *limbs, int count, int bits) {
    for (int place = 0; place < count; place++) {
        uint64_t next = place + 1 < count ? limbs[place + 1] : 0;
        limbs[place] = (uint32_t)((next << LIMB_BITS | limbs[place]) >> bits);
    }
}

/* Takes `digit * divisor` from the limbs at `top`; when that is too much by one, takes one less.
 * Gives the digit of the quotient. */
static uint32_t take_away(uint32_t *top, const uint32_t *divisor, int count, uint64_t digit) {
    uint64_t carry = 0;
    uint64_t borrow = 0;
    for (int place = 0; place <= count; place++) {
        carry += place < count ? digit * divisor[place] : 0;
        uint64_t rest = (uint64_t)top[place] - (uint32_t)carry - borrow;
        top[place] = (uint32_t)rest;
        borrow = upper_half(rest) & 1;
        carry = upper_half(carry);
    }
    if (borrow == 0) {
        return (uint32_t)digit;
    }
    carry = 0;
    for (int place = 0; place <= count; place++) {
        carry += (uint64_t)top[place] + (place < count ? divisor[place] : 0);
        top[place] = (uint32_t)carry;
        carry = upper_half(carry);
    }
    return (uint32_t)(digit - 1);
}

/* A digit of the quotient, at most one too great. `high` and `next` are the first two limbs of the
 * divisor, whose first bit is set. */
static uint64_t guess(const uint32_t *top, int count, uint32_t high, uint32_t next) {
    uint64_t part = (uint64_t)top[count] << LIMB_BITS | top[count - 1];
    uint64_t digit = part / high;
    uint64_t rest = part % high;
    while (digit >= LIMB_BASE || digit * next > (rest << LIMB_BITS | top[count - 2])) {
        digit--;
        rest += high;
        if (rest >= LIMB_BASE) {
            break;
        }
    }
    return digit;
}

/* Source: Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D. */
Wide wide_divide(Wide *value, const Wide *divisor) {
    int count = limbs_of(divisor);
    if (count <= 1) {
        return wide_of(0, wide_divide_by(value, divisor->limbs[0]));
    }
    int shift = leading_zeros(divisor->limbs[count - 1]);
    uint32_t limbs[WIDE_LIMBS + 1];
    uint32_t ignored;
    Wide scaled = *divisor;
    for (int place = 0; place < WIDE_LIMBS; place++) {
        limbs[place] = value->limbs[place];
    }
    shift_up(scaled.limbs, WIDE_LIMBS, shift, &ignored);
    shift_up(limbs, WIDE_LIMBS, shift, &limbs[WIDE_LIMBS]);
    Wide quotient = {{0}};
    for (int place = WIDE_LIMBS - count; place >= 0; place--) {
        uint64_t digit =
            guess(limbs + place, count, scaled.limbs[count - 1], scaled.limbs[count - 2]);
        quotient.limbs[place] = take_away(limbs + place, scaled.limbs, count, digit);
    }
    shift_down(limbs, WIDE_LIMBS + 1, shift);
    Wide rest = {{0}};
    for (int place = 0; place < count; place++) {
        rest.limbs[place] = limbs[place];
    }
    *value = quotient;
    return rest;
}
