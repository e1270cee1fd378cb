/* Shared by the files of this folder. Lock order: all locks are leaves. */
#pragma once

#include <pthread.h>

#include "mailcore/base/list.h"
#include "mailcore/base/map.h"
#include "mailcore/db/db.h"
#include "mailcore/keys/keys.h"

#define KEY_SIZE    32
#define VERIFIED_N  16384 /* cache entries, 4 of which share a place */
#define HASH_KIB    19456
#define HASH_PASSES 2

struct verified {
	unsigned char mac[16];
	int64_t until_ms; /* 0: empty */
	int64_t id;
	enum keys_subject subject;
};

struct pooled {
	struct list node;
	struct db *db;
};

struct keys {
	char *conninfo;
	unsigned char seal_key[KEY_SIZE];  /* private keys at rest */
	unsigned char mac_key[KEY_SIZE];   /* app passwords at rest */
	unsigned char scram_key[KEY_SIZE]; /* salts */
	unsigned char cache_key[KEY_SIZE]; /* of this process: verified passwords */

	pthread_mutex_t pool_lock;
	struct list pool;

	pthread_mutex_t hash_lock;
	pthread_cond_t hash_free;
	unsigned hash_left; /* Argon2 runs that may start now */

	pthread_mutex_t cache_lock;
	struct verified *verified;

	pthread_mutex_t dkim_lock;
	struct map dkim_sets; /* by domain: dkim_sign.c */

	char dummy_hash[128];
};

/* A step of our own on a pooled connection as mailstead_keys, with the caller's deadline. */
struct ctx pool_take(struct keys *k, struct ctx *ctx, struct pooled **out);
void pool_give(struct keys *k, struct pooled *p);

/* Reads the 32 bytes, makes them first when the file is absent. */
MUST_CHECK enum rc key_file_load(const char *path, unsigned char out[KEY_SIZE], struct err *err);

/* Text of a $mac$ hash. */
void mac_hash_add(struct keys *k, struct span password, struct str *out);

/* A private key as it lies in its row; NULL: sealed for another row, or with another key file. */
struct evp_pkey_st *dkim_unseal(struct keys *k, struct arena *a, int64_t domain_id,
	struct span selector, struct span sealed);
void dkim_sets_done(struct keys *k);
/* dkim.c: sealed with the key file, bound to `ad`. Memory: arena. */
struct span secret_seal(struct keys *k, struct arena *a, struct span ad, struct span secret);
MUST_CHECK bool secret_unseal(
	struct keys *k, struct arena *a, struct span ad, struct span sealed, struct span *out);

/* scram.c: is this the password the sealed verifier was made from? As long for an empty one; a millisecond or two. */
MUST_CHECK bool scram_fits(struct keys *k, struct arena *a, int64_t mailbox_id, struct span sealed,
	struct span password);

/* totp.c: the code of a step of 30 s (RFC 6238, RFC 4226 section 5.3). */
#define TOTP_DIGITS 6
uint32_t totp_code(struct span secret, int64_t step);

/* credential_repo.c */
struct credential {
	int64_t credential_id;
	bool is_app_password;
	bool has_factor; /* its owner has a second factor */
	struct span hash;
	struct span scram; /* sealed; empty: none yet */
};
MUST_CHECK enum rc credential_list(struct ctx *ctx, enum keys_subject subject, int64_t id,
	struct credential **out, size_t *out_len);
void credential_note_use(struct ctx *ctx, int64_t credential_id);
void credential_rehash(
	struct ctx *ctx, int64_t credential_id, struct span new_hash, struct span old_hash);
void credential_set_scram(struct ctx *ctx, int64_t credential_id, struct span scram);
MUST_CHECK enum rc credential_replace(struct ctx *ctx, enum keys_subject subject, int64_t id,
	struct span hash, struct span scram);
