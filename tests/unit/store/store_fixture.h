/* A store on a scratch database, with mailboxes 1..N_MAILBOXES that have their default folders. */
#pragma once

#include "mailcore/db/tx.h"
#include "mailcore/store/store.h"
#include "tests/unit/scratch.h"

#define N_MAILBOXES 8

struct fixture {
	char dir[32];
	struct blob_store *blobs;
	struct store *store;
};

static inline enum rc fixture_mailbox(struct ctx *ctx, void *arg)
{
	return folder_make_defaults(ctx, *(int64_t *)arg);
}

static inline bool fixture_begin(struct fixture *f, struct bells *bells)
{
	struct arena arena;
	struct err err = { 0 };
	(void)snprintf(f->dir, sizeof f->dir, "/tmp/mailstead-store-XXXXXX");
	if (!scratch_migrate() || !mkdtemp(f->dir) ||
		blob_store_open(f->dir, &f->blobs, &err) != RC_OK)
		return false;
	f->store = store_new(&(struct store_options){ .blobs = f->blobs, .bells = bells });
	scratch_sql("INSERT INTO account (account_id, role, login) VALUES (1, 'admin', 'admin');"
		    "INSERT INTO account_tree VALUES (1, 1, 0);"
		    "INSERT INTO domain (domain_id, account_id, name) VALUES (1, 1, 'a.test');"
		    "INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key)"
		    " SELECT i, 1, 'm' || i, 'm' || i FROM generate_series(1, 8) AS i");
	arena_init(&arena, 65536);
	struct db *owner = scratch_open(NULL);
	bool ok = true;
	for (int64_t id = 1; id <= N_MAILBOXES; id++) {
		struct ctx ctx = scratch_ctx(&arena, owner);
		ok = ok && tx_run(&ctx, fixture_mailbox, &id) == RC_OK;
	}
	db_close(owner);
	arena_done(&arena);
	return ok;
}

static inline void fixture_end(struct fixture *f)
{
	store_free(f->store);
	blob_store_close(f->blobs);
	pid_t pid = fork();
	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", f->dir, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

/* A plain message with a body of `size` characters, half of them random. */
static inline struct span fixture_message(struct arena *a, const char *subject, size_t size)
{
	struct str s = str_in(a, size * 2 + 1000);
	str_addf(&s,
		"From: Ann <ann@x.test>\r\nTo: m1@a.test\r\nSubject: %s\r\n"
		"Date: Sun, 22 Nov 2026 18:30:00 +0100\r\nMessage-ID: <%s@x.test>\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
		subject, subject);
	while (s.len < size) {
		random_add_token(&s, 24);
		str_add(&s, SPAN(" the quick brown fox jumps over it\r\n"));
	}
	return str_span(&s);
}

static inline enum rc fixture_deliver(
	struct fixture *f, struct ctx *ctx, struct uuid id, struct span message, int64_t mailbox_id)
{
	struct prepared *p = NULL;
	enum rc rc = message_prepare(f->store, ctx->arena, id, message, &p);
	if (rc != RC_OK)
		return rc;
	struct delivery_target target = {
		.mailbox_id = mailbox_id, .domain_id = 1, .address = SPAN("m@a.test")
	};
	struct delivery_event event = { .domain_id = 1,
		.mailbox_id = mailbox_id,
		.rcpt = SPAN("m@a.test"),
		.name = SPAN("message.delivered"),
		.text = SPAN("Delivered to INBOX."),
		.evidence = SPAN("{\"size\": 1}") };
	struct delivery d = { .message = p,
		.mail_from = SPAN("ann@x.test"),
		.targets = &target,
		.n_targets = 1,
		.events = &event,
		.n_events = 1,
		.received_at = ctx->now_us / 1000000 };
	return message_deliver(f->store, ctx, &d);
}
