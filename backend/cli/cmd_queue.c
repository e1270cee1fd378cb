/* queue: mail that waits to go out. */
#include <stdio.h>

#include "backend/accounts/queue_pause.h"
#include "backend/accounts/queue_service.h"
#include "backend/cli/cli.h"
#include "backend/cli/commands.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/json.h"
#include "mailcore/db/bell.h"

static const char *opt_domain, *opt_destination, *opt_state, *opt_address, *opt_sender, *opt_note;

static struct queue_ask ask_of_options(void)
{
	return (struct queue_ask){ .list = { .limit = LIST_LIMIT_MAX,
					   .domain = span_of(opt_domain) },
		.destination = span_of(opt_destination),
		.state = span_of(opt_state),
		.address = span_of(opt_address),
		.sender = span_of(opt_sender),
		.note = span_of(opt_note) };
}

static void print_item(struct cli *c, const struct queue_item *item)
{
	const struct job *j = &item->job;
	struct str next = str_in(&c->arena, 64);

	clock_add_rfc3339(&next, j->next_at_s * USEC_PER_SEC);
	printf("%lld  %-8s <" SPAN_FMT "> -> <" SPAN_FMT ">  attempts %d", (long long)j->job_id,
		arena_cstr(&c->arena, j->state), SPAN_ARG(j->mail_from), SPAN_ARG(j->rcpt),
		j->attempts);
	if (span_eq(j->state, SPAN("waiting")))
		printf("  next %s", str_cstr(&next));
	struct span reason = j->hold_reason.len > 0 ? j->hold_reason : j->last_reply;
	printf("%s" SPAN_FMT "\n", reason.len > 0 ? "  " : "", SPAN_ARG(reason));
}

/* All pages, so that scripts see everything. */
static enum rc list(struct cli *c, const struct options *o, struct err *err)
{
	struct queue_ask ask = ask_of_options();
	struct queue_items items;
	struct cJSON *array = json_array(&c->arena);
	enum rc rc;

	do {
		cli_renew_deadline(c);
		rc = queue_list(&c->services, &c->ctx, &ask, &items, err);
		for (size_t i = 0; rc == RC_OK && i < items.len; i++) {
			if (c->json)
				json_push(array, queue_item_json(&c->arena, &items.items[i]));
			else
				print_item(c, &items.items[i]);
		}
		ask.list.cursor = rc == RC_OK ? items.next_cursor : SPAN("");
	} while (ask.list.cursor.len > 0);
	if (rc == RC_OK && c->json)
		cli_print_items(c, array);
	return rc;
}

static enum rc show(struct cli *c, const struct options *o, struct err *err)
{
	struct queue_item item;
	enum rc rc = queue_get(&c->services, &c->ctx, span_of(o->args[0]), &item, err);

	if (rc == RC_OK && c->json)
		cli_print_json(c, queue_item_json(&c->arena, &item));
	else if (rc == RC_OK)
		print_item(c, &item);
	return rc;
}

/* The services have no bells here. */
static void wake_runner(struct cli *c)
{
	if (c->bells)
		bell_ring(c->bells, BELL_QUEUE, 0);
}

/* One by its number, or all that the options find. */
static enum rc act(
	struct cli *c, const struct options *o, enum queue_action action, struct err *err)
{
	struct queue_ask ask = ask_of_options();
	struct queue_item item;
	size_t done = 0, total = 0;
	bool chosen = opt_domain || opt_destination || opt_state || opt_address || opt_sender;

	if (o->n_args > 0) {
		enum rc one =
			queue_act(&c->services, &c->ctx, span_of(o->args[0]), action, &item, err);
		if (one == RC_OK)
			wake_runner(c);
		return one;
	}
	if (!chosen)
		return err_set(err, RC_INVALID, "",
			"Name a message by its number, or choose with options.");
	enum rc rc;
	do {
		cli_renew_deadline(c);
		rc = queue_act_all(&c->services, &c->ctx, &ask, action, &done, err);
		total += done;
		/* What is retried is found again: once is enough. */
	} while (rc == RC_OK && done == QUEUE_BULK_MAX && action != QUEUE_RETRY);
	if (total > 0)
		wake_runner(c);
	if (rc == RC_OK)
		printf("%zu\n", total);
	return rc;
}

static enum rc retry(struct cli *c, const struct options *o, struct err *err)
{
	return act(c, o, QUEUE_RETRY, err);
}

static enum rc hold(struct cli *c, const struct options *o, struct err *err)
{
	return act(c, o, QUEUE_HOLD, err);
}

static enum rc release(struct cli *c, const struct options *o, struct err *err)
{
	return act(c, o, QUEUE_RELEASE, err);
}

static enum rc drop(struct cli *c, const struct options *o, struct err *err)
{
	return act(c, o, QUEUE_REMOVE, err);
}

static const struct option_row choice[] = {
	{ "--domain", "DOMAIN", "only of this domain of ours", &opt_domain },
	{ "--destination", "DOMAIN", "only to this domain", &opt_destination },
	{ "--state", "STATE", "waiting, sending or held", &opt_state },
	{ "--address", "ADDRESS", "only from or to this address", &opt_address },
	{ "--sender", "ADDRESS", "only from this address", &opt_sender },
	{ "--note", "TEXT", "why, for trace and audit", &opt_note },
};
#define CHOICES (sizeof choice / sizeof choice[0])
static const struct option_row why[] = {
	{ "--reason", "TEXT", "why, for who looks at the queue", &opt_note },
};

/* ------------------------------------------------------------------ pauses */

/* A destination, or with an @ a sender. */
static enum pause_kind kind_of(struct span value)
{
	return span_find(value, '@') == SPAN_NPOS ? PAUSE_DESTINATION : PAUSE_SENDER;
}

static enum rc pause_it(struct cli *c, const struct options *o, struct err *err)
{
	struct span value = span_of(o->args[0]);
	struct queue_pause made, in = { kind_of(value), value, span_of(opt_note), SPAN(""), 0 };
	enum rc rc = queue_pause_set(&c->services, &c->ctx, &in, &made, err);

	if (rc == RC_OK)
		wake_runner(c);
	return rc;
}

static enum rc resume(struct cli *c, const struct options *o, struct err *err)
{
	struct span value = span_of(o->args[0]);
	enum rc rc = queue_pause_end(&c->services, &c->ctx, kind_of(value), value, err);

	if (rc == RC_OK)
		wake_runner(c);
	return rc;
}

static enum rc pauses(struct cli *c, const struct options *o, struct err *err)
{
	struct queue_pauses list;
	struct cJSON *array = json_array(&c->arena);
	enum rc rc = queue_pause_list(&c->services, &c->ctx, &list, err);

	for (size_t i = 0; rc == RC_OK && i < list.len; i++) {
		const struct queue_pause *p = &list.items[i];
		if (c->json)
			json_push(array, queue_pause_json(&c->arena, p));
		else
			printf(SPAN_FMT "  by " SPAN_FMT "%s" SPAN_FMT "\n", SPAN_ARG(p->value),
				SPAN_ARG(p->paused_by), p->reason.len > 0 ? "  " : "",
				SPAN_ARG(p->reason));
	}
	if (rc == RC_OK && c->json)
		cli_print_items(c, array);
	return rc;
}

int cmd_queue(int argc, char **argv)
{
	static const struct verb verbs[] = {
		{ "list", "[options]", "Lists mail that waits to go out.", 0, 0, 0, list, choice,
			CHOICES },
		{ "show", "ID [options]", "Shows one message.", 1, 1, 0, show, NULL, 0 },
		{ "retry", "[ID] [options]", "Tries again now.", 0, 1, 0, retry, choice, CHOICES },
		{ "hold", "[ID] [options]", "Holds until it is released.", 0, 1, 0, hold, choice,
			CHOICES },
		{ "release", "[ID] [options]", "Lets go what is held.", 0, 1, 0, release, choice,
			CHOICES },
		{ "remove", "[ID] [options]", "Removes; nobody is told.", 0, 1, 0, drop, choice,
			CHOICES },
		{ "pauses", "[options]", "Lists what is paused.", 0, 0, 0, pauses, NULL, 0 },
		{ "pause", "DOMAIN|ADDRESS [options]",
			"Delivers nothing to a domain, holds what a sender sends.", 1, 1, 0,
			pause_it, why, 1 },
		{ "resume", "DOMAIN|ADDRESS", "Ends a pause.", 1, 1, 0, resume, NULL, 0 },
	};

	return cli_run_verb("queue", verbs, sizeof verbs / sizeof verbs[0], argc, argv);
}
