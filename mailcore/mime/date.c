/* Dates of header fields: a reader that takes words as they come, a writer. */
#include "mailcore/mime/date.h"

#include "mailcore/base/cur.h"

#define S_PER_DAY 86400
#define YEAR_MIN  1900
#define YEAR_MAX  9999

static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };
static const char week_days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

/* What was found so far; -1: not yet. */
struct found {
	int day;
	int month; /* 0 .. 11 */
	int year;
	int second; /* of the day */
	bool zone;
	int zone_minutes;
};

/* --- the calendar --- */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return days[month] + (month == 1 && is_leap(year));
}

/* Days from 1970-01-01 to the first day of the year. */
static int64_t days_before_year(int year)
{
	int64_t y = year - 1;
	return 365 * (y - 1969) + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) +
		(y / 400 - 1969 / 400);
}

static int64_t days_of(int year, int month, int day)
{
	int64_t days = days_before_year(year) + day - 1;
	for (int m = 0; m < month; m++)
		days += days_in_month(year, m);
	return days;
}

/* --- reading --- */

/* White space, commas, and comments with what they nest. */
static void skip_between(struct cur *c)
{
	size_t depth = 0;

	for (; !cur_done(c); c->p++) {
		char ch = *c->p;
		if (ch == '(')
			depth++;
		else if (depth > 0 && ch == ')')
			depth--;
		else if (depth == 0 && ch != ',' && ch != ' ' && ch != '\t' && ch != '\r' &&
			ch != '\n')
			return;
	}
}

static bool is_digit_or_colon(char c)
{
	return ascii_is_digit(c) || c == ':' || c == '.';
}

/* "18:30", "18:30:05", "18:30:05.123" */
static bool read_time(struct span text, struct found *f)
{
	struct span rest = text, part;
	uint64_t value[3] = { 0, 0, 0 };
	size_t n = 0;

	while (n < 3 && span_split(&rest, ':', &part)) {
		if (n == 2)
			part = span_sub(part, 0, span_find(part, '.'));
		if (part.len > 2 || !span_u64(part, 60, &value[n++]))
			return false;
	}
	/* 60: a leap second */
	if (n < 2 || rest.ptr || value[0] > 23 || value[1] > 59)
		return false;
	f->second = (int)(value[0] * 3600 + value[1] * 60 + value[2]);
	return true;
}

/* RFC 5322 §4.3: two digits are 2000 to 2049 and 1950 to 1999, three count from 1900. */
static bool read_year(struct span digits, struct found *f)
{
	uint64_t year;

	if (!span_u64(digits, YEAR_MAX, &year))
		return false;
	if (digits.len <= 2)
		year += year < 50 ? 2000 : 1900;
	else if (digits.len == 3)
		year += 1900;
	f->year = (int)year;
	return year >= YEAR_MIN;
}

static bool read_number(struct span digits, struct found *f)
{
	uint64_t value;

	if (f->day < 0 && digits.len <= 2) {
		if (!span_u64(digits, 31, &value) || value == 0)
			return false;
		f->day = (int)value;
		return true;
	}
	return f->year >= 0 || read_year(digits, f);
}

/* "+0100", "-08:00": what makes no sense is UTC, as "-0000" is. */
static void read_zone(struct span digits, bool west, struct found *f)
{
	char four[4];
	size_t n = 0;
	uint64_t value;

	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] == ':')
			continue;
		if (n == 4)
			return;
		four[n++] = digits.ptr[i];
	}
	if (f->zone || n != 4 || !span_u64(span_make(four, 4), 9999, &value))
		return;
	f->zone = true;
	if (value / 100 > 23 || value % 100 > 59)
		return;
	f->zone_minutes = (int)(value / 100 * 60 + value % 100);
	if (west)
		f->zone_minutes = -f->zone_minutes;
}

/* RFC 5322 §4.3 obs-zone; all others are unknown and taken as UTC. */
static void read_zone_name(struct span name, struct found *f)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "EDT", -4 }, { "EST", -5 }, { "CDT", -5 }, { "CST", -6 }, { "MDT", -6 },
		{ "MST", -7 }, { "PDT", -7 }, { "PST", -8 } };

	for (size_t i = 0; i < sizeof zones / sizeof zones[0] && !f->zone; i++) {
		if (span_ieq(name, span_of(zones[i].name))) {
			f->zone = true;
			f->zone_minutes = zones[i].hours * 60;
		}
	}
}

static bool read_month(struct span word, struct found *f)
{
	for (int m = 0; m < 12 && f->month < 0; m++) {
		if (span_istarts(word, span_of(months[m]))) {
			f->month = m;
			return true;
		}
	}
	return false;
}

/* "PM" after a time by a 12-hour clock. */
static void read_half_day(struct span word, struct found *f)
{
	int hour = f->second / 3600;

	if (span_ieq(word, SPAN("PM")) && hour < 12)
		f->second += 12 * 3600;
	if (span_ieq(word, SPAN("AM")) && hour == 12)
		f->second -= 12 * 3600;
}

static void read_word(struct span word, struct found *f)
{
	if (read_month(word, f) || f->second < 0)
		return;
	read_half_day(word, f);
	read_zone_name(word, f);
}

/* One word, number or sign with what belongs to it; false when it makes the date senseless. */
static bool read_token(struct cur *c, struct found *f)
{
	char first = *c->p;

	if (ascii_is_alpha(first)) {
		read_word(cur_take_while(c, ascii_is_alpha), f);
		return true;
	}
	if (ascii_is_digit(first)) {
		struct span digits = cur_take_while(c, is_digit_or_colon);
		if (span_find(digits, ':') != SPAN_NPOS)
			return f->second >= 0 || read_time(digits, f);
		return read_number(span_sub(digits, 0, span_find(digits, '.')), f);
	}
	c->p++;
	if ((first == '+' || first == '-') && f->second >= 0)
		read_zone(cur_take_while(c, is_digit_or_colon), first == '-', f);
	return true;
}

bool date_parse(struct span value, struct date *out)
{
	struct found f = { .day = -1, .month = -1, .year = -1, .second = -1 };
	struct cur c = cur_of(span_sub(value, 0, DATE_LEN_MAX));

	for (skip_between(&c); !cur_done(&c); skip_between(&c)) {
		if (!read_token(&c, &f))
			return false;
	}
	if (f.day < 0 || f.month < 0 || f.year < 0 || f.day > days_in_month(f.year, f.month))
		return false;
	int64_t local_s =
		days_of(f.year, f.month, f.day) * S_PER_DAY + (f.second < 0 ? 0 : f.second);
	*out = (struct date){ local_s - f.zone_minutes * 60, f.zone_minutes };
	return true;
}

/* --- writing --- */

struct civil {
	int year, month, day, week_day, second;
};

static struct civil civil_of(int64_t local_s)
{
	const int64_t least = days_of(YEAR_MIN, 0, 1) * S_PER_DAY;
	const int64_t most = days_of(YEAR_MAX + 1, 0, 1) * S_PER_DAY - 1;
	local_s = local_s < least ? least : local_s > most ? most : local_s;

	int64_t second = (local_s % S_PER_DAY + S_PER_DAY) % S_PER_DAY;
	int64_t days = (local_s - second) / S_PER_DAY;
	struct civil t = { .year = (int)(1970 + days / 366), .second = (int)second };
	if (days < 0)
		t.year = YEAR_MIN;
	while (days_before_year(t.year + 1) <= days)
		t.year++;
	t.week_day = (int)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	days -= days_before_year(t.year);
	while (days >= days_in_month(t.year, t.month))
		days -= days_in_month(t.year, t.month++);
	t.day = (int)days + 1;
	return t;
}

static void add_time(struct str *out, const struct civil *t, int zone_minutes)
{
	int zone = zone_minutes < 0 ? -zone_minutes : zone_minutes;
	str_addf(out, " %02d:%02d:%02d %c%02d%02d", t->second / 3600, t->second / 60 % 60,
		t->second % 60, zone_minutes < 0 ? '-' : '+', zone / 60 % 24, zone % 60);
}

void date_add(struct str *out, int64_t utc_s, int zone_minutes)
{
	struct civil t = civil_of(utc_s + (int64_t)zone_minutes * 60);
	str_addf(out, "%s, %d %s %04d", week_days[t.week_day], t.day, months[t.month], t.year);
	add_time(out, &t, zone_minutes);
}

void date_add_imap(struct str *out, int64_t utc_s, int zone_minutes)
{
	struct civil t = civil_of(utc_s + (int64_t)zone_minutes * 60);
	str_addf(out, "%2d-%s-%04d", t.day, months[t.month], t.year);
	add_time(out, &t, zone_minutes);
}

/* Digits up to a separator (0: the end), of which there are exactly n. */
static bool wall_number(struct cur *c, size_t n, char separator, int *out)
{
	uint64_t value;

	if (cur_left(c) < n || !span_u64(span_make(c->p, n), 9999, &value))
		return false;
	c->p += n;
	*out = (int)value;
	return separator == 0 || cur_take(c, separator);
}

bool date_parse_wall(struct span value, int64_t *out_s)
{
	struct cur c = cur_of(value);
	int year, month, day, hour, minute, second = 0;

	if (!wall_number(&c, 4, '-', &year) || !wall_number(&c, 2, '-', &month) ||
		!wall_number(&c, 2, 'T', &day) || !wall_number(&c, 2, ':', &hour) ||
		!wall_number(&c, 2, 0, &minute))
		return false;
	if (cur_take(&c, ':') && !wall_number(&c, 2, 0, &second))
		return false;
	if (!cur_done(&c) || year < 1970 || month < 1 || month > 12 || day < 1 ||
		day > days_in_month(year, month - 1) || hour > 23 || minute > 59 || second > 59)
		return false;
	*out_s = ((days_of(year, month - 1, day) * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}
