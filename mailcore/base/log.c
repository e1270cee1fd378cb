/* The log: one event per line on standard error, written with one write(2). */
#include "mailcore/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/str.h"
#include "mailcore/base/utf8.h"

#define LINE_MAX_BYTES 2048
#define TEXT_MAX_BYTES 200

static const char *log_role = "-";
static _Atomic int log_threshold = LOG_INFO;

static const char *const level_names[] = { "error", "warn", "info", "debug" };

void log_init(const char *role, enum log_level level)
{
	log_role = role;
	log_set_level(level);
}

void log_set_level(enum log_level level)
{
	log_threshold = (int)level;
}

bool log_is_on(enum log_level level)
{
	return (int)level <= log_threshold;
}

bool log_level_parse(struct span text, enum log_level *out)
{
	for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
		if (span_ieq(text, span_of(level_names[i]))) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static size_t add_prefix(char *line, size_t cap, enum log_level level, const char *event)
{
	struct str stamp;
	str_init(&stamp, 64);
	clock_add_rfc3339(&stamp, clock_now_us());
	int len = snprintf(line, cap, "ts=%s level=%s role=%s ev=%s ", str_cstr(&stamp),
		level_names[level], log_role, event);
	str_done(&stamp);
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];

	if (!log_is_on(level))
		return;
	size_t at = add_prefix(line, sizeof line, level, event);
	size_t room = sizeof line - at - 1;

	va_list ap;
	va_start(ap, fmt);
	int wanted = vsnprintf(line + at, room, fmt, ap);
	va_end(ap);

	size_t len = wanted < 0 ? 0 : (size_t)wanted < room ? (size_t)wanted : room - 1;
	for (size_t i = at; i < at + len; i++) {
		if (line[i] == '\n' || line[i] == '\r')
			line[i] = ' ';
	}
	line[at + len] = '\n';
	/* A log that cannot be written has nowhere to complain. */
	ssize_t ignored = write(STDERR_FILENO, line, at + len + 1);
	(void)ignored;
}

static bool is_plain(uint32_t code)
{
	return code >= 0x20 && code != 0x7F && code != '"' && code != '\\' &&
		(code < 0x80 || code > 0x9F) && code != 0x2028 && code != 0x2029;
}

const char *log_text(struct arena *a, struct span text)
{
	struct str out = str_in(a, TEXT_MAX_BYTES * 4 + 8);
	uint32_t code = 0;

	str_add_c(&out, '"');
	while (text.len > 0 && out.len < TEXT_MAX_BYTES) {
		size_t len = utf8_decode(text, &code);
		if (len > 0 && is_plain(code))
			str_add(&out, span_sub(text, 0, len));
		else
			str_addf(&out, "\\x%02X", (unsigned char)text.ptr[0]);
		text = span_from(text, len > 0 && is_plain(code) ? len : 1);
	}
	if (text.len > 0)
		str_add_cstr(&out, "...");
	str_add_c(&out, '"');
	return str_cstr(&out);
}
