/* Opening and closing, and the connections of our own. */
#include "mailcore/keys/keys.h"

#include <sodium.h>
#include <unistd.h>

#include "mailcore/base/clock.h"
#include "mailcore/base/random.h"
#include "mailcore/keys/keys_impl.h"

#define POOL_ARENA 4096

static void derive(unsigned char out[KEY_SIZE], const unsigned char key[KEY_SIZE], const char *what)
{
	crypto_generichash(out, KEY_SIZE, (const unsigned char *)what, strlen(what), key, KEY_SIZE);
}

static unsigned processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (unsigned)n : 1;
}

static void locks_init(struct keys *k)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&k->pool_lock, NULL);
	pthread_mutex_init(&k->hash_lock, NULL);
	pthread_mutex_init(&k->cache_lock, NULL);
	pthread_mutex_init(&k->dkim_lock, NULL);
	pthread_cond_init(&k->hash_free, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

/* What unknown users are checked against, at the price of a known one. */
static bool make_dummy(struct keys *k)
{
	char random[32];
	random_bytes(random, sizeof random);
	_Static_assert(sizeof k->dummy_hash >= crypto_pwhash_STRBYTES, "room for the hash");
	return crypto_pwhash_str(k->dummy_hash, random, sizeof random, HASH_PASSES,
		       (size_t)HASH_KIB * 1024) == 0;
}

enum rc keys_open(const struct keys_options *options, struct keys **out, struct err *err)
{
	unsigned char master[KEY_SIZE];
	if (sodium_init() < 0)
		return err_set(err, RC_TEMP, "", "libsodium cannot start.");
	enum rc rc = key_file_load(options->key_file, master, err);
	if (rc != RC_OK)
		return rc;
	struct keys *k = heap_zalloc(sizeof *k);
	k->conninfo = heap_strdup(options->conninfo);
	derive(k->seal_key, master, "seal");
	derive(k->mac_key, master, "app password");
	derive(k->scram_key, master, "scram salt");
	random_bytes(k->cache_key, sizeof k->cache_key);
	explicit_bzero(master, sizeof master);
	locks_init(k);
	list_init(&k->pool);
	map_init(&k->dkim_sets);
	k->hash_left = options->hash_threads ? options->hash_threads : processors();
	k->verified = heap_zalloc(VERIFIED_N * sizeof *k->verified);
	if (!make_dummy(k)) {
		keys_close(k);
		return err_set(err, RC_TEMP, "", "Not enough memory to hash passwords.");
	}
	*out = k;
	return RC_OK;
}

void keys_close(struct keys *k)
{
	if (!k)
		return;
	LIST_EACH(it, &k->pool)
	{
		struct pooled *p = LIST_ITEM(it, struct pooled, node);
		db_close(p->db);
		heap_free(p);
	}
	pthread_mutex_destroy(&k->pool_lock);
	pthread_mutex_destroy(&k->hash_lock);
	pthread_mutex_destroy(&k->cache_lock);
	pthread_mutex_destroy(&k->dkim_lock);
	pthread_cond_destroy(&k->hash_free);
	dkim_sets_done(k);
	heap_free(k->verified);
	heap_free(k->conninfo);
	explicit_bzero(k, sizeof *k);
	heap_free(k);
}

struct ctx pool_take(struct keys *k, struct ctx *ctx, struct pooled **out)
{
	struct pooled *p = NULL;
	pthread_mutex_lock(&k->pool_lock);
	if (!list_empty(&k->pool)) {
		p = LIST_ITEM(k->pool.next, struct pooled, node);
		list_del(&p->node);
	}
	pthread_mutex_unlock(&k->pool_lock);
	if (!p) {
		p = heap_zalloc(sizeof *p);
		p->db = db_open(k->conninfo, "mailstead-keys");
	}
	*out = p;
	struct ctx own = *ctx;
	own.db = p->db;
	return own;
}

void pool_give(struct keys *k, struct pooled *p)
{
	pthread_mutex_lock(&k->pool_lock);
	list_init(&p->node);
	p->node.next = k->pool.next; /* to the front: the warm ones are used again */
	p->node.prev = &k->pool;
	k->pool.next->prev = &p->node;
	k->pool.next = &p->node;
	pthread_mutex_unlock(&k->pool_lock);
}
