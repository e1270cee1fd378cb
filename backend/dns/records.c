/* The records that a domain's zone should contain. */
#include "backend/dns/records.h"

#include "backend/dns/mta_sts.h"
#include "mailcore/base/str.h"

#define RECORDS_MAX 64
#define TTL         3600
#define VALUE_MAX   4096

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

static void add(struct builder *b, struct record record)
{
	if (b->out->len == RECORDS_MAX)
		return;
	record.name = arena_span(b->arena, record.name);
	record.value = arena_span(b->arena, record.value);
	record.label = label_of(record.name, b->ask->domain);
	record.ttl = TTL;
	b->out->items[b->out->len++] = record;
}

static void add_mx(struct builder *b)
{
	add(b,
		(struct record){ .purpose = "mx",
			.type = "MX",
			.need = NEED_REQUIRED,
			.name = b->ask->domain,
			.value = arena_printf(
				b->arena, "10 " SPAN_FMT ".", SPAN_ARG(b->ask->hostname)),
			.why = "Tells the world which server takes mail for this domain. Without it no mail "
			       "arrives." });
}

static void add_host(struct builder *b)
{
	for (size_t i = 0; i < b->ask->n_addresses; i++) {
		const struct addr *addr = &b->ask->addresses[i];
		bool v6 = addr->family == AF_INET6;
		struct str text = str_in(b->arena, 64);
		addr_add(&text, addr);
		add(b,
			(struct record){ .purpose = v6 ? "aaaa" : "a",
				.type = v6 ? "AAAA" : "A",
				.need = v6 ? NEED_RECOMMENDED : NEED_REQUIRED,
				.name = b->ask->hostname,
				.value = str_span(&text),
				.why = "The mail server's name must lead to its address; the MX record "
				       "points to this name." });
	}
}

/* Our addresses first, so that receivers need no further look-up; "mx" covers a move. */
static void add_spf(struct builder *b)
{
	struct str text = str_in(b->arena, VALUE_MAX);

	str_add_cstr(&text, "v=spf1");
	for (size_t i = 0; i < b->ask->n_addresses; i++) {
		str_add_cstr(&text, b->ask->addresses[i].family == AF_INET6 ? " ip6:" : " ip4:");
		addr_add(&text, &b->ask->addresses[i]);
	}
	str_add_cstr(&text, " mx ~all");
	add(b,
		(struct record){ .purpose = "spf",
			.type = "TXT",
			.need = NEED_REQUIRED,
			.name = b->ask->domain,
			.value = str_span(&text),
			.why = "Lists the servers that may send for this domain. Without it other servers "
			       "put its mail into Junk. A domain has one such record only: if there is one "
			       "already, add our part to it." });
}

static void add_dkim(struct builder *b)
{
	for (size_t i = 0; i < b->ask->n_keys; i++) {
		const struct record_key *key = &b->ask->keys[i];
		bool rsa = span_eq(key->algorithm, SPAN("rsa"));
		add(b,
			(struct record){ .purpose = "dkim",
				.type = "TXT",
				.need = rsa ? NEED_REQUIRED : NEED_RECOMMENDED,
				.name = arena_printf(b->arena, SPAN_FMT "._domainkey." SPAN_FMT,
					SPAN_ARG(key->selector), SPAN_ARG(b->ask->domain)),
				.value = arena_printf(b->arena,
					"v=DKIM1; k=" SPAN_FMT "; p=" SPAN_FMT,
					SPAN_ARG(key->algorithm), SPAN_ARG(key->p)),
				.why = rsa
					? "The public key with which receivers verify our signature on "
					  "this domain's mail."
					: "A second, shorter key (Ed25519) for receivers that know it." });
	}
}

static void add_dmarc(struct builder *b)
{
	add(b,
		(struct record){ .purpose = "dmarc",
			.type = "TXT",
			.need = NEED_REQUIRED,
			.name = arena_printf(
				b->arena, "_dmarc." SPAN_FMT, SPAN_ARG(b->ask->domain)),
			.value = arena_printf(b->arena,
				"v=DMARC1; p=none; rua=mailto:postmaster@" SPAN_FMT,
				SPAN_ARG(b->ask->domain)),
			.why = "Tells receivers what to do with mail that fails SPF and DKIM, and where to "
			       "report. Begin with p=none, go on to quarantine and reject when the reports "
			       "look right." });
}

static void add_srv(struct builder *b)
{
	static const struct {
		const char *service;
		int port;
	} services[] = { { "_imaps._tcp", 993 }, { "_submissions._tcp", 465 },
		{ "_pop3s._tcp", 995 } };

	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++)
		add(b,
			(struct record){ .purpose = "srv",
				.type = "SRV",
				.need = NEED_OPTIONAL,
				.name = arena_printf(b->arena, "%s." SPAN_FMT, services[i].service,
					SPAN_ARG(b->ask->domain)),
				.value = arena_printf(b->arena, "0 1 %d " SPAN_FMT ".",
					services[i].port, SPAN_ARG(b->ask->hostname)),
				.why = "Lets mail programs find the server from the address alone." });
}

/* A name below the domain that leads to our host. */
static void add_helper(struct builder *b, const char *purpose, const char *label, const char *why)
{
	add(b,
		(struct record){ .purpose = purpose,
			.type = "CNAME",
			.need = NEED_OPTIONAL,
			.name = arena_printf(
				b->arena, "%s." SPAN_FMT, label, SPAN_ARG(b->ask->domain)),
			.value = arena_printf(b->arena, SPAN_FMT ".", SPAN_ARG(b->ask->hostname)),
			.why = why });
}

static void add_client_setup(struct builder *b)
{
	add_helper(b, "autoconfig", "autoconfig",
		"Thunderbird and its relatives ask this name for the settings, so that people type "
		"their address and password only.");
	add_helper(b, "autodiscover", "autodiscover", "Outlook asks this name for the settings.");
	add(b,
		(struct record){ .purpose = "autodiscover",
			.type = "SRV",
			.need = NEED_OPTIONAL,
			.name = arena_printf(
				b->arena, "_autodiscover._tcp." SPAN_FMT, SPAN_ARG(b->ask->domain)),
			.value = arena_printf(
				b->arena, "0 1 443 " SPAN_FMT ".", SPAN_ARG(b->ask->hostname)),
			.why = "Leads Outlook to a server whose certificate is good." });
}

static void add_mta_sts(struct builder *b)
{
	const struct records_ask *ask = b->ask;

	if (ask->mta_sts_mode.len == 0)
		return;
	add_helper(b, "mta-sts", "mta-sts",
		"Senders fetch the policy for encrypted delivery from this name. It needs a "
		"certificate for it.");
	add(b,
		(struct record){ .purpose = "mta-sts",
			.type = "TXT",
			.need = NEED_OPTIONAL,
			.name = arena_printf(b->arena, "_mta-sts." SPAN_FMT, SPAN_ARG(ask->domain)),
			.value = arena_printf(b->arena, "v=STSv1; id=" SPAN_FMT,
				SPAN_ARG(mta_sts_id(b->arena, ask->hostname, ask->mta_sts_mode))),
			.why = "Says that there is such a policy. Its id changes with the policy." });
}

static void add_tls_rpt(struct builder *b)
{
	add(b,
		(struct record){ .purpose = "tls-rpt",
			.type = "TXT",
			.need = NEED_OPTIONAL,
			.name = arena_printf(
				b->arena, "_smtp._tls." SPAN_FMT, SPAN_ARG(b->ask->domain)),
			.value = arena_printf(b->arena,
				"v=TLSRPTv1; rua=mailto:postmaster@" SPAN_FMT,
				SPAN_ARG(b->ask->domain)),
			.why = "Where senders report trouble with encrypted delivery to this domain." });
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
	for (size_t i = 0; i < b->ask->n_addresses; i++) {
		struct str name = str_in(b->arena, 128);
		add_reverse_name(&name, &b->ask->addresses[i]);
		add(b,
			(struct record){ .purpose = "ptr",
				.type = "PTR",
				.need = NEED_REQUIRED,
				.name = str_span(&name),
				.value = arena_printf(
					b->arena, SPAN_FMT ".", SPAN_ARG(b->ask->hostname)),
				.why = "The name behind the server's address. It is set where the address "
				       "comes from (the hosting or internet provider's panel), not in this "
				       "domain's zone. Many servers refuse mail from an address without it." });
	}
}

void records_wanted(struct arena *a, const struct records_ask *ask, struct records *out)
{
	struct builder b = { a, ask, out };

	*out = (struct records){ arena_array(a, RECORDS_MAX, sizeof(struct record)), 0 };
	add_mx(&b);
	add_spf(&b);
	add_dkim(&b);
	add_dmarc(&b);
	add_host(&b);
	add_ptr(&b);
	add_srv(&b);
	add_client_setup(&b);
	add_mta_sts(&b);
	add_tls_rpt(&b);
}
