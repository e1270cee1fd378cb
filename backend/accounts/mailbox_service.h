/* Mailboxes: addresses that store mail and can log in. */
#pragma once

#include "backend/accounts/actor.h"
#include "backend/accounts/services.h"

struct mailbox {
	int64_t mailbox_id, domain_id, account_id;
	struct span
		address; /* localpart@domain as the owner writes it; the key is its lower case */
	struct span domain;
	struct span name;
	int64_t quota_bytes; /* 0: none */
	int64_t used_bytes, messages;
	bool no_login, no_send, no_receive, hold_out;
	int64_t created_at_us;
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
	int64_t quota_bytes;
};
struct mailbox_change {
	bool set_name, set_quota, set_no_login, set_no_send, set_no_receive, set_hold_out;
	struct span name;
	int64_t quota_bytes;
	bool no_login, no_send, no_receive, hold_out;
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
 * "address": no such domain below the actor). It receives mail and logs in from the commit on. */
MUST_CHECK enum rc mailbox_create(const struct services *s, struct ctx *ctx,
	const struct mailbox_new *in, struct mailbox *out, struct err *err);
MUST_CHECK enum rc mailbox_get(const struct services *s, struct ctx *ctx, struct span address,
	struct mailbox *out, struct err *err);
MUST_CHECK enum rc mailbox_list(const struct services *s, struct ctx *ctx,
	const struct list_ask *ask, struct mailboxes *out, struct err *err);
MUST_CHECK enum rc mailbox_update(const struct services *s, struct ctx *ctx, struct span address,
	const struct mailbox_change *change, struct mailbox *out, struct err *err);
/* Soft: the mail stays for the operator to bring back; the address is free at once. */
MUST_CHECK enum rc mailbox_delete(const struct services *s, struct ctx *ctx, struct span address,
	int64_t version, struct err *err);
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
