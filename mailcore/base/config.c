/*
 * The configuration file and the one table of its keys.
 *
 * Does not know what a key is for; modules read the keys they need.
 */
#include "mailcore/base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/str.h"

#define FILE_MAX_BYTES (256 * 1024)

enum kind { KIND_TEXT, KIND_INT, KIND_BYTES, KIND_MS, KIND_BOOL };

struct key {
	const char *name;
	enum kind kind;
	const char *fallback;
	const char *comment;
};

static const struct key keys[] = {
	{ "data.dir", KIND_TEXT, "",
		"Where everything is kept. Empty: the directory of this file." },
	{ "hostname", KIND_TEXT, "",
		"The name of this mail server in SMTP and in DNS (MX). Empty: the system's full name." },
	{ "addresses", KIND_TEXT, "",
		"Public IP addresses of this server, comma-separated, as DNS should show them.\n"
		"Empty: found from the network interfaces." },
	{ "database.url", KIND_TEXT, "",
		"A libpq URL; several hosts are possible. Empty: a private PostgreSQL in the data\n"
		"directory, started and stopped with the server." },
	{ "listen.smtp", KIND_TEXT, "*:25", "Mail from other servers. Empty: do not listen." },
	{ "listen.submission", KIND_TEXT, "*:587,*:2525",
		"Mail from our users, STARTTLS. The second port is for networks that block the first." },
	{ "listen.submissions", KIND_TEXT, "*:465", "Mail from our users, TLS." },
	{ "listen.imap", KIND_TEXT, "*:143", "IMAP with STARTTLS." },
	{ "listen.imaps", KIND_TEXT, "*:993", "IMAP over TLS." },
	{ "listen.pop3", KIND_TEXT, "*:110", "POP3 with STLS." },
	{ "listen.pop3s", KIND_TEXT, "*:995", "POP3 over TLS." },
	{ "listen.http", KIND_TEXT, "*:80", "Redirects to HTTPS; certificate and set-up files." },
	{ "listen.https", KIND_TEXT, "*:443", "Panel, API and webmail." },
	{ "web.url", KIND_TEXT, "",
		"The address under which people reach panel and webmail. Empty: https://<hostname>." },
	{ "tls.cert", KIND_TEXT, "", "Certificate chain (PEM). Empty: DIR/tls/cert.pem." },
	{ "tls.key", KIND_TEXT, "", "Private key (PEM). Empty: DIR/tls/key.pem." },
	{ "tls.sni_dir", KIND_TEXT, "",
		"A directory of NAME.pem files (chain and key) for further host names. Empty:\n"
		"DIR/tls/sni." },
	{ "dns.servers", KIND_TEXT, "", "host:port,... Empty: the system's resolvers." },
	{ "dns.authority_port", KIND_INT, "53",
		"The port at which the domains' own name servers are asked. Another one is for tests." },
	{ "dns.timeout", KIND_MS, "5s", "How long one DNS question may take in all." },
	{ "dns.validates", KIND_BOOL, "no",
		"The DNS servers validate DNSSEC, and nobody can meddle with what they say (best: on\n"
		"this machine). Mail then goes out with DANE." },
	{ "delivery.port", KIND_INT, "25", "The port that outbound delivery connects to." },
	{ "delivery.mta_sts", KIND_BOOL, "yes",
		"Fetch and keep to the MTA-STS policies of domains that mail goes to." },
	{ "delivery.https_port", KIND_INT, "443",
		"The port at which MTA-STS policies are fetched." },
	{ "delivery.retry", KIND_TEXT, "5m,10m,20m,40m,1h,2h,4h",
		"Waiting times between attempts; the last one repeats until five days have passed." },
	{ "delivery.lifetime", KIND_MS, "5d",
		"After that a message that waits goes back to its sender." },
	{ "delivery.delay_notice", KIND_MS, "4h",
		"A sender hears once of mail that has waited that long. 0s: never." },
	{ "delivery.threads", KIND_INT, "50", "Deliveries to other servers at the same time." },
	{ "delivery.smarthost", KIND_TEXT, "", "smtp://user:password@host:port for all mail out." },
	{ "mail.max_size", KIND_BYTES, "50MiB", "The largest message accepted." },
	{ "mail.max_recipients", KIND_INT, "100", "Recipients in one SMTP transaction." },
	{ "mail.spool_threshold", KIND_BYTES, "256KiB",
		"A message larger than this waits in a spool file, not in memory." },
	{ "mail.disk_reserve", KIND_BYTES, "64MiB",
		"No mail is taken in while the data directory's disk has less room left." },
	{ "mail.junk_score", KIND_TEXT, "5.0",
		"Mail from the world with so many points against it goes to Junk." },
	{ "mail.dns_lists", KIND_TEXT, "",
		"Lists of addresses in DNS and their points when a sender is listed, below zero for\n"
		"lists of good ones: bl.example.org=3.5,wl.example.org=-2. None by default: most ask\n"
		"for an agreement, and do not answer a resolver that many share." },
	{ "mail.trusted_forwarders", KIND_TEXT, "",
		"Networks that forward mail to us: DMARC does not judge what they bring." },
	{ "mail.trusted_sealers", KIND_TEXT, "",
		"Domains whose ARC seals are believed when forwarding has broken a signature." },
	{ "mail.proxy_protocol", KIND_TEXT, "",
		"Networks whose connections start with a PROXY protocol header (v1 or v2)." },
	{ "auth.plaintext_networks", KIND_TEXT, "",
		"Networks from which log-in without TLS is allowed (a TLS proxy in front)." },
	{ "limits.exempt_networks", KIND_TEXT, "",
		"Networks to which connection, rate and error limits do not apply." },
	{ "limits.connections", KIND_INT, "10000", "Connections of one role at the same time." },
	{ "limits.connections_per_address", KIND_INT, "50", "Of these from one address." },
	{ "limits.smtp_connections", KIND_INT, "300",
		"Connections, messages and recipients from the world that one address may begin in a\n"
		"minute; its network (/24, /64) four times as many. 0: no limit." },
	{ "limits.smtp_messages", KIND_INT, "600", "" },
	{ "limits.smtp_recipients", KIND_INT, "3000", "" },
	{ "timeout.smtp", KIND_MS, "5m", "An SMTP peer that says nothing is hung up on." },
	{ "timeout.imap", KIND_MS, "31m", "An IMAP client that says nothing." },
	{ "timeout.pop3", KIND_MS, "10m", "A POP3 client that says nothing." },
	{ "timeout.login", KIND_MS, "2m", "Until a client has logged in." },
	{ "trace.retention", KIND_MS, "30d", "How long the trace of a message is kept." },
	{ "workers.mx", KIND_INT, "0", "Worker threads of a role. 0: chosen from the processors." },
	{ "workers.user", KIND_INT, "0", "" },
	{ "workers.web", KIND_INT, "0", "" },
	{ "sandbox", KIND_BOOL, "yes",
		"Each role gives up system calls and files it does not need (seccomp, Landlock)." },
	{ "log.level", KIND_TEXT, "info", "error, warn, info or debug." },
};

#define N_KEYS (sizeof keys / sizeof keys[0])

struct value {
	const char *text; /* NULL: the default */
	int64_t number;
};

struct config {
	struct arena arena;
	struct value values[N_KEYS];
};

static size_t key_index(struct span name)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		if (span_eq(name, span_of(keys[i].name)))
			return i;
	}
	return N_KEYS;
}

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit byte_units[] = { { "", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 },
	{ "GiB", 1 << 30 }, { NULL, 0 } };
static const struct unit time_units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
	{ "h", 3600000 }, { "d", 86400000 }, { NULL, 0 } };
static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

static bool parse_number(struct span text, const struct unit *units, int64_t *out)
{
	size_t digits = 0;
	uint64_t n;

	while (digits < text.len && ascii_is_digit(text.ptr[digits]))
		digits++;
	if (!span_u64(span_sub(text, 0, digits), INT64_MAX, &n))
		return false;
	struct span unit = span_trim(span_from(text, digits));
	for (; units->name; units++) {
		if (span_ieq(unit, span_of(units->name)))
			return !__builtin_mul_overflow((int64_t)n, units->factor, out);
	}
	return false;
}

static bool parse_bool(struct span text, int64_t *out)
{
	bool yes = span_ieq(text, SPAN("yes")) || span_ieq(text, SPAN("true"));
	bool no = span_ieq(text, SPAN("no")) || span_ieq(text, SPAN("false"));
	*out = yes;
	return yes || no;
}

static bool parse_value(enum kind kind, struct span text, int64_t *out)
{
	switch (kind) {
	case KIND_TEXT:
		return true;
	case KIND_INT:
		return parse_number(text, no_units, out);
	case KIND_BYTES:
		return parse_number(text, byte_units, out);
	case KIND_MS:
		return parse_number(text, time_units, out);
	case KIND_BOOL:
		return parse_bool(text, out);
	}
	return false;
}

static const char *kind_words(enum kind kind)
{
	switch (kind) {
	case KIND_TEXT:
		return "text";
	case KIND_INT:
		return "a whole number";
	case KIND_BYTES:
		return "a size such as 50MiB";
	case KIND_MS:
		return "a duration such as 5m";
	case KIND_BOOL:
		return "yes or no";
	}
	return "";
}

/* line: "key = value"; where: for the sentence. */
static enum rc set_line(struct config *c, struct span line, const char *where, struct err *err)
{
	size_t eq = span_find(line, '=');
	struct span name = span_trim(span_sub(line, 0, eq == SPAN_NPOS ? line.len : eq));
	if (eq == SPAN_NPOS)
		return err_set(err, RC_INVALID, "config", "%s: expected \"key = value\".", where);

	size_t i = key_index(name);
	if (i == N_KEYS)
		return err_set(err, RC_INVALID, "config", "%s: there is no key \"" SPAN_FMT "\".",
			where, (int)(name.len > 60 ? 60 : name.len), name.ptr);

	struct span text = span_trim(span_from(line, eq + 1));
	int64_t number = 0;
	if (!parse_value(keys[i].kind, text, &number))
		return err_set(err, RC_INVALID, keys[i].name, "%s: %s must be %s.", where,
			keys[i].name, kind_words(keys[i].kind));
	c->values[i] = (struct value){ arena_cstr(&c->arena, text), number };
	return RC_OK;
}

static enum rc read_file(struct config *c, const char *path, struct span *out, struct err *err)
{
	AUTO(close_file) FILE *file = fopen(path, "re");
	if (!file)
		return err_set(err, errno == ENOENT ? RC_NOT_FOUND : RC_INVALID, "config",
			"The configuration file %s cannot be read: %s.", path, strerror(errno));

	char *text = arena_alloc(&c->arena, FILE_MAX_BYTES + 1);
	size_t len = fread(text, 1, FILE_MAX_BYTES + 1, file);
	if (ferror(file) || len > FILE_MAX_BYTES)
		return err_set(err, RC_INVALID, "config",
			"The configuration file %s cannot be read or is larger than 256 KiB.",
			path);
	*out = span_make(text, len);
	return RC_OK;
}

static enum rc load_file(struct config *c, const char *path, struct err *err)
{
	struct span rest, line;
	enum rc rc = read_file(c, path, &rest, err);

	for (int no = 1; rc == RC_OK && span_split(&rest, '\n', &line); no++) {
		line = span_trim(line);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		char where[300];
		(void)snprintf(where, sizeof where, "%s line %d", path, no); /* cut is fine */
		rc = set_line(c, line, where, err);
	}
	return rc;
}

static void set_default(struct config *c, size_t i)
{
	bool fits = parse_value(keys[i].kind, span_of(keys[i].fallback), &c->values[i].number);
	ASSERT(fits);
}

enum rc config_load(const char *path, const char *const *sets, size_t n_sets, struct config **out,
	struct err *err)
{
	struct config *c = heap_zalloc(sizeof *c);
	enum rc rc = RC_OK;

	arena_init(&c->arena, 4096);
	for (size_t i = 0; i < N_KEYS; i++)
		set_default(c, i);
	if (path)
		rc = load_file(c, path, err);
	for (size_t i = 0; rc == RC_OK && i < n_sets; i++)
		rc = set_line(c, span_of(sets[i]), "--set", err);
	if (rc != RC_OK) {
		config_free(c);
		return rc;
	}
	*out = c;
	return RC_OK;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	arena_done(&c->arena);
	heap_free(c);
}

static size_t must_find(const char *key, enum kind kind)
{
	size_t i = key_index(span_of(key));
	ASSERT(i < N_KEYS);
	ASSERT(keys[i].kind == kind);
	return i;
}

const char *config_text(const struct config *c, const char *key)
{
	size_t i = must_find(key, KIND_TEXT);
	return c->values[i].text ? c->values[i].text : keys[i].fallback;
}

int64_t config_int(const struct config *c, const char *key)
{
	return c->values[must_find(key, KIND_INT)].number;
}

int64_t config_bytes(const struct config *c, const char *key)
{
	return c->values[must_find(key, KIND_BYTES)].number;
}

int64_t config_ms(const struct config *c, const char *key)
{
	return c->values[must_find(key, KIND_MS)].number;
}

bool config_bool(const struct config *c, const char *key)
{
	return c->values[must_find(key, KIND_BOOL)].number != 0;
}

bool config_is_set(const struct config *c, const char *key)
{
	size_t i = key_index(span_of(key));
	ASSERT(i < N_KEYS);
	return c->values[i].text != NULL;
}

static void add_comment(struct str *out, struct span text)
{
	struct span line;

	while (text.len > 0 && span_split(&text, '\n', &line)) {
		str_add_cstr(out, "# ");
		str_add(out, line);
		str_add_c(out, '\n');
	}
}

void config_add_template(struct str *out)
{
	str_add_cstr(out,
		"# Mailstead. Only what is needed before the database can be reached;\n"
		"# all else is in the database and is changed in the panel or the API.\n"
		"# A line without '#' in front of it overrides the default shown.\n");
	for (size_t i = 0; i < N_KEYS; i++) {
		str_add_c(out, '\n');
		add_comment(out, span_of(keys[i].comment));
		str_addf(out, "#%s = %s\n", keys[i].name, keys[i].fallback);
	}
}
