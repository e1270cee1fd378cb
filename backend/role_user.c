/* The user role: submission, IMAP and POP3 for the mailboxes' owners. */
#include "backend/role.h"
#include "backend/roles.h"
#include "mailcore/base/log.h"
#include "mailcore/imap/imap.h"
#include "mailcore/pop3/pop3.h"
#include "mailcore/smtp/smtp.h"
#include "mailcore/store/search_index.h"

#define WORKERS 12
/* Half of one processor at most, so that delivery and reading go on. */
#define INDEX_EVERY_MS  500
#define INDEX_BUDGET_MS 250

static void listen_submission(struct role *r, struct smtp_options *smtp)
{
	role_listen(r, "submission", &smtp_protocol, false, smtp);
	role_listen(r, "submissions", &smtp_protocol, true, smtp);
}

static void listen_imap(struct role *r, struct imap_options *imap)
{
	role_listen(r, "imap", &imap_protocol, false, imap);
	role_listen(r, "imaps", &imap_protocol, true, imap);
}

static void listen_pop3(struct role *r, struct pop3_options *pop3)
{
	role_listen(r, "pop3", &pop3_protocol, false, pop3);
	role_listen(r, "pop3s", &pop3_protocol, true, pop3);
}

static void index_words(struct ctx *ctx, void *arg)
{
	struct role *r = arg;
	size_t messages = 0;

	enum rc rc = search_index_work(r->store, ctx, INDEX_BUDGET_MS, &messages);
	if (rc != RC_OK)
		log_warn("search.index", "rc=%s", rc_name(rc));
	else if (messages > 0)
		log_debug("search.index", "messages=%zu", messages);
}

int role_user(struct role *r)
{
	struct err err = { 0 };
	struct role_wants wants = {
		.workers_key = "workers.user", .workers = WORKERS, .tls = true, .keys = true
	};

	if (role_open(r, &wants, &err) != RC_OK) {
		log_error("role.open", "error=\"%s\"", err.text);
		return 1;
	}
	const struct config *c = r->launch.config;
	struct intake_env intake;
	struct smtp_options smtp;
	role_intake_env(r, &intake);
	role_smtp_options(r, &intake, true, &smtp);
	struct imap_options imap = {
		.store = r->store,
		.directory = r->directory,
		.hostname = r->launch.hostname,
		.spool_dir = intake.spool_dir,
		.spool_threshold = intake.spool_threshold,
		.max_message_size = intake.max_size,
		.timeout_ms = config_ms(c, "timeout.imap"),
		.plaintext_networks = &r->plaintext_networks,
	};
	struct pop3_options pop3 = {
		.store = r->store,
		.directory = r->directory,
		.hostname = r->launch.hostname,
		.timeout_ms = config_ms(c, "timeout.pop3"),
		.plaintext_networks = &r->plaintext_networks,
	};
	listen_submission(r, &smtp);
	listen_imap(r, &imap);
	listen_pop3(r, &pop3);
	role_poll_store(r);
	loop_every(r->loop, INDEX_EVERY_MS, index_words, r);
	return role_run(r);
}
