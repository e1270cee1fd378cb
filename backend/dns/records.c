/* The records that a domain's zone should contain. */
#include "backend/dns/records.h"

#include "backend/dns/mta_sts.h"
#include "mailcore/base/str.h"

#define RECORDS_MAX   96
#define ADDRESSES_MAX 16
#define KEYS_MAX      24
#define NAME_MAX_LEN  253
#define TTL           3600
#define VALUE_MAX     4096

const char *record_need_name(enum record_need need)
{
	switch (need) {
	case NEED_REQUIRED:
		return "required";
	case NEED_RECOMMENDED:
		return "recommended";
	case NEED_OPTIONAL:
		return "optional";
	}
	return "";
}

const char *record_status_name(enum record_status status)
{
	switch (status) {
	case RECORD_UNKNOWN:
		return "unknown";
	case RECORD_OK:
		return "ok";
	case RECORD_MISSING:
		return "missing";
	case RECORD_WRONG:
		return "wrong";
	case RECORD_MULTIPLE:
		return "multiple";
	case RECORD_MALFORMED:
		return "malformed";
	case RECORD_ERROR:
		return "error";
	}
	return "";
}

struct builder {
	struct arena *arena;
	const struct records_ask *ask;
	struct records *out;
};

struct row {
	const char *purpose, *type;
	enum record_need need;
	enum record_why why;
	enum record_depends depends;
};

static bool is_below(struct span name, struct span domain)
{
	return name.len > domain.len + 1 && span_iends(name, domain) &&
		name.ptr[name.len - domain.len - 1] == '.';
}

/* "@" for the domain, "mail" for mail.DOMAIN, nothing for names elsewhere. */
static struct span label_of(struct span name, struct span domain)
{
	if (span_ieq(name, domain))
		return SPAN("@");
	return is_below(name, domain) ? span_sub(name, 0, name.len - domain.len - 1) : SPAN_NONE;
}

static struct record *add(
	struct builder *b, const struct row *row, struct span name, struct span value)
{
	ASSERT(b->out->len < RECORDS_MAX);
	struct record *r = &b->out->items[b->out->len++];
	*r = (struct record){ .purpose = row->purpose,
		.type = row->type,
		.need = row->need,
		.why_id = row->why,
		.why = record_why_text(row->why),
		.depends = row->depends,
		.name = arena_span(b->arena, name),
		.value = arena_span(b->arena, value),
		.ttl = TTL };
	r->label = label_of(r->name, b->ask->domain);
	return r;
}

/* LABEL.DOMAIN */
static struct span below(const struct builder *b, const char *label)
{
	return arena_printf(b->arena, "%s." SPAN_FMT, label, SPAN_ARG(b->ask->domain));
}

/* BEFORE HOST. */
static struct span to_host(const struct builder *b, const char *before)
{
	return arena_printf(b->arena, "%s" SPAN_FMT ".", before, SPAN_ARG(b->ask->hostname));
}

/* ------------------------------------------------------------------------ the server */

static void add_mx(struct builder *b)
{
	static const struct row mx = { "mx", "MX", NEED_REQUIRED, WHY_MX, DEPENDS_HOST };

	(void)add(b, &mx, b->ask->domain, to_host(b, "10 "));
}

static void add_host(struct builder *b)
{
	static const struct row rows[] = { { "a", "A", NEED_REQUIRED, WHY_HOST, DEPENDS_NONE },
		{ "aaaa", "AAAA", NEED_RECOMMENDED, WHY_HOST, DEPENDS_NONE } };

	for (size_t i = 0; i < b->ask->n_addresses && i < ADDRESSES_MAX; i++) {
		const struct addr *addr = &b->ask->addresses[i];
		struct str text = str_in(b->arena, 64);
		addr_add(&text, addr);
		(void)add(b, &rows[addr->family == AF_INET6], b->ask->hostname, str_span(&text));
	}
}

static void add_reverse_name(struct str *out, const struct addr *addr)
{
	static const char digits[] = "0123456789abcdef";

	if (addr->family == AF_INET) {
		str_addf(out, "%d.%d.%d.%d.in-addr.arpa", addr->bytes[3], addr->bytes[2],
			addr->bytes[1], addr->bytes[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		str_addf(out, "%c.%c.", digits[addr->bytes[i] & 15], digits[addr->bytes[i] >> 4]);
	str_add_cstr(out, "ip6.arpa");
}

static void add_ptr(struct builder *b)
{
	static const struct row ptr = { "ptr", "PTR", NEED_REQUIRED, WHY_PTR, DEPENDS_HOST };

	for (size_t i = 0; i < b->ask->n_addresses && i < ADDRESSES_MAX; i++) {
		struct str name = str_in(b->arena, 128);
		add_reverse_name(&name, &b->ask->addresses[i]);
		(void)add(b, &ptr, str_span(&name), to_host(b, ""));
	}
}

/* ------------------------------------------------------------------------ who may send */

/* Our addresses first, so that receivers need no further look-up; "mx" covers a move. */
static void add_spf(struct builder *b)
{
	static const struct row spf = { "spf", "TXT", NEED_REQUIRED, WHY_SPF, DEPENDS_NONE };
	struct str text = str_in(b->arena, VALUE_MAX);

	str_add_cstr(&text, "v=spf1");
	for (size_t i = 0; i < b->ask->n_addresses && i < ADDRESSES_MAX; i++) {
		str_add_cstr(&text, b->ask->addresses[i].family == AF_INET6 ? " ip6:" : " ip4:");
		addr_add(&text, &b->ask->addresses[i]);
	}
	str_add_cstr(&text, " mx ~all");
	(void)add(b, &spf, b->ask->domain, str_span(&text));
}

static const char *const slots[] = { "ms1r", "ms1e", "ms2r", "ms2e" };
#define SLOTS (sizeof slots / sizeof slots[0])

bool record_is_slot(struct span selector)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (span_eq(selector, span_of(slots[i])))
			return true;
	}
	return false;
}

static struct span key_text(const struct builder *b, const struct record_key *key)
{
	return arena_printf(b->arena, "v=DKIM1; k=" SPAN_FMT "; p=" SPAN_FMT,
		SPAN_ARG(key->algorithm), SPAN_ARG(key->p));
}

static struct span selector_name(const struct builder *b, struct span selector)
{
	return arena_printf(b->arena, SPAN_FMT "._domainkey." SPAN_FMT, SPAN_ARG(selector),
		SPAN_ARG(b->ask->domain));
}

/* Where the operator publishes the key of a slot. */
static struct span slot_target(const struct builder *b, struct span selector)
{
	return arena_printf(b->arena, SPAN_FMT "." SPAN_FMT "._domainkey." SPAN_FMT,
		SPAN_ARG(selector), SPAN_ARG(b->ask->domain), SPAN_ARG(b->ask->hostname));
}

static const struct record_key *find_key(const struct records_ask *ask, struct span selector)
{
	for (size_t i = 0; i < ask->n_keys; i++) {
		if (span_eq(ask->keys[i].selector, selector))
			return &ask->keys[i];
	}
	return NULL;
}

/* One alias a slot, whether there is a key yet or not, and what the operator publishes. */
static void add_dkim_slot(struct builder *b, struct span selector)
{
	static const struct row alias = { "dkim", "CNAME", NEED_REQUIRED, WHY_DKIM_ALIAS,
		DEPENDS_OPERATOR };
	static const struct row spare = { "dkim", "CNAME", NEED_RECOMMENDED, WHY_DKIM_SPARE,
		DEPENDS_NONE };
	static const struct row host = { "dkim", "TXT", NEED_REQUIRED, WHY_DKIM_HOST,
		DEPENDS_NONE };
	const struct record_key *key = find_key(b->ask, selector);
	struct span target = slot_target(b, selector);
	struct record *r = add(b, key ? &alias : &spare, selector_name(b, selector),
		arena_printf(b->arena, SPAN_FMT ".", SPAN_ARG(target)));

	if (!key)
		return;
	r->through = key_text(b, key);
	(void)add(b, &host, target, r->through);
}

/* Both names have to be names; a long domain on a long host name keeps its keys itself. */
static bool has_slots(const struct builder *b)
{
	return b->ask->dkim_delegated && slot_target(b, span_of(slots[0])).len <= NAME_MAX_LEN;
}

static void add_dkim(struct builder *b)
{
	static const struct row rsa = { "dkim", "TXT", NEED_REQUIRED, WHY_DKIM_RSA, DEPENDS_NONE };
	static const struct row ed25519 = { "dkim", "TXT", NEED_RECOMMENDED, WHY_DKIM_ED25519,
		DEPENDS_NONE };

	for (size_t i = 0; has_slots(b) && i < SLOTS; i++)
		add_dkim_slot(b, span_of(slots[i]));
	for (size_t i = 0; i < b->ask->n_keys && i < KEYS_MAX; i++) {
		const struct record_key *key = &b->ask->keys[i];
		bool is_rsa = span_eq(key->algorithm, SPAN("rsa"));
		if (!has_slots(b) || !record_is_slot(key->selector))
			(void)add(b, is_rsa ? &rsa : &ed25519, selector_name(b, key->selector),
				key_text(b, key));
	}
}

/* ------------------------------------------------------------------------ DMARC */

/* Do the names certainly, or probably, belong to one owner, so that reports need no consent? */
static bool is_same_or_below(struct span a, struct span b)
{
	return span_ieq(a, b) || is_below(a, b) || is_below(b, a);
}

/* RFC 9990 section 4: a domain that takes reports about another one says that it does. */
static void add_dmarc_consent(struct builder *b, struct span address)
{
	static const struct row consent = { "dmarc", "TXT", NEED_RECOMMENDED, WHY_DMARC_REPORT,
		DEPENDS_NONE };
	struct span domain = span_from(address, span_rfind(address, '@') + 1);
	struct span name = arena_printf(b->arena, SPAN_FMT "._report._dmarc." SPAN_FMT,
		SPAN_ARG(b->ask->domain), SPAN_ARG(domain));

	if (!is_same_or_below(domain, b->ask->domain) && name.len <= NAME_MAX_LEN)
		(void)add(b, &consent, name, SPAN("v=DMARC1"));
}

static void add_dmarc(struct builder *b, struct span policy)
{
	static const struct row dmarc = { "dmarc", "TXT", NEED_REQUIRED, WHY_DMARC, DEPENDS_NONE };
	static const struct row strict = { "dmarc", "TXT", NEED_REQUIRED, WHY_DMARC,
		DEPENDS_DKIM_SPF };
	struct span address = b->ask->dmarc_reports;

	if (address.len == 0)
		address = arena_printf(b->arena, "postmaster@" SPAN_FMT, SPAN_ARG(b->ask->domain));
	if (policy.len == 0)
		policy = SPAN("none");
	(void)add(b, span_eq(policy, SPAN("none")) ? &dmarc : &strict, below(b, "_dmarc"),
		arena_printf(b->arena, "v=DMARC1; p=" SPAN_FMT "; rua=mailto:" SPAN_FMT,
			SPAN_ARG(policy), SPAN_ARG(address)));
	add_dmarc_consent(b, address);
}

/* ------------------------------------------------------------------------ mail programs */

static void add_srv(struct builder *b)
{
	static const struct row srv = { "srv", "SRV", NEED_OPTIONAL, WHY_SRV, DEPENDS_NONE };
	static const struct {
		const char *service, *before;
	} services[] = { { "_imaps._tcp", "0 1 993 " }, { "_submissions._tcp", "0 1 465 " },
		{ "_pop3s._tcp", "0 1 995 " } };

	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		(void)add(b, &srv, below(b, services[i].service), to_host(b, services[i].before));
}

static void add_client_setup(struct builder *b)
{
	static const struct row autoconfig = { "autoconfig", "CNAME", NEED_OPTIONAL, WHY_AUTOCONFIG,
		DEPENDS_NONE };
	static const struct row autodiscover = { "autodiscover", "CNAME", NEED_OPTIONAL,
		WHY_AUTODISCOVER, DEPENDS_CERTIFICATE };
	static const struct row srv = { "autodiscover", "SRV", NEED_OPTIONAL, WHY_AUTODISCOVER_SRV,
		DEPENDS_NONE };

	(void)add(b, &autoconfig, below(b, "autoconfig"), to_host(b, ""));
	(void)add(b, &autodiscover, below(b, "autodiscover"), to_host(b, ""));
	(void)add(b, &srv, below(b, "_autodiscover._tcp"), to_host(b, "0 1 443 "));
}

/* ------------------------------------------------------------------------ encrypted delivery */

/* With mode "none" nothing is wanted, except for a while what tells senders of it (RFC 8461 8.3). */
static void add_mta_sts(struct builder *b)
{
	static const struct row host = { "mta-sts", "CNAME", NEED_OPTIONAL, WHY_MTA_STS_HOST,
		DEPENDS_CERTIFICATE };
	static const struct row policy = { "mta-sts", "TXT", NEED_OPTIONAL, WHY_MTA_STS,
		DEPENDS_MTA_STS_HOST };
	static const struct row leaving = { "mta-sts", "TXT", NEED_OPTIONAL, WHY_MTA_STS_LEAVING,
		DEPENDS_MTA_STS_HOST };
	struct span mode = b->ask->mta_sts_mode;
	bool off = span_eq(mode, SPAN("none"));

	if (mode.len == 0 || (off && !b->ask->mta_sts_leaving))
		return;
	(void)add(b, &host, below(b, "mta-sts"), to_host(b, ""));
	(void)add(b, off ? &leaving : &policy, below(b, "_mta-sts"),
		arena_printf(b->arena, "v=STSv1; id=" SPAN_FMT,
			SPAN_ARG(mta_sts_id(b->arena, b->ask->hostname, mode))));
}

static void add_tls_rpt(struct builder *b)
{
	static const struct row rpt = { "tls-rpt", "TXT", NEED_OPTIONAL, WHY_TLS_RPT,
		DEPENDS_NONE };

	(void)add(b, &rpt, below(b, "_smtp._tls"),
		arena_printf(b->arena, "v=TLSRPTv1; rua=mailto:postmaster@" SPAN_FMT,
			SPAN_ARG(b->ask->domain)));
}

static void add_certificates(struct builder *b)
{
	static const struct row caa = { "caa", "CAA", NEED_OPTIONAL, WHY_CAA, DEPENDS_NONE };
	static const struct row tlsa = { "tlsa", "TLSA", NEED_OPTIONAL, WHY_TLSA, DEPENDS_DNSSEC };
	const struct records_ask *ask = b->ask;

	if (ask->ca.len > 0)
		(void)add(b, &caa, ask->domain,
			arena_printf(b->arena, "0 issue \"" SPAN_FMT "\"", SPAN_ARG(ask->ca)));
	if (ask->tlsa.len > 0)
		(void)add(b, &tlsa,
			arena_printf(b->arena, "_25._tcp." SPAN_FMT, SPAN_ARG(ask->hostname)),
			arena_printf(b->arena, "3 1 1 " SPAN_FMT, SPAN_ARG(ask->tlsa)));
}

/* ------------------------------------------------------------------------ no mail at all */

/* RFC 7505 and M3AAWG's advice for parked domains. */
static void add_lockdown(struct builder *b)
{
	static const struct row mx = { "mx", "MX", NEED_REQUIRED, WHY_NO_MX, DEPENDS_NONE };
	static const struct row spf = { "spf", "TXT", NEED_REQUIRED, WHY_NO_SPF, DEPENDS_NONE };
	static const struct row dkim = { "dkim", "TXT", NEED_OPTIONAL, WHY_NO_DKIM, DEPENDS_NONE };
	static const struct row dmarc = { "dmarc", "TXT", NEED_REQUIRED, WHY_NO_DMARC,
		DEPENDS_NONE };

	(void)add(b, &mx, b->ask->domain, SPAN("0 ."));
	(void)add(b, &spf, b->ask->domain, SPAN("v=spf1 -all"));
	(void)add(b, &dkim, below(b, "*._domainkey"), SPAN("v=DKIM1; p="));
	(void)add(b, &dmarc, below(b, "_dmarc"), SPAN("v=DMARC1; p=reject; sp=reject"));
}

void records_wanted(struct arena *a, const struct records_ask *ask, struct records *out)
{
	struct builder b = { a, ask, out };

	*out = (struct records){ .items = arena_array(a, RECORDS_MAX, sizeof(struct record)) };
	if (ask->takes_no_mail) {
		add_lockdown(&b);
		return;
	}
	add_mx(&b);
	add_spf(&b);
	add_dkim(&b);
	add_dmarc(&b, ask->dmarc_policy);
	add_host(&b);
	add_ptr(&b);
	add_srv(&b);
	add_client_setup(&b);
	add_mta_sts(&b);
	add_tls_rpt(&b);
	add_certificates(&b);
}
