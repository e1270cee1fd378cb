/*
 * Secrets: verifies passwords, makes and uses DKIM keys, seals what is stored.
 *
 * Nobody else reads a password hash or a private key. Today it runs inside the role that asks,
 * with a database log-in of its own (mailstead_keys, column grants), behind this header; the
 * header is what a process of its own will speak.
 *
 * Passwords: Argon2id (libsodium, t=2, 19 MiB) in a bounded number of threads at a time; verified
 * ones are cached for an hour as a keyed hash, dropped when the credential changes. crypt(3)
 * strings of other systems verify too. A check of an unknown user costs the same time.
 */
#pragma once

#include "mailcore/base/ctx.h"
#include "mailcore/base/rc.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

struct keys;

struct keys_options {
	const char *conninfo;  /* the mailstead_keys log-in */
	const char *key_file;  /* 0600, 32 bytes; made when absent: seals private keys at rest */
	unsigned hash_threads; /* at most this many Argon2 runs at the same time; 0: processors */
};

MUST_CHECK enum rc keys_open(
	const struct keys_options *options, struct keys **out, struct err *err);
void keys_close(struct keys *k);

/* Whose password. */
enum keys_subject { KEYS_ACCOUNT, KEYS_MAILBOX };

/* RC_OK: right; RC_DENIED: wrong, or nobody has this id (id 0: spends the same time); RC_TEMP. */
MUST_CHECK enum rc keys_verify(struct keys *k, struct ctx *ctx, enum keys_subject subject,
	int64_t id, struct span password);
/* The same for a mail program, which cannot be asked for a second factor: where there is one, only
 * app passwords are right. */
MUST_CHECK enum rc keys_verify_mail(
	struct keys *k, struct ctx *ctx, int64_t mailbox_id, struct span password);
/* A crypt string for storage. RC_INVALID: empty or above 1,024 bytes. */
MUST_CHECK enum rc keys_hash_password(struct keys *k, struct span password, struct str *out);
/* For app passwords that we made ourselves of at least 128 random bits: quick to verify. Stored
 * with kind 'app_password'. RC_INVALID: shorter than 16 characters. */
MUST_CHECK enum rc keys_hash_app_password(struct keys *k, struct span password, struct str *out);
/* Is this a crypt string we could verify (for password_hash imports)? Dovecot's {SCHEME} prefixes
 * are accepted and removed; *out is what to store. */
MUST_CHECK bool keys_accepts_hash(struct span hash, struct span *out);
/* Replaces the password credential inside the caller's tx: hash from above, and the password it was
 * made of for SCRAM (empty: not known; the first log-in in clear makes up for it). */
MUST_CHECK enum rc keys_store_password(struct keys *k, struct ctx *ctx, enum keys_subject subject,
	int64_t id, struct span hash, struct span password);
void keys_forget(struct keys *k, enum keys_subject subject, int64_t id);

/* Second factors: codes of an app (TOTP, RFC 6238: SHA-1, six digits, 30 s, one step of tolerance),
 * and recovery codes. Each works once. */
#define KEYS_RECOVERY_CODES 10
/* A new secret in base32, inside the caller's tx; not asked for until the caller confirms it.
 * RC_EXISTS: there is one already. */
MUST_CHECK enum rc keys_make_totp(struct keys *k, struct ctx *ctx, enum keys_subject subject,
	int64_t id, struct span *out_secret);
/* New recovery codes of a factor, inside the caller's tx. */
MUST_CHECK enum rc keys_make_recovery(
	struct keys *k, struct ctx *ctx, int64_t factor_id, struct span out[KEYS_RECOVERY_CODES]);
/* Is there a confirmed one? RC_OK, RC_NOT_FOUND. */
MUST_CHECK enum rc keys_find_totp(
	struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id);
/* RC_OK: right, and used up; RC_DENIED. */
MUST_CHECK enum rc keys_verify_totp(
	struct keys *k, struct ctx *ctx, enum keys_subject subject, int64_t id, struct span code);

/* --- SCRAM-SHA-256 (RFC 5802, RFC 7677) for mailboxes --- */

#define KEYS_PASSWORD_MAX     1024
#define KEYS_SCRAM_ITERATIONS 10000
#define KEYS_SCRAM_SALT       16
#define KEYS_SCRAM_HASH       32

/* All passwords of a mailbox have one salt; nobody (id 0) has one as well, by name. */
void keys_scram_salt(struct keys *k, int64_t mailbox_id, struct span name,
	unsigned char out[static KEYS_SCRAM_SALT]);
/* What is stored in credential.scram, sealed. Empty: no such password. Takes milliseconds. */
struct span keys_scram_verifier(
	struct keys *k, struct arena *a, int64_t mailbox_id, struct span password);
/* Does the proof fit the message with one of the mailbox's passwords? RC_OK: *out_signature is the
 * server's; RC_DENIED; RC_TEMP. */
MUST_CHECK enum rc keys_scram_verify(struct keys *k, struct ctx *ctx, int64_t mailbox_id,
	struct span message, const unsigned char proof[static KEYS_SCRAM_HASH],
	unsigned char out_signature[static KEYS_SCRAM_HASH]);

struct dkim_public {
	struct span selector;
	struct span algorithm; /* "rsa" or "ed25519" */
	struct span p;         /* base64 for p= */
	struct span state;
};

/* Makes a key pair and stores it inside the caller's tx. algorithm "rsa" (2048 bits) or
 * "ed25519". RC_EXISTS: the selector is taken. */
MUST_CHECK enum rc keys_make_dkim(struct keys *k, struct ctx *ctx, int64_t domain_id,
	struct span selector, struct span algorithm, struct span state, struct dkim_public *out);
/* The keys with which a domain (A-labels) signs now, at most one of each algorithm; dkim_choice.h
 * has the rule. *out_len is 0 when it has none, or is not ours. Known for half a minute, so that
 * signing costs no round trip. RC_TEMP: the database is away. Memory: ctx->arena. */
struct dkim_key_ref {
	struct span selector;
	struct span algorithm; /* "rsa" or "ed25519" */
};
MUST_CHECK enum rc keys_dkim_signing(struct keys *k, struct ctx *ctx, struct span domain,
	struct dkim_key_ref **out, size_t *out_len);
/* The raw signature of data by one of these keys. RC_NOT_FOUND: it does not sign (any more). */
MUST_CHECK enum rc keys_sign_dkim(struct keys *k, struct ctx *ctx, struct span domain,
	struct span selector, struct span data, struct str *out);

/* Seals a secret for a table of somebody else's. `place` names the row: what is sealed for one row
 * does not open in another. False: it was not sealed by us, or for another place. Memory: the
 * arena. */
struct span keys_seal(struct keys *k, struct arena *a, struct span place, struct span secret);
MUST_CHECK bool keys_unseal(
	struct keys *k, struct arena *a, struct span place, struct span sealed, struct span *out);
