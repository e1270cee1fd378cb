/* Relays, outgoing addresses and limits of domains and accounts: without options they are shown. */
#include "backend/cli/sending_verbs.h"

#include <stdio.h>

#include "backend/accounts/route_service.h"
#include "backend/accounts/send_limit_service.h"

static const char *opt_smarthost, *opt_source, *opt_clear, *opt_limit[LIMITS];

const struct option_row route_rows[ROUTE_ROWS] = {
	{ "--smarthost", "URL", "relay: smtp://user:password@host:port, or smtps://; \"\": none",
		&opt_smarthost },
	{ "--source", "ADDRESS", "outgoing address, or IPv4,IPv6; \"\": any", &opt_source },
	{ "--clear", NULL, "back to the server's own way", &opt_clear },
};
const struct option_row limit_rows[LIMIT_ROWS] = {
	{ "--hour-messages", "N", "messages in an hour; 0: no limit", &opt_limit[0] },
	{ "--hour-recipients", "N", "recipients in an hour", &opt_limit[1] },
	{ "--day-messages", "N", "messages in a day", &opt_limit[2] },
	{ "--day-recipients", "N", "recipients in a day", &opt_limit[3] },
	{ "--clear", NULL, "back to the server's limits", &opt_clear },
};

/* ------------------------------------------------------------------------ routes */

static enum rc change_route(struct cli *c, enum route_of of, struct span name,
	struct route_setting *route, struct err *err)
{
	/* The password of the relay is not shown, so it cannot be kept: both parts are given. */
	struct route_setting in = { .smarthost = span_of(opt_smarthost),
		.source = opt_source ? span_of(opt_source) : route->source };

	if (opt_clear) {
		*route = (struct route_setting){ SPAN(""), SPAN("") };
		return route_remove(&c->services, &c->ctx, of, name, err);
	}
	if (!opt_smarthost && route->smarthost.len > 0)
		return err_set(err, RC_INVALID, "smarthost",
			"Give --smarthost again too: its password is not known any more.");
	return route_set(&c->services, &c->ctx, of, name, &in, route, err);
}

static enum rc route_verb(struct cli *c, const struct options *o, enum route_of of, struct err *err)
{
	struct span name = span_of(o->args[0]);
	struct route_setting route;
	enum rc rc = route_get(&c->services, &c->ctx, of, name, &route, err);

	if (rc == RC_OK && (opt_smarthost || opt_source || opt_clear))
		rc = change_route(c, of, name, &route, err);
	if (rc != RC_OK)
		return rc;
	if (c->json) {
		cli_print_json(c, route_setting_json(&c->arena, &route));
		return RC_OK;
	}
	printf("relay             %s\n",
		route.smarthost.len > 0 ? arena_cstr(&c->arena, route.smarthost) : "none");
	printf("outgoing address  %s\n",
		route.source.len > 0 ? arena_cstr(&c->arena, route.source) : "the server's");
	return RC_OK;
}

enum rc domain_route_verb(struct cli *c, const struct options *o, struct err *err)
{
	return route_verb(c, o, ROUTE_OF_DOMAIN, err);
}

enum rc account_route_verb(struct cli *c, const struct options *o, struct err *err)
{
	return route_verb(c, o, ROUTE_OF_ACCOUNT, err);
}

/* ------------------------------------------------------------------------ limits */

static enum rc read_limits(struct send_limit *limit, bool *out_any, struct err *err)
{
	*out_any = false;
	for (int i = 0; i < LIMITS; i++) {
		uint64_t value;
		if (!opt_limit[i])
			continue;
		if (!span_u64(span_of(opt_limit[i]), SEND_LIMIT_MAX, &value))
			return err_set(err, RC_INVALID, send_limit_names[i],
				"A limit is a number from 0 to %d.", SEND_LIMIT_MAX);
		limit->value[i] = (int64_t)value;
		*out_any = true;
	}
	return RC_OK;
}

static enum rc limit_verb(struct cli *c, const struct options *o, enum limit_of of, struct err *err)
{
	static const char *const labels[LIMITS] = { "messages in an hour  ",
		"recipients in an hour", "messages in a day    ", "recipients in a day  " };
	struct span name = span_of(o->args[0]);
	struct send_limit limit, in;
	bool any = false;

	enum rc rc = send_limit_get(&c->services, &c->ctx, of, name, &limit, err);
	in = limit;
	if (rc == RC_OK)
		rc = read_limits(&in, &any, err);
	if (rc == RC_OK && opt_clear)
		rc = send_limit_remove(&c->services, &c->ctx, of, name, err);
	else if (rc == RC_OK && any)
		rc = send_limit_set(&c->services, &c->ctx, of, name, &in, &limit, err);
	if (rc == RC_OK && opt_clear)
		rc = send_limit_get(&c->services, &c->ctx, of, name, &limit, err);
	if (rc == RC_OK && c->json)
		cli_print_json(c, send_limit_json(&c->arena, &limit));
	for (int i = 0; rc == RC_OK && !c->json && i < LIMITS; i++)
		printf("%s  %lld%s\n", labels[i], (long long)limit.value[i],
			limit.own ? "" : ", the server's");
	return rc;
}

enum rc domain_limit_verb(struct cli *c, const struct options *o, struct err *err)
{
	return limit_verb(c, o, LIMIT_OF_DOMAIN, err);
}

enum rc account_limit_verb(struct cli *c, const struct options *o, struct err *err)
{
	return limit_verb(c, o, LIMIT_OF_ACCOUNT, err);
}
