/* Suspension. */
#include "backend/accounts/suspension.h"

#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"

bool suspension_is_on(const struct suspension *s)
{
	return s->no_login || s->no_send || s->no_receive || s->hold_out;
}

bool suspension_is_changed(const struct suspension_change *c)
{
	return c->set_no_login || c->set_no_send || c->set_no_receive || c->set_hold_out ||
		c->set_reason || c->set_until || c->set_all;
}

static void apply_switches(struct suspension *s, const struct suspension_change *c)
{
	if (c->set_all) {
		s->no_login = s->no_send = s->no_receive = c->all;
		s->hold_out = c->all && s->hold_out;
	}
	if (c->set_no_login)
		s->no_login = c->to.no_login;
	if (c->set_no_send)
		s->no_send = c->to.no_send;
	if (c->set_no_receive)
		s->no_receive = c->to.no_receive;
	if (c->set_hold_out)
		s->hold_out = c->to.hold_out;
}

enum rc suspension_apply(struct suspension *s, const struct suspension_change *c, struct err *err)
{
	if (c->set_reason && c->to.reason.len > SUSPEND_REASON_MAX)
		return err_set(err, RC_INVALID, "suspend_reason", "At most %d characters.",
			SUSPEND_REASON_MAX);
	if (c->set_until && c->to.until_us != 0 && c->to.until_us <= clock_now_us())
		return err_set(err, RC_INVALID, "suspend_until",
			"The end of the suspension must lie ahead.");
	apply_switches(s, c);
	if (c->set_reason)
		s->reason = c->to.reason;
	if (c->set_until)
		s->until_us = c->to.until_us;
	if (!suspension_is_on(s))
		*s = (struct suspension){ .reason = SPAN("") };
	return RC_OK;
}

void suspension_read(
	struct ctx *ctx, const struct rows *rows, size_t row, unsigned col, struct suspension *out)
{
	*out = (struct suspension){ .reason = SPAN("") };
	if (!row_bool(rows, row, col + 6))
		return;
	out->no_login = row_bool(rows, row, col);
	out->no_send = row_bool(rows, row, col + 1);
	out->no_receive = row_bool(rows, row, col + 2);
	out->hold_out = row_bool(rows, row, col + 3);
	out->reason = arena_span(ctx->arena, row_text(rows, row, col + 4));
	out->until_us = row_is_null(rows, row, col + 5) ? 0 : row_time_us(rows, row, col + 5);
}

struct arg suspension_until_arg(const struct suspension *s)
{
	return s->until_us ? A_TIME(s->until_us) : A_NULL(ARG_TIME);
}

void suspension_add_json(struct arena *a, struct cJSON *o, const struct suspension *s)
{
	json_add_bool(a, o, "suspended", suspension_is_on(s));
	json_add_bool(a, o, "no_login", s->no_login);
	json_add_bool(a, o, "no_send", s->no_send);
	json_add_bool(a, o, "no_receive", s->no_receive);
	json_add_bool(a, o, "hold_out", s->hold_out);
	json_add_text(a, o, "suspend_reason", s->reason);
	if (s->until_us)
		json_add_time(a, o, "suspend_until", s->until_us);
	else
		json_add_null(a, o, "suspend_until");
}
