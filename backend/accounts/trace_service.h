/* What happened to a message: one row a message and recipient, and the events of one message. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

struct trace_row {
	struct span trace_id; /* text of the UUID */
	struct span mail_from, rcpt;
	struct span state;   /* name of the last event: "message.delivered" */
	struct span text;    /* its sentence */
	struct span subject; /* for the customer's eyes only, else empty */
	int64_t at_us;       /* of the last event */
};
struct trace_rows {
	struct trace_row *items;
	size_t len;
	struct span next_cursor;
};
struct trace_ask {
	struct list_ask list;   /* .domain */
	struct span address;    /* of sender or recipient, its domain, or the peer's IP address */
	struct span message_id; /* Message-ID or trace id */
	struct span find;       /* any of these */
	struct span state;      /* a word of trace_state_names, or empty */
	struct span direction;  /* "in", "out" or empty */
	int64_t since_us, until_us; /* 0: open */
};

struct trace_event {
	int64_t seq, at_us;
	struct span rcpt, name, text;
	struct span evidence; /* JSON or empty */
};
struct trace {
	struct span trace_id, mail_from;
	struct trace_event *events;
	size_t len;
};

/* What may be asked for as a state, with an end: "delivered", "junk", ... Each stands for events. */
extern const char *const trace_state_names[];

/* Removes events of messages that began before `before_us`, at most about `limit` of them. */
MUST_CHECK enum rc trace_collect(
	struct ctx *ctx, int64_t before_us, int64_t limit, int64_t *out_deleted);

MUST_CHECK enum rc trace_list(const struct services *s, struct ctx *ctx,
	const struct trace_ask *ask, struct trace_rows *out, struct err *err);
MUST_CHECK enum rc trace_get(const struct services *s, struct ctx *ctx, struct span trace_id,
	struct trace *out, struct err *err);

struct cJSON *trace_row_json(struct arena *a, const struct trace_row *row);
struct cJSON *trace_json(struct arena *a, const struct trace *trace);
