/* The four switches as fields of a request. */
#include "backend/http/suspension_form.h"

static struct suspension values_of(const struct form *f)
{
	return (struct suspension){ .no_login = form_bool(f, "no_login", false),
		.no_send = form_bool(f, "no_send", false),
		.no_receive = form_bool(f, "no_receive", false),
		.hold_out = form_bool(f, "hold_out", false),
		.reason = form_text(f, "suspend_reason"),
		.until_us = form_i64(f, "suspend_until", 0) };
}

struct suspension_change suspension_of_form(const struct form *f)
{
	return (struct suspension_change){ .set_all = form_given(f, "suspended"),
		.all = form_bool(f, "suspended", false),
		.set_no_login = form_given(f, "no_login"),
		.set_no_send = form_given(f, "no_send"),
		.set_no_receive = form_given(f, "no_receive"),
		.set_hold_out = form_given(f, "hold_out"),
		.set_reason = form_given(f, "suspend_reason"),
		.set_until = form_given(f, "suspend_until"),
		.to = values_of(f) };
}

struct suspension_change suspension_of_page(const struct form *f)
{
	return (struct suspension_change){ .set_no_login = true,
		.set_no_send = true,
		.set_no_receive = true,
		.set_hold_out = true,
		.set_reason = true,
		.set_until = true,
		.to = values_of(f) };
}
