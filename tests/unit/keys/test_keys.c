/* mailcore/keys: hash formats, verification with its cache and bounds, DKIM pairs. */
#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <sodium.h>
#include <sys/stat.h>

#include "mailcore/base/base64.h"
#include "mailcore/keys/dkim_choice.h"
#include "mailcore/keys/hash_format.h"
#include "mailcore/keys/keys_impl.h"
#include "tests/unit/scratch.h"

static struct arena arena;
static struct keys *keys;
static char dir[] = "/tmp/mailstead-keys-XXXXXX";
static char key_file[64];

/* RFC 6238 appendix B, the last six of its eight digits. */
static void test_totp(void **state)
{
	static const struct {
		int64_t time;
		uint32_t code;
	} CASES[] = { { 59, 287082 }, { 1111111109, 81804 }, { 1111111111, 50471 },
		{ 1234567890, 5924 }, { 2000000000, 279037 }, { 20000000000, 353130 } };
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		assert_int_equal(
			totp_code(SPAN("12345678901234567890"), CASES[i].time / 30), CASES[i].code);
}

static void test_hash_formats(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} CASES[] = {
		{ "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
		  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
			true },
		{ "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
		  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
			false },
		{ "$argon2id$v=19$m=19456,t=0,p=1$c29tZXNhbHRzb21lc2FsdA$"
		  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
			false },
		{ "$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE", true },
		{ "$2b$31$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE", false },
		{ "$2b$1$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDEF", false },
		{ "$6$salt$" /* 86 */
		  "IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy."
		  "g.",
			true },
		{ "$6$rounds=999999999$salt$"
		  "IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy."
		  "g.",
			false },
		{ "$1$abcdefgh$abcdefghijklmnopqrstuv", true },
		{ "$y$j9T$salt$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ", true },
		{ "$y$jFT$salt$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ", false },
		{ "$6$", false },
		{ "", false },
		{ "plain", false },
		{ "$6$salt:bad$x", false },
	};
	enum hash_kind kind;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
		if (hash_format_parse(span_of(CASES[i].text), &kind) != CASES[i].ok)
			fail_msg("%s", CASES[i].text);
	struct span out;
	assert_true(keys_accepts_hash(
		SPAN("{BLF-CRYPT}$2y$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyzABCDE"),
		&out));
	assert_true(span_starts(out, SPAN("$2y$")));
	assert_false(keys_accepts_hash(SPAN("{PLAIN}x"), &out));
	assert_false(
		keys_accepts_hash(SPAN("$mac$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa="), &out));
}

static enum rc verify(int64_t id, const char *password)
{
	struct arena own;
	arena_init(&own, 4096);
	struct ctx ctx = scratch_ctx(&own, NULL);
	enum rc rc = keys_verify(keys, &ctx, KEYS_MAILBOX, id, span_of(password));
	arena_done(&own);
	return rc;
}

static void store(int64_t id, struct span hash)
{
	struct db *db = scratch_open("web");
	struct ctx ctx = scratch_ctx(&arena, db);
	db_set_tenant(db, 1);
	assert_int_equal(keys_store_password(keys, &ctx, KEYS_MAILBOX, id, hash, SPAN_NONE), RC_OK);
	db_close(db);
}

static struct span hash_of(const char *password)
{
	struct str out = str_in(&arena, 200);
	assert_int_equal(keys_hash_password(keys, span_of(password), &out), RC_OK);
	return str_span(&out);
}

/* Processor time: other load on the machine does not count. */
static int64_t cpu_us(void)
{
	struct timespec ts;
	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
	return ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static void test_verify(void **state)
{
	store(1, hash_of("secret"));
	assert_int_equal(verify(1, "secret"), RC_OK);
	assert_int_equal(verify(1, "Secret"), RC_DENIED);
	assert_int_equal(verify(1, ""), RC_DENIED);
	assert_int_equal(verify(2, "secret"), RC_DENIED);
	assert_int_equal(verify(0, "secret"), RC_DENIED);
	/* remembered: hundreds of log-ins cost less than a few hashes */
	int64_t start_us = cpu_us();
	for (int i = 0; i < 300; i++)
		assert_int_equal(verify(1, "secret"), RC_OK);
	assert_true(cpu_us() - start_us < 3 * USEC_PER_SEC);
	/* changed elsewhere: at once */
	struct str other = str_in(&arena, 200);
	str_addf(&other, "UPDATE credential SET hash = '" SPAN_FMT "' WHERE mailbox_id = 1",
		SPAN_ARG(hash_of("new")));
	scratch_sql(str_cstr(&other));
	assert_int_equal(verify(1, "secret"), RC_DENIED);
	assert_int_equal(verify(1, "new"), RC_OK);
	scratch_sql("DELETE FROM credential");
	assert_int_equal(verify(1, "new"), RC_DENIED);
	struct str none = str_in(&arena, 200);
	assert_int_equal(keys_hash_password(keys, SPAN(""), &none), RC_INVALID);
}

static void test_import(void **state)
{
	struct crypt_data data = { 0 };
	const char *hash = crypt_rn("imported", "$6$rounds=5000$saltsalt", &data, sizeof data);
	struct span accepted;
	assert_true(keys_accepts_hash(arena_printf(&arena, "{SHA512-CRYPT}%s", hash), &accepted));
	store(1, accepted);
	assert_int_equal(verify(1, "wrong"), RC_DENIED);
	assert_int_equal(verify(1, "imported"), RC_OK);
	assert_int_equal(scratch_sql("SELECT (hash LIKE '$argon2id$%')::int FROM credential"), 1);
	assert_int_equal(verify(1, "imported"), RC_OK);
	assert_int_equal(verify(1, "wrong"), RC_DENIED);
}

static void test_app_password(void **state)
{
	struct str hash = str_in(&arena, 200);
	assert_int_equal(
		keys_hash_app_password(keys, SPAN("abcd-efgh-ijkl-mnop-qrst"), &hash), RC_OK);
	struct str sql = str_in(&arena, 400);
	str_addf(&sql,
		"INSERT INTO credential (mailbox_id, kind, hash) VALUES (1, 'app_password', '" SPAN_FMT
		"')",
		SPAN_ARG(str_span(&hash)));
	scratch_sql(str_cstr(&sql));
	assert_int_equal(verify(1, "abcd-efgh-ijkl-mnop-qrst"), RC_OK);
	assert_int_equal(verify(1, "abcd-efgh-ijkl-mnop-qrsu"), RC_DENIED);
	assert_int_equal(verify(1, "imported"), RC_OK);
	assert_int_equal(scratch_sql("SELECT count(used_at) FROM credential"), 2);
}

static void time_one(int64_t id, int64_t *best)
{
	int64_t start = cpu_us();
	assert_int_equal(verify(id, "wrong"), RC_DENIED);
	int64_t took = cpu_us() - start;
	*best = took < *best ? took : *best;
}

/* The best of several looks at each, in turn: a neighbour on the same core makes one of them slow. A
 * true difference does not go away. */
static void test_same_time(void **state)
{
	int64_t known = INT64_MAX, unknown = INT64_MAX, difference = INT64_MAX;

	for (int i = 0; i < 40 && (i < 5 || difference > known / 4); i++) {
		time_one(1, &known);
		time_one(0, &unknown);
		difference = known > unknown ? known - unknown : unknown - known;
	}
	assert_true(difference <= known / 4);
}

static void *verify_thread(void *arg)
{
	return (void *)(intptr_t)verify(1, "wrong too");
}

static void *right_thread(void *arg)
{
	return (void *)(intptr_t)verify(1, "together");
}

static int64_t cpu_of_32(void *(*thread)(void *), enum rc wanted)
{
	pthread_t threads[32];
	int64_t start = cpu_us();

	for (int i = 0; i < 32; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread, NULL), 0);
	for (int i = 0; i < 32; i++) {
		void *rc = NULL;
		pthread_join(threads[i], &rc);
		assert_int_equal((intptr_t)rc, wanted);
	}
	return cpu_us() - start;
}

/* A thousand connections of one mailbox that come back at once need one hash, not a thousand. */
static void test_the_same_at_once(void **state)
{
	store(1, hash_of("together"));
	int64_t wrong = cpu_of_32(verify_thread, RC_DENIED);
	int64_t right = cpu_of_32(right_thread, RC_OK);
	if (right >= wrong * 3 / 4)
		fail_msg("%lld us, wrong ones %lld us", (long long)right, (long long)wrong);
}

static void check_signature(const struct dkim_public *pub, struct span sig)
{
	bool rsa = span_eq(pub->algorithm, SPAN("rsa"));
	struct str der = str_in(&arena, 1024);
	unsigned char hash[32];

	assert_true(base64_decode(pub->p, &der));
	const unsigned char *p = (const unsigned char *)der.ptr;
	EVP_PKEY *key = rsa ? d2i_PUBKEY(NULL, &p, (long)der.len)
			    : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, p, der.len);
	assert_non_null(key);
	crypto_hash_sha256(hash, (const unsigned char *)"data", 4);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	assert_int_equal(EVP_DigestVerifyInit(md, NULL, rsa ? EVP_sha256() : NULL, NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(md, (const unsigned char *)sig.ptr, sig.len,
				 rsa ? (const unsigned char *)"data" : hash, rsa ? 4 : 32),
		1);
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
}

static void make_keys(struct ctx *ctx, int64_t domain_id, struct dkim_public pub[2])
{
	static const char *const algorithms[] = { "rsa", "ed25519" };

	for (int i = 0; i < 2; i++) {
		struct span name = span_of(algorithms[i]);
		assert_int_equal(
			keys_make_dkim(keys, ctx, domain_id, name, name, SPAN("active"), &pub[i]),
			RC_OK);
		assert_int_equal(
			keys_make_dkim(keys, ctx, domain_id, name, name, SPAN("active"), &pub[i]),
			RC_EXISTS);
	}
}

static void test_dkim(void **state)
{
	struct db *db = scratch_open("web");
	struct ctx ctx = scratch_ctx(&arena, db);
	struct dkim_public pub[2];
	struct dkim_key_ref *refs;
	size_t n;

	db_set_tenant(db, 1);
	make_keys(&ctx, 1, pub);
	assert_int_equal(keys_dkim_signing(keys, &ctx, SPAN("a.test"), &refs, &n), RC_OK);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		struct str sig = str_in(&arena, 1024);
		assert_true(span_eq(refs[i].algorithm, pub[i].algorithm));
		assert_int_equal(keys_sign_dkim(keys, &ctx, SPAN("a.test"), refs[i].selector,
					 SPAN("data"), &sig),
			RC_OK);
		check_signature(&pub[i], str_span(&sig));
	}
	struct str sig = str_in(&arena, 1024);
	assert_int_equal(
		keys_sign_dkim(keys, &ctx, SPAN("a.test"), SPAN("none"), SPAN("data"), &sig),
		RC_NOT_FOUND);
	assert_int_equal(keys_dkim_signing(keys, &ctx, SPAN("else.test"), &refs, &n), RC_OK);
	assert_int_equal(n, 0);
	db_close(db);
}

/* The client's side of RFC 5802 section 3, for a message. */
static void prove(int64_t id, const char *password, struct span message, unsigned char proof[32],
	unsigned char signature[32])
{
	unsigned char salt[KEYS_SCRAM_SALT], salted[32], client[32], stored[32], server[32],
		mask[32];
	unsigned len = 32;

	keys_scram_salt(keys, id, SPAN("name"), salt);
	PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt, sizeof salt, KEYS_SCRAM_ITERATIONS,
		EVP_sha256(), 32, salted);
	HMAC(EVP_sha256(), salted, 32, (const unsigned char *)"Client Key", 10, client, &len);
	crypto_hash_sha256(stored, client, 32);
	HMAC(EVP_sha256(), stored, 32, (const unsigned char *)message.ptr, message.len, mask, &len);
	for (int i = 0; i < 32; i++)
		proof[i] = client[i] ^ mask[i];
	HMAC(EVP_sha256(), salted, 32, (const unsigned char *)"Server Key", 10, server, &len);
	HMAC(EVP_sha256(), server, 32, (const unsigned char *)message.ptr, message.len, signature,
		&len);
}

static enum rc scram(int64_t id, const char *password)
{
	unsigned char proof[32], want[32], got[32];
	struct ctx ctx = scratch_ctx(&arena, NULL);
	struct span message = SPAN("n=a,r=b,r=bc,s=x,i=1,c=biws,r=bc");

	prove(id, password, message, proof, want);
	enum rc rc = keys_scram_verify(keys, &ctx, id, message, proof, got);
	if (rc == RC_OK)
		assert_memory_equal(got, want, sizeof got);
	return rc;
}

static void test_scram(void **state)
{
	struct db *db = scratch_open("web");
	struct ctx ctx = scratch_ctx(&arena, db);
	unsigned char one[KEYS_SCRAM_SALT], two[KEYS_SCRAM_SALT];

	db_set_tenant(db, 1);
	assert_int_equal(
		keys_store_password(keys, &ctx, KEYS_MAILBOX, 2, hash_of("pencil"), SPAN("pencil")),
		RC_OK);
	assert_int_equal(scram(2, "pencil"), RC_OK);
	assert_int_equal(scram(2, "pencils"), RC_DENIED);
	assert_int_equal(scram(0, "pencil"), RC_DENIED);
	/* A password that came as a hash: from the first log-in in clear on. */
	assert_int_equal(
		keys_store_password(keys, &ctx, KEYS_MAILBOX, 2, hash_of("pencil"), SPAN_NONE),
		RC_OK);
	assert_int_equal(scram(2, "pencil"), RC_DENIED);
	assert_int_equal(verify(2, "pencil"), RC_OK);
	assert_int_equal(scram(2, "pencil"), RC_OK);
	/* After a restart nothing is remembered: the verifier does, which costs no Argon2. */
	scratch_sql("ALTER TABLE credential DISABLE TRIGGER credential_drop_verifier");
	scratch_sql(
		"UPDATE credential SET hash = overlay(hash PLACING 'AAAAA' FROM length(hash) - 9) "
		"WHERE mailbox_id = 2");
	assert_int_equal(verify(2, "pencil"), RC_OK);
	assert_int_equal(verify(2, "pencils"), RC_DENIED);
	scratch_sql("ALTER TABLE credential ENABLE TRIGGER credential_drop_verifier");
	/* With the hash goes the verifier. */
	scratch_sql(
		"UPDATE credential SET hash = overlay(hash PLACING 'BBBBB' FROM length(hash) - 9) "
		"WHERE mailbox_id = 2");
	assert_int_equal(verify(2, "pencil"), RC_DENIED);
	assert_int_equal(scram(2, "pencil"), RC_DENIED);
	assert_int_equal(
		keys_store_password(keys, &ctx, KEYS_MAILBOX, 2, hash_of("pencil"), SPAN("pencil")),
		RC_OK);
	/* A verifier belongs to its mailbox. */
	scratch_sql("UPDATE credential SET mailbox_id = 3 WHERE mailbox_id = 2");
	assert_int_equal(scram(3, "pencil"), RC_DENIED);
	scratch_sql("UPDATE credential SET mailbox_id = 2 WHERE mailbox_id = 3");
	/* Where there is a second factor, the mailbox's own password does not do. */
	scratch_sql("INSERT INTO second_factor (mailbox_id, secret, confirmed_at) VALUES (2, 'x', "
		    "now())");
	assert_int_equal(scram(2, "pencil"), RC_DENIED);
	scratch_sql("DELETE FROM second_factor");

	keys_scram_salt(keys, 0, SPAN("x"), one);
	keys_scram_salt(keys, 0, SPAN("y"), two);
	assert_memory_not_equal(one, two, sizeof one);
	keys_scram_salt(keys, 0, SPAN("x"), two);
	assert_memory_equal(one, two, sizeof one);
	db_close(db);
}

/* A sealed key belongs to its row: one that was put into another's is left out. */
static void test_swapped_dkim_key(void **state)
{
	struct db *db = scratch_open("web");
	struct ctx ctx = scratch_ctx(&arena, db);
	struct dkim_public pub[2];
	struct dkim_key_ref *refs;
	size_t n;

	db_set_tenant(db, 1);
	make_keys(&ctx, 2, pub);
	scratch_sql("UPDATE dkim_key SET private_key = (SELECT private_key FROM dkim_key WHERE "
		    "selector = 'rsa' AND domain_id = 2) WHERE selector = 'ed25519' AND domain_id "
		    "= 2");
	assert_int_equal(keys_dkim_signing(keys, &ctx, SPAN("b.test"), &refs, &n), RC_OK);
	assert_int_equal(n, 1);
	assert_true(span_eq(refs[0].algorithm, SPAN("rsa")));
	db_close(db);
}

static void test_which_dkim_keys_sign(void **state)
{
	static const struct {
		const char *keys; /* algorithm and state, in the order in which they were made */
		const char *chosen;
	} cases[] = {
		{ "", "" },
		{ "rp ep", "01" },
		{ "rp rp ep", "02" },
		{ "rp rs", "1" },
		{ "ra ea", "01" },
		{ "ra ea rp ep", "01" },
		{ "ra ep", "0" },
		{ "ra es", "0" },
		{ "rg rs", "1" },
		{ "rg rp ra", "2" },
		{ "ra ra", "1" },
		{ "rg ed", "" },
		{ "ep", "0" },
	};
	static const char letters[] = "psagd";
	static const char *const states[] = { "pending", "published", "active", "retiring",
		"retired" };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct dkim_candidate all[8];
		size_t n = 0, out[DKIM_SIGNING_MAX];
		for (const char *p = cases[i].keys; *p; p += p[2] ? 3 : 2)
			all[n++] =
				(struct dkim_candidate){ *p == 'r' ? SPAN("rsa") : SPAN("ed25519"),
					span_of(states[strchr(letters, p[1]) - letters]) };
		size_t count = dkim_choose(all, n, out);
		assert_int_equal(count, strlen(cases[i].chosen));
		for (size_t j = 0; j < count; j++)
			assert_int_equal(out[j], cases[i].chosen[j] - '0');
	}
}

static void test_key_file(void **state)
{
	struct err err = { 0 };
	struct keys *other = NULL;
	struct stat st;
	char conninfo[512];
	struct keys_options options = { scratch_conninfo("keys", conninfo, sizeof conninfo),
		key_file, 1 };
	assert_int_equal(stat(key_file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(chmod(key_file, 0644), 0);
	assert_int_equal(keys_open(&options, &other, &err), RC_DENIED);
	assert_int_equal(chmod(key_file, 0600), 0);
	assert_int_equal(truncate(key_file, 5), 0);
	assert_int_equal(keys_open(&options, &other, &err), RC_INVALID);
}

static int group_begin(void **state)
{
	char conninfo[512];
	struct err err = { 0 };
	arena_init(&arena, 65536);
	if (!scratch_migrate() || !mkdtemp(dir))
		return -1;
	scratch_sql(
		"INSERT INTO account (account_id, role, login) VALUES (1, 'admin', 'admin');"
		"INSERT INTO account_tree VALUES (1, 1, 0);"
		"INSERT INTO domain (domain_id, account_id, name) VALUES (1, 1, 'a.test'), (2, 1, "
		"'b.test');"
		"INSERT INTO mailbox (mailbox_id, domain_id, localpart, local_key) VALUES"
		" (1, 1, 'a', 'a'), (2, 1, 'b', 'b'), (3, 1, 'c', 'c')");
	(void)snprintf(key_file, sizeof key_file, "%s/key", dir);
	struct keys_options options = { scratch_conninfo("keys", conninfo, sizeof conninfo),
		key_file, 2 };
	return keys_open(&options, &keys, &err) == RC_OK ? 0 : -1;
}

static int group_end(void **state)
{
	keys_close(keys);
	arena_done(&arena);
	return unlink(key_file) == 0 && rmdir(dir) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totp),
		cmocka_unit_test(test_hash_formats),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_import),
		cmocka_unit_test(test_app_password),
		cmocka_unit_test(test_same_time),
		cmocka_unit_test(test_dkim),
		cmocka_unit_test(test_scram),
		cmocka_unit_test(test_the_same_at_once),
		cmocka_unit_test(test_swapped_dkim_key),
		cmocka_unit_test(test_which_dkim_keys_sign),
		cmocka_unit_test(test_key_file),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
