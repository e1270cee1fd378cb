/* Flag lists, dates, status items: see item_text.h. */
#include "mailcore/imap/syntax/item_text.h"

#include "mailcore/base/vec.h"
#include "mailcore/imap/syntax/lex.h"
#include "mailcore/store/store.h"

/* ------------------------------------------------------------------ flags */

static const struct {
	const char *name;
	uint8_t flag;
} system_flags[] = {
	{ "Answered", FLAG_ANSWERED },
	{ "Flagged", FLAG_FLAGGED },
	{ "Deleted", FLAG_DELETED },
	{ "Seen", FLAG_SEEN },
	{ "Draft", FLAG_DRAFT },
};

/* flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" */
static bool take_system_flag(struct cur *in, uint8_t *flags)
{
	struct cur c = *in;

	if (!cur_take(&c, '\\'))
		return false;
	for (size_t i = 0; i < sizeof system_flags / sizeof system_flags[0]; i++) {
		if (lex_word(&c, system_flags[i].name)) {
			*flags |= system_flags[i].flag;
			*in = c;
			return true;
		}
	}
	return false;
}

bool keyword_parse(struct cur *in, struct span *out)
{
	struct cur c = *in;
	struct span atom;

	if (!lex_atom(&c, &atom) || atom.len > KEYWORD_MAX)
		return false;
	*out = atom;
	*in = c;
	return true;
}

/* flag *(SP flag) up to where no more follows */
static bool take_flags(struct cur *in, struct arena *a, struct flag_list *out)
{
	struct cur c = *in;
	struct {
		struct span *items;
		size_t len, cap;
	} keywords = { 0 };
	uint8_t flags = 0;

	do {
		struct span keyword;
		if (take_system_flag(&c, &flags))
			continue;
		if (keywords.len == FLAG_LIST_MAX || !keyword_parse(&c, &keyword))
			return false;
		VEC_PUSH(a, &keywords, keyword);
	} while (lex_sp(&c));
	*out = (struct flag_list){ flags, keywords.items, keywords.len };
	*in = c;
	return true;
}

bool flag_list_parse(struct cur *in, struct arena *a, struct flag_list *out)
{
	struct cur c = *in;
	struct flag_list list = { 0 };

	if (!cur_take(&c, '('))
		return false;
	if (cur_peek(&c) != ')' && !take_flags(&c, a, &list))
		return false;
	if (!cur_take(&c, ')'))
		return false;
	*out = list;
	*in = c;
	return true;
}

bool store_flags_parse(struct cur *in, struct arena *a, struct flag_list *out)
{
	return flag_list_parse(in, a, out) || take_flags(in, a, out);
}

/* ------------------------------------------------------------------ dates */

/* Days from 1970-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool take_digits(struct cur *in, size_t min, size_t max, int64_t *out)
{
	struct cur c = *in;
	size_t n = 0;
	int64_t value = 0;

	for (; n < max && cur_peek(&c) >= '0' && cur_peek(&c) <= '9'; n++)
		value = value * 10 + (cur_next(&c) - '0');
	if (n < min)
		return false;
	*out = value;
	*in = c;
	return true;
}

static bool take_month(struct cur *in, int64_t *out)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };

	for (int i = 0; i < 12; i++) {
		if (cur_take_word(in, span_of(months[i]))) {
			*out = i + 1;
			return true;
		}
	}
	return false;
}

static bool day_exists(int64_t year, int64_t month, int64_t day)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return day >= 1 && day <= lengths[month - 1] && (month != 2 || day < 29 || leap);
}

/* date-text = date-day "-" date-month "-" date-year */
static bool take_date(struct cur *in, int64_t *out_day)
{
	struct cur c = *in;
	int64_t day, month, year;

	if (!take_digits(&c, 1, 2, &day) || !cur_take(&c, '-') || !take_month(&c, &month) ||
		!cur_take(&c, '-') || !take_digits(&c, 4, 4, &year) ||
		!day_exists(year, month, day))
		return false;
	*out_day = days_of(year, month, day);
	*in = c;
	return true;
}

/* time = 2DIGIT ":" 2DIGIT ":" 2DIGIT; a leap second counts as the one before */
static bool take_time(struct cur *in, int64_t *out_s)
{
	struct cur c = *in;
	int64_t h, m, s;

	if (!take_digits(&c, 2, 2, &h) || !cur_take(&c, ':') || !take_digits(&c, 2, 2, &m) ||
		!cur_take(&c, ':') || !take_digits(&c, 2, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	*out_s = h * 3600 + m * 60 + (s == 60 ? 59 : s);
	*in = c;
	return true;
}

/* zone = ("+" / "-") 4DIGIT */
static bool take_zone(struct cur *in, int16_t *out_minutes)
{
	struct cur c = *in;
	int64_t h, m;
	bool west = cur_take(&c, '-');

	if ((!west && !cur_take(&c, '+')) || !take_digits(&c, 2, 2, &h) ||
		!take_digits(&c, 2, 2, &m) || h > 23 || m > 59)
		return false;
	*out_minutes = (int16_t)((h * 60 + m) * (west ? -1 : 1));
	*in = c;
	return true;
}

bool date_time_parse(struct cur *in, int64_t *out_utc_s, int16_t *out_zone_minutes)
{
	struct cur c = *in;
	int64_t day, seconds;
	int16_t zone;

	if (!cur_take(&c, '"'))
		return false;
	(void)lex_sp(&c); /* date-day-fixed = (SP DIGIT) / 2DIGIT */
	if (!take_date(&c, &day) || !lex_sp(&c) || !take_time(&c, &seconds) || !lex_sp(&c) ||
		!take_zone(&c, &zone) || !cur_take(&c, '"'))
		return false;
	*out_utc_s = day * 86400 + seconds - zone * 60;
	*out_zone_minutes = zone;
	*in = c;
	return true;
}

bool search_date_parse(struct cur *in, int64_t *out_day)
{
	struct cur c = *in;
	bool quoted = cur_take(&c, '"');

	if (!take_date(&c, out_day) || (quoted && !cur_take(&c, '"')))
		return false;
	*in = c;
	return true;
}

/* ------------------------------------------------------------------ status items */

static bool take_status_item(struct cur *in, unsigned *items)
{
	static const struct {
		const char *name;
		unsigned item;
	} names[] = {
		{ "MESSAGES", STATUS_MESSAGES },
		{ "RECENT", STATUS_RECENT },
		{ "UIDNEXT", STATUS_UIDNEXT },
		{ "UIDVALIDITY", STATUS_UIDVALIDITY },
		{ "UNSEEN", STATUS_UNSEEN },
		{ "SIZE", STATUS_SIZE },
		{ "HIGHESTMODSEQ", STATUS_HIGHESTMODSEQ },
		{ "DELETED", STATUS_DELETED },
		{ "APPENDLIMIT", STATUS_APPENDLIMIT },
		{ "MAILBOXID", STATUS_MAILBOXID },
		{ "DELETED-STORAGE", STATUS_DELETED_STORAGE },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (lex_word(in, names[i].name)) {
			*items |= names[i].item;
			return true;
		}
	}
	return false;
}

bool status_items_parse(struct cur *in, unsigned *out_items)
{
	struct cur c = *in;
	unsigned items = 0;

	if (!cur_take(&c, '('))
		return false;
	do {
		if (!take_status_item(&c, &items))
			return false;
	} while (lex_sp(&c));
	if (!cur_take(&c, ')'))
		return false;
	*out_items = items;
	*in = c;
	return true;
}
