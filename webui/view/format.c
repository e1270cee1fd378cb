/* Sizes and times for people: see format.h. */
#include "webui/view/format.h"

#include <time.h>

static const char *const months[] = { "January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December" };
static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday" };

struct span format_size(struct arena *a, int64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB", "PB" };
	double value = (double)bytes;
	size_t unit = 0;
	while (value >= 999.5 && unit + 1 < sizeof units / sizeof units[0]) {
		value /= 1000;
		unit++;
	}
	bool fraction = unit > 1 && value < 9.95;
	return arena_printf(a, fraction ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static struct tm parts_of(int64_t time_s)
{
	/* beyond year 9999 a Date header is nonsense, and the year would not fit */
	if (time_s < 0 || time_s > 253402300799)
		time_s = 0;
	time_t time = (time_t)time_s;
	struct tm tm;
	return gmtime_r(&time, &tm) ? tm : (struct tm){ .tm_mday = 1, .tm_year = 70 };
}

struct span format_when(struct arena *a, int64_t time_s, int64_t now_s)
{
	struct tm tm = parts_of(time_s), now = parts_of(now_s);
	if (tm.tm_year == now.tm_year && tm.tm_yday == now.tm_yday)
		return arena_printf(a, "%02d:%02d", tm.tm_hour, tm.tm_min);
	if (tm.tm_year == now.tm_year)
		return arena_printf(a, "%d %.3s", tm.tm_mday, months[tm.tm_mon]);
	return arena_printf(a, "%d %.3s %d", tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900);
}

struct span format_time(struct arena *a, int64_t time_s)
{
	struct tm tm = parts_of(time_s);
	return arena_printf(a, "%d %.3s %d, %02d:%02d", tm.tm_mday, months[tm.tm_mon],
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min);
}

struct span format_time_full(struct arena *a, int64_t time_s)
{
	struct tm tm = parts_of(time_s);
	return arena_printf(a, "%s, %d %s %d, %02d:%02d UTC", days[tm.tm_wday], tm.tm_mday,
		months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min);
}

struct span format_iso(struct arena *a, int64_t time_s)
{
	struct tm tm = parts_of(time_s);
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
