/* The usual header fields of many messages, for SORT and THREAD. */
#pragma once

#include "mailcore/imap/session.h"

#define FIELDS_BATCH 256

/* The header fields of up to FIELDS_BATCH messages, given by their indexes (ascending), in
 * answer->batch, which is emptied before. Those that are gone or cannot be read have none. */
MUST_CHECK enum rc fields_load(
	struct answer *answer, const uint32_t *index, size_t n, struct span *out);

/* Of the same messages the Date field's time alone, which the process keeps; INTERNALDATE when there
 * is none. */
MUST_CHECK enum rc fields_dates(
	struct answer *answer, const uint32_t *index, size_t n, int64_t *out_utc_s);

/* The Date field's time, or INTERNALDATE when it has none (RFC 5256 §2.2). */
int64_t fields_date(const struct view *v, size_t index, struct span fields);
