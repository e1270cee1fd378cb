/* Mailboxes: addresses that store mail and can log in. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"
#include "backend/accounts/suspension.h"

/* Ways in that are switched off: mailcore/directory's enum mailbox_service. */
#define MAILBOX_NO_IMAP    1u
#define MAILBOX_NO_POP3    2u
#define MAILBOX_NO_SMTP    4u
#define MAILBOX_NO_WEBMAIL 8u

struct mailbox {
	int64_t mailbox_id, domain_id, account_id;
	struct span
		address; /* localpart@domain as the owner writes it; the key is its lower case */
	struct span domain;
	struct span name;
	int64_t quota_bytes; /* 0: none */
	int64_t used_bytes, messages;
	struct suspension suspension;
	unsigned no_services;                /* MAILBOX_NO_* */
	int64_t send_per_hour, send_per_day; /* recipients; 0: what the plan says */
	int64_t created_at_us, deleted_at_us;
	int64_t version;
};
struct mailboxes {
	struct mailbox *items;
	size_t len;
	struct span next_cursor;
};

struct mailbox_new {
	struct span address;
	struct span password;      /* one of the two */
	struct span password_hash; /* crypt string of another system */
	struct span name;
	int64_t quota_bytes; /* 0: the plan's */
	unsigned no_services;
	int64_t send_per_hour, send_per_day;
};
struct mailbox_change {
	bool set_name, set_quota, set_send_per_hour, set_send_per_day;
	struct suspension_change suspension;
	unsigned set_services, no_services; /* which bits to set, and to what */
	struct span name;
	int64_t quota_bytes;
	int64_t send_per_hour, send_per_day;
	struct span password;      /* empty: unchanged */
	struct span password_hash; /* empty: unchanged */
	int64_t version;           /* If-Match; 0: any */
};

/* Splits, checks and lower-cases the domain. RC_INVALID (field "address"). */
MUST_CHECK enum rc address_normalise(struct ctx *ctx, struct span text, struct span *out_localpart,
	struct span *out_domain, struct err *err);
/* At least 8 characters, at most 1,024 bytes, not the address itself. RC_INVALID ("password"). */
MUST_CHECK enum rc password_check(struct span password, struct span login, struct err *err);

/* With its default folders. RC_EXISTS (a mailbox or an alias has the address), RC_NOT_FOUND (field
 * "address": no such domain below the actor), RC_LIMIT. It receives mail and logs in from the commit on. */
MUST_CHECK enum rc mailbox_create(const struct services *s, struct ctx *ctx,
	const struct mailbox_new *in, struct mailbox *out, struct err *err);
MUST_CHECK enum rc mailbox_get(const struct services *s, struct ctx *ctx, struct span address,
	struct mailbox *out, struct err *err);
MUST_CHECK enum rc mailbox_list(const struct services *s, struct ctx *ctx,
	const struct list_ask *ask, struct mailboxes *out, struct err *err);
MUST_CHECK enum rc mailbox_update(const struct services *s, struct ctx *ctx, struct span address,
	const struct mailbox_change *change, struct mailbox *out, struct err *err);
/* 30 days of undo; the address is free at once. */
MUST_CHECK enum rc mailbox_delete(const struct services *s, struct ctx *ctx, struct span address,
	int64_t version, struct err *err);
/* The one of this address that was deleted last. RC_EXISTS: the address is taken; RC_LIMIT. */
MUST_CHECK enum rc mailbox_restore(const struct services *s, struct ctx *ctx, struct span address,
	struct mailbox *out, struct err *err);
/* A mailbox user changes its own password; its other sessions end. */
MUST_CHECK enum rc mailbox_change_password(const struct services *s, struct ctx *ctx,
	struct span current, struct span password, struct err *err);

/* App passwords: made here, shown once. The mailbox user too, for its own. */
struct app_password {
	int64_t app_password_id;
	struct span label;
	struct span password; /* only from _create */
	int64_t created_at_us, used_at_us;
};
struct app_passwords {
	struct app_password *items;
	size_t len;
};
MUST_CHECK enum rc app_password_create(const struct services *s, struct ctx *ctx,
	struct span address, struct span label, struct app_password *out, struct err *err);
MUST_CHECK enum rc app_password_list(const struct services *s, struct ctx *ctx, struct span address,
	struct app_passwords *out, struct err *err);
MUST_CHECK enum rc app_password_delete(const struct services *s, struct ctx *ctx,
	struct span address, int64_t app_password_id, struct err *err);

struct cJSON *mailbox_json(struct arena *a, const struct mailbox *mailbox);
struct cJSON *app_password_json(struct arena *a, const struct app_password *p);
