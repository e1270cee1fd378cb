/* trace: what happened to a message. */
#include <stdio.h>

#include "backend/accounts/trace_service.h"
#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "backend/cli/list.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/base/str.h"

#define SHOWN_MAX 50

static const char *opt_address, *opt_message_id, *opt_domain;

static void print_time(struct cli *c, int64_t at_us)
{
	struct str text = str_in(&c->arena, 64);
	clock_add_rfc3339(&text, at_us);
	printf("%s  ", str_cstr(&text));
}

static void print_events(struct cli *c, const struct trace *trace)
{
	printf(SPAN_FMT "  from <" SPAN_FMT ">\n", SPAN_ARG(trace->trace_id),
		SPAN_ARG(trace->mail_from));
	for (size_t i = 0; i < trace->len; i++) {
		const struct trace_event *e = &trace->events[i];
		printf("  ");
		print_time(c, e->at_us);
		printf(SPAN_FMT "%s" SPAN_FMT "\n", SPAN_ARG(e->rcpt), e->rcpt.len ? ": " : "",
			SPAN_ARG(e->text));
	}
}

static enum rc show_one(struct cli *c, struct span id, struct cJSON *array, struct err *err)
{
	struct trace trace;

	enum rc rc = trace_get(&c->services, &c->ctx, id, &trace, err);
	if (rc != RC_OK)
		return rc;
	if (c->json)
		json_push(array, trace_json(&c->arena, &trace));
	else
		print_events(c, &trace);
	return RC_OK;
}

static bool is_shown(const struct trace_rows *rows, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (span_eq(rows->items[k].trace_id, rows->items[i].trace_id))
			return true;
	}
	return false;
}

static enum rc trace(struct cli *c, struct err *err)
{
	struct trace_ask ask = { .list = { .limit = SHOWN_MAX, .domain = span_of(opt_domain) },
		.address = span_of(opt_address),
		.message_id = span_of(opt_message_id) };
	struct trace_rows rows;
	struct cJSON *array = json_array(&c->arena);

	enum rc rc = trace_list(&c->services, &c->ctx, &ask, &rows, err);
	for (size_t i = 0; rc == RC_OK && i < rows.len; i++) {
		if (!is_shown(&rows, i))
			rc = show_one(c, rows.items[i].trace_id, array, err);
	}
	if (rc == RC_OK && c->json)
		cli_print_items(c, array);
	return rc;
}

int cmd_trace(int argc, char **argv)
{
	static const struct option_row rows[] = {
		{ "--address", "ADDRESS", "sender or recipient", &opt_address },
		{ "--message-id", "ID", "the Message-ID, or the id of our 250 reply",
			&opt_message_id },
		{ "--domain", "DOMAIN", "only this domain", &opt_domain },
	};
	struct cli c = { 0 };
	struct err err = { 0 };
	struct options o = { .usage = "trace [--address A] [--message-id ID] [--domain D]",
		.about = "Shows what happened to messages, newest first.",
		.rows = rows,
		.n_rows = 3,
		.launch = &c.launch };

	launch_init(&c.launch);
	int status = options_read(&o, argc, argv);
	if (status >= 0) {
		launch_done(&c.launch);
		return status;
	}
	c.json = o.json;
	enum rc rc = cli_open(&c, 0, &err);
	if (rc == RC_OK)
		rc = trace(&c, &err);
	err.rc = rc;
	cli_close(&c);
	return rc == RC_OK ? 0 : cli_refuse(&err);
}
