/* Dates of header fields (RFC 5322 §3.3 with the obsolete forms), tolerant of junk around them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define DATE_LEN_MAX 1000 /* bytes looked at */

struct date {
	int64_t utc_s;    /* seconds since 1970 UTC */
	int zone_minutes; /* east of UTC; 0 when unknown */
};

/* Day name, time, seconds and zone may be missing; comments are skipped; asctime's order is read
 * too; two- and three-digit years are read as RFC 5322 §4.3 says. A day that does not exist (31
 * Jun) is refused, a zone that does not exist is UTC. */
bool date_parse(struct span value, struct date *out);
/* Sun, 22 Nov 2026 18:30:00 +0100; years 1900 to 9999, others are clamped. |zone_minutes| is
 * less than a day. */
void date_add(struct str *out, int64_t utc_s, int zone_minutes);
/* 22-Nov-2026 18:30:00 +0100, IMAP's date-time without its quotes (day padded with a space). */
void date_add_imap(struct str *out, int64_t utc_s, int zone_minutes);
/* 2026-11-22T18:30, as HTML's datetime-local gives it; seconds may follow. *out_s: as if it were UTC. Years
 * 1970 to 9999; a day that does not exist is refused. */
bool date_parse_wall(struct span value, int64_t *out_s);
