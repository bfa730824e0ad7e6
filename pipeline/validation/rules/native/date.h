#ifndef RULES_DATE_H
#define RULES_DATE_H

/* xs:date as minutes, which orders dates of different time zones; without a zone it is UTC. */

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

typedef int64_t Date; /* minutes since year 0; compare with < and == */

/* FAULT_NO_DATE. The runtime writes a date as the empty text, so there is no date_text. */
bool date_parse(Text text, Date *result, Fault *fault);

#endif
