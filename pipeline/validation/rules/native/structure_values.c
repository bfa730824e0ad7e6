#include "structure_values.h"

#include <string.h>

#define DIGITS_MAX 18 /* of a decimal number, in all */
#define FRACTION_MAX 9
#define LANGUAGE_PART_MAX 8

/* What is left to read. */
typedef struct {
    const char *at;
    const char *end;
} Rest;

bool is_xml_space(char character)
{
    return character == ' ' || character == '\n' || character == '\t' || character == '\r';
}

static bool is_digit(char character) { return character >= '0' && character <= '9'; }

static bool is_letter(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

static bool is_one_of(char character, const char *characters)
{
    return character != '\0' && strchr(characters, character) != NULL;
}

static bool take(Rest *rest, char character)
{
    bool is_there = rest->at < rest->end && *rest->at == character;
    rest->at += is_there;
    return is_there;
}

static unsigned take_digits(Rest *rest)
{
    const char *start = rest->at;
    while (rest->at < rest->end && is_digit(*rest->at))
        rest->at++;
    return (unsigned)(rest->at - start);
}

/* A number of exactly so many digits, between two others. */
static bool take_number(Rest *rest, int digits, int least, int most, int *number)
{
    if (rest->end - rest->at < digits)
        return false;
    *number = 0;
    for (int digit = 0; digit < digits; digit++, rest->at++) {
        if (!is_digit(*rest->at))
            return false;
        *number = *number * 10 + (*rest->at - '0');
    }
    return *number >= least && *number <= most;
}

static bool is_decimal(Rest rest)
{
    if (!take(&rest, '-'))
        take(&rest, '+');
    unsigned digits = take_digits(&rest);
    if (take(&rest, '.'))
        digits += take_digits(&rest);
    return digits > 0 && digits <= DIGITS_MAX && rest.at == rest.end;
}

static bool is_word(Rest rest, const char *word)
{
    size_t size = strlen(word);
    return (size_t)(rest.end - rest.at) == size && memcmp(rest.at, word, size) == 0;
}

static bool is_boolean(Rest rest)
{
    return is_word(rest, "true") || is_word(rest, "false") || is_word(rest, "1") ||
           is_word(rest, "0");
}

static int days_of(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && is_leap);
}

static bool take_date(Rest *rest)
{
    int year, month, day;
    return take_number(rest, 4, 1, 9999, &year) && take(rest, '-') &&
           take_number(rest, 2, 1, 12, &month) && take(rest, '-') &&
           take_number(rest, 2, 1, days_of(year, month), &day);
}

static bool take_time(Rest *rest)
{
    int number;
    bool is_time = take_number(rest, 2, 0, 23, &number) && take(rest, ':') &&
                   take_number(rest, 2, 0, 59, &number) && take(rest, ':') &&
                   take_number(rest, 2, 0, 59, &number);
    if (!is_time || !take(rest, '.'))
        return is_time;
    unsigned digits = take_digits(rest);
    return digits > 0 && digits <= FRACTION_MAX;
}

/* A time zone and the end, or the end alone. */
static bool is_zone(Rest rest)
{
    int number;
    if (rest.at == rest.end || (take(&rest, 'Z') && rest.at == rest.end))
        return true;
    return (take(&rest, '+') || take(&rest, '-')) && take_number(&rest, 2, 0, 13, &number) &&
           take(&rest, ':') && take_number(&rest, 2, 0, 59, &number) && rest.at == rest.end;
}

static bool is_date(Rest rest) { return take_date(&rest) && is_zone(rest); }

static bool is_time(Rest rest) { return take_time(&rest) && is_zone(rest); }

static bool is_date_time(Rest rest)
{
    return take_date(&rest) && take(&rest, 'T') && take_time(&rest) && is_zone(rest);
}

static bool is_language(Rest rest)
{
    for (bool is_first = true;; is_first = false) {
        const char *start = rest.at;
        while (rest.at < rest.end && (is_letter(*rest.at) || (!is_first && is_digit(*rest.at))))
            rest.at++;
        if (rest.at == start || rest.at - start > LANGUAGE_PART_MAX)
            return false;
        if (rest.at == rest.end)
            return true;
        if (!take(&rest, '-'))
            return false;
    }
}

static void take_characters(Rest *rest, const char *others)
{
    while (rest->at < rest->end &&
           (is_letter(*rest->at) || is_digit(*rest->at) || is_one_of(*rest->at, others)))
        rest->at++;
}

/* What is a scheme before the first colon, if there is one before any slash; "//host" after it,
 * then a path, and a query and a fragment. No ports, no names of users, no percent signs. */
static bool is_uri(Rest rest)
{
    Rest scheme = rest;
    take_characters(&scheme, "+-.");
    bool has_scheme = scheme.at > rest.at && is_letter(*rest.at) && take(&scheme, ':');
    if (has_scheme)
        rest = scheme;
    if (rest.end - rest.at >= 2 && rest.at[0] == '/' && rest.at[1] == '/') {
        rest.at += 2;
        take_characters(&rest, "-.");
        if (rest.at < rest.end && !is_one_of(*rest.at, "/?#"))
            return false;
        take_characters(&rest, "-._~/:");
    } else if (has_scheme) {
        take_characters(&rest, "-._~/:");
    } else {
        take_characters(&rest, "-._~/");
    }
    if (take(&rest, '?'))
        take_characters(&rest, "-._~/:=&");
    if (take(&rest, '#'))
        take_characters(&rest, "-._~/:=&");
    return rest.at == rest.end;
}

static bool rest_is(ValueKind kind, Rest rest)
{
    switch (kind) {
    case VALUE_TEXT:
        return true;
    case VALUE_DECIMAL:
        return is_decimal(rest);
    case VALUE_BOOLEAN:
        return is_boolean(rest);
    case VALUE_DATE:
        return is_date(rest);
    case VALUE_TIME:
        return is_time(rest);
    case VALUE_DATE_TIME:
        return is_date_time(rest);
    case VALUE_LANGUAGE:
        return is_language(rest);
    case VALUE_ANY_URI:
        return is_uri(rest);
    case VALUE_BASE_64:
    case VALUE_KINDS:
        break;
    }
    return false;
}

/* libxml2 refuses white space after a date or a time, where XSD allows it. */
static bool allows_space(ValueKind kind)
{
    return kind != VALUE_DATE && kind != VALUE_TIME && kind != VALUE_DATE_TIME;
}

bool value_is(ValueKind kind, const char *text, size_t size)
{
    Rest rest = {text, text + size};
    if (allows_space(kind)) {
        while (rest.at < rest.end && is_xml_space(*rest.at))
            rest.at++;
        while (rest.at < rest.end && is_xml_space(rest.end[-1]))
            rest.end--;
    }
    return rest_is(kind, rest);
}
