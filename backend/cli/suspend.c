/* The four switches on the command line. */
#include "backend/cli/suspend.h"

#include <string.h>

#include "mailcore/base/clock.h"

/* off: which of the two words switches something off. */
static enum rc read_switch(const char *option, const char *value, const char *off, bool *out_set,
	bool *out, struct err *err)
{
	*out_set = value != NULL;
	if (value && strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return err_set(err, RC_INVALID, "", "%s is yes or no.", option);
	*out = value && strcmp(value, off) == 0;
	return RC_OK;
}

static enum rc read_until(const char *value, struct suspension_change *out, struct err *err)
{
	out->set_until = value != NULL;
	if (!value || strcmp(value, "never") == 0)
		return RC_OK;
	if (!clock_parse_rfc3339(span_of(value), &out->to.until_us))
		return err_set(err, RC_INVALID, "",
			"--until is a time like 2026-12-01T00:00:00Z, or never.");
	return RC_OK;
}

enum rc suspend_read(
	const struct suspend_options *o, struct suspension_change *out, struct err *err)
{
	*out = (struct suspension_change){ .set_reason = o->reason != NULL,
		.to.reason = span_of(o->reason) };
	enum rc rc = read_switch("--suspend", o->all, "yes", &out->set_all, &out->all, err);
	if (rc == RC_OK)
		rc = read_switch(
			"--login", o->login, "no", &out->set_no_login, &out->to.no_login, err);
	if (rc == RC_OK)
		rc = read_switch("--send", o->send, "no", &out->set_no_send, &out->to.no_send, err);
	if (rc == RC_OK)
		rc = read_switch("--receive", o->receive, "no", &out->set_no_receive,
			&out->to.no_receive, err);
	if (rc == RC_OK)
		rc = read_switch(
			"--hold", o->hold, "yes", &out->set_hold_out, &out->to.hold_out, err);
	return rc == RC_OK ? read_until(o->until, out, err) : rc;
}
