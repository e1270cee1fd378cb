/* Error names, error sentences, failed assertions. */
#include "mailcore/base/rc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "mailcore/base/utf8.h"

const char *rc_name(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return "ok";
	case RC_NOT_FOUND:
		return "not_found";
	case RC_EXISTS:
		return "exists";
	case RC_INVALID:
		return "invalid";
	case RC_DENIED:
		return "denied";
	case RC_LIMIT:
		return "limit";
	case RC_CONFLICT:
		return "conflict";
	case RC_TEMP:
		return "temp";
	case RC_CLOSED:
		return "closed";
	}
	return "unknown";
}

static void cut_at_character(char *text, int wanted, size_t cap)
{
	if (wanted >= 0 && (size_t)wanted >= cap)
		text[utf8_floor(text, cap - 1)] = '\0';
}

enum rc err_set(struct err *err, enum rc rc, const char *field, const char *fmt, ...)
{
	if (!err)
		return rc;

	err->rc = rc;
	(void)snprintf(err->field, sizeof err->field, "%s", field); /* a longer name is cut */

	va_list ap;
	va_start(ap, fmt);
	int wanted = vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	cut_at_character(err->text, wanted, sizeof err->text);
	return rc;
}

void assert_failed(const char *cond, const char *file, int line, const char *func)
{
	fprintf(stderr, "level=error ev=assert.failed cond=\"%s\" at=%s:%d func=%s\n", cond, file,
		line, func);
	abort();
}
