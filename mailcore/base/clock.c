/* Time. */
#include "mailcore/base/clock.h"

#include <time.h>

#include "mailcore/base/cur.h"

static int64_t read_us(clockid_t id)
{
	struct timespec ts;
	ASSERT(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

void clock_add_rfc3339(struct str *out, int64_t time_us)
{
	int64_t sec = time_us / USEC_PER_SEC;
	int64_t us = time_us % USEC_PER_SEC;
	if (us < 0) {
		us += USEC_PER_SEC;
		sec--;
	}
	time_t t = (time_t)sec;
	struct tm tm;
	if (!gmtime_r(&t, &tm))
		return;
	str_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(us / 1000));
}

/* Exactly `digits` digits with a value of low..high, and `end` behind them (0: nothing). */
static bool take_part(struct cur *in, size_t digits, int low, int high, char end, int *out)
{
	uint64_t n;
	struct span text = span_sub(cur_rest(in), 0, digits);

	if (text.len != digits || !span_u64(text, (uint64_t)high, &n) || n < (uint64_t)low)
		return false;
	in->p += digits;
	*out = (int)n;
	return !end || cur_take(in, end);
}

static bool take_fraction(struct cur *in, int64_t *out_us)
{
	int64_t unit = USEC_PER_SEC / 10;

	*out_us = 0;
	if (!cur_take(in, '.'))
		return true;
	if (!ascii_is_digit((char)cur_peek(in)))
		return false;
	for (; ascii_is_digit((char)cur_peek(in)); unit /= 10)
		*out_us += (cur_next(in) - '0') * unit;
	return true;
}

static bool take_offset(struct cur *in, int64_t *out_s)
{
	int hours, minutes;

	*out_s = 0;
	if (cur_take(in, 'Z') || cur_take(in, 'z'))
		return true;
	int sign = cur_next(in);
	if ((sign != '+' && sign != '-') || !take_part(in, 2, 0, 23, ':', &hours) ||
		!take_part(in, 2, 0, 59, 0, &minutes))
		return false;
	*out_s = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
	return true;
}

/* RFC 3339: full-date "T" partial-time time-offset */
bool clock_parse_rfc3339(struct span text, int64_t *out_us)
{
	struct cur in = cur_of(text);
	struct tm tm = { 0 };
	int64_t fraction_us, offset_s;

	if (!take_part(&in, 4, 1970, 9999, '-', &tm.tm_year) ||
		!take_part(&in, 2, 1, 12, '-', &tm.tm_mon) ||
		!take_part(&in, 2, 1, 31, 0, &tm.tm_mday) ||
		(!cur_take(&in, 'T') && !cur_take(&in, 't')))
		return false;
	if (!take_part(&in, 2, 0, 23, ':', &tm.tm_hour) ||
		!take_part(&in, 2, 0, 59, ':', &tm.tm_min) ||
		!take_part(&in, 2, 0, 60, 0, &tm.tm_sec) || !take_fraction(&in, &fraction_us) ||
		!take_offset(&in, &offset_s) || !cur_done(&in))
		return false;

	int day = tm.tm_mday;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	time_t seconds = timegm(&tm);
	if (tm.tm_mday != day && tm.tm_sec != 60) /* 30 February */
		return false;
	*out_us = ((int64_t)seconds - offset_s) * USEC_PER_SEC + fraction_us;
	return true;
}
