/* Time. Wall-clock time is microseconds since 1970 UTC; waiting uses the monotonic clock. */
#pragma once

#include <stdint.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define USEC_PER_SEC 1000000LL
#define MSEC_PER_SEC 1000LL

int64_t clock_now_us(void);
/* Never goes backwards; unrelated to the wall clock. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* RFC 3339 in UTC with milliseconds: 2026-11-22T18:30:00.123Z */
void clock_add_rfc3339(struct str *out, int64_t time_us);
/* The same with any or no fraction and an offset: 2026-11-22T19:30:00+01:00. Whole text. */
bool clock_parse_rfc3339(struct span text, int64_t *out_us);
