#include "date.h"

#define YEAR_DIGITS_MIN 4
#define YEAR_DIGITS_MAX 9
#define ZONE_MINUTES_MAX (14 * 60)
#define MINUTES_OF_DAY 1440

/* What is left to read. */
typedef struct {
    Text text;
    uint32_t place;
} Reader;

static bool is_at_end(const Reader *reader) {
    return reader->place == reader->text.size;
}

static bool take(Reader *reader, char byte) {
    bool is_there = !is_at_end(reader) && reader->text.at[reader->place] == byte;
    reader->place += is_there;
    return is_there;
}

/* At most `most` digits as a number; gives how many there were. */
static int take_digits(Reader *reader, int most, int64_t *number) {
    int count = 0;
    *number = 0;
    while (count < most && !is_at_end(reader)) {
        char byte = reader->text.at[reader->place];
        if (byte < '0' || byte > '9') {
            break;
        }
        *number = *number * 10 + (byte - '0');
        reader->place++;
        count++;
    }
    return count;
}

static bool take_two_digits(Reader *reader, int64_t *number) {
    return take_digits(reader, 2, number) == 2;
}

static int64_t floor_divide(int64_t left, int64_t right) {
    return left / right - (left % right < 0);
}

static bool is_leap_year(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t days_in(int64_t year, int64_t month) {
    static const int64_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return DAYS[month - 1] + (month == 2 && is_leap_year(year));
}

static int64_t days_before(int64_t year, int64_t month, int64_t day) {
    int64_t last = year - 1;
    int64_t leaps = floor_divide(last, 4) - floor_divide(last, 100) + floor_divide(last, 400);
    int64_t days = year * 365 + leaps + day;
    for (int64_t one = 1; one < month; one++) {
        days += days_in(year, one);
    }
    return days;
}

static bool take_day(Reader *reader, int64_t *days) {
    int64_t year, month, day;
    bool is_negative = take(reader, '-');
    if (take_digits(reader, YEAR_DIGITS_MAX, &year) < YEAR_DIGITS_MIN || !take(reader, '-') ||
        !take_two_digits(reader, &month) || !take(reader, '-') || !take_two_digits(reader, &day)) {
        return false;
    }
    year = is_negative ? -year : year;
    if (year == 0 || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
        return false;
    }
    *days = days_before(year, month, day);
    return true;
}

/* The minutes that a time zone is ahead; without one it is that of UTC. */
static bool take_zone(Reader *reader, int64_t *ahead) {
    *ahead = 0;
    if (is_at_end(reader) || take(reader, 'Z')) {
        return true;
    }
    bool is_negative = take(reader, '-');
    int64_t hours, minutes;
    if ((!is_negative && !take(reader, '+')) || !take_two_digits(reader, &hours) ||
        !take(reader, ':') || !take_two_digits(reader, &minutes) || minutes > 59) {
        return false;
    }
    *ahead = is_negative ? -(hours * 60 + minutes) : hours * 60 + minutes;
    return hours * 60 + minutes <= ZONE_MINUTES_MAX;
}

bool date_parse(Text text, Date *result, Fault *fault) {
    Reader reader = {.text = text_trim(text)};
    int64_t days, ahead;
    if (!take_day(&reader, &days) || !take_zone(&reader, &ahead) || !is_at_end(&reader)) {
        return fault_about(fault, FAULT_NO_DATE, text);
    }
    *result = days * MINUTES_OF_DAY - ahead;
    return true;
}
