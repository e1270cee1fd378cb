/*
 * The small grammars that several commands share: flag lists, dates, and status items
 * (RFC 9051 §9). Pure; failing leaves the cursor where it was.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/cur.h"

#define FLAG_LIST_MAX 128 /* flags named in one command */
#define KEYWORD_MAX   64  /* octets */

struct flag_list {
	uint8_t flags; /* enum message_flag (mailcore/store) */
	const struct span *keywords;
	size_t n_keywords;
};

/* flag-list = "(" [flag *(SP flag)] ")"; a flag that is not known and begins with a backslash, and
 * \Recent, is an error */
bool flag_list_parse(struct cur *in, struct arena *a, struct flag_list *out);
/* STORE also takes flags without parentheses. */
bool store_flags_parse(struct cur *in, struct arena *a, struct flag_list *out);
/* flag-keyword = atom, at most KEYWORD_MAX */
bool keyword_parse(struct cur *in, struct span *out);

/* date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE */
bool date_time_parse(struct cur *in, int64_t *out_utc_s, int16_t *out_zone_minutes);
/* date = date-text / DQUOTE date-text DQUOTE; days since 1970 */
bool search_date_parse(struct cur *in, int64_t *out_day);

enum status_item {
	STATUS_MESSAGES = 1,
	STATUS_RECENT = 2,
	STATUS_UIDNEXT = 4,
	STATUS_UIDVALIDITY = 8,
	STATUS_UNSEEN = 16,
	STATUS_SIZE = 32,
	STATUS_HIGHESTMODSEQ = 64,
	STATUS_DELETED = 128,
	STATUS_APPENDLIMIT = 256,
	STATUS_MAILBOXID = 512,
	STATUS_DELETED_STORAGE = 1024,
};
/* "(" status-att *(SP status-att) ")" */
bool status_items_parse(struct cur *in, unsigned *out_items);
