/* backend/dns: what DNS answered, judged; SPF records read and amended; tag lists. */
#include "tests/unit/cmocka_all.h"

#include "backend/dns/judge.h"

/* Two keys: base64 of "the key" and of "another". */
#define KEY   "dGhlIGtleQ=="
#define OTHER "YW5vdGhlcg=="

#define BOTH 3 /* both of our addresses pass */

static struct arena arena;
static struct addr ours[2];
static struct records_ask ask = { .domain = { "example.test", 12 },
	.hostname = { "mail.example.test", 17 },
	.addresses = ours,
	.n_addresses = 2 };

/* "one|two": two records. MX "10 host", SRV "0 1 993 host". */
static void add_rr(struct dns_answer *out, const char *type, struct span text)
{
	struct dns_rr *rr = &out->items[out->len++];
	struct span word, rest = text;
	uint64_t n = 0;
	if (strcmp(type, "A") == 0 || strcmp(type, "AAAA") == 0) {
		assert_true(addr_parse(text, &rr->addr));
		return;
	}
	if (strcmp(type, "MX") == 0)
		assert_true(span_split(&rest, ' ', &word));
	for (int i = 0; i < 3 && strcmp(type, "SRV") == 0; i++)
		assert_true(span_split(&rest, ' ', &word) && span_u64(word, 65535, &n));
	rr->port = (uint16_t)n;
	rr->text = rest;
}

static struct dns_answer answer_of(const char *type, const char *records)
{
	struct dns_answer out = { .items = arena_array(&arena, 8, sizeof *out.items) };
	struct span rest = span_of(records), one;
	while (span_split(&rest, '|', &one))
		add_rr(&out, type, one);
	return out;
}

struct judged {
	const char *purpose, *type, *want, *found;
	enum record_status status;
	const char *hint; /* part of it; NULL: empty */
	uint32_t passing;
	enum spf_trouble trouble;
	bool mx_is_ours;
};

#define MX(...)                                                                                    \
	{                                                                                          \
		"mx", "MX", "10 mail.example.test.", __VA_ARGS__                                   \
	}
#define SPF(...)                                                                                   \
	{                                                                                          \
		"spf", "TXT", "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 mx ~all", __VA_ARGS__        \
	}
#define DKIM(...)                                                                                  \
	{                                                                                          \
		"dkim", "TXT", "v=DKIM1; k=rsa; p=" KEY, __VA_ARGS__                               \
	}
#define DMARC(...)                                                                                 \
	{                                                                                          \
		"dmarc", "TXT", "v=DMARC1; p=none; rua=mailto:x@example.test", __VA_ARGS__         \
	}
#define ADDR4(...)                                                                                 \
	{                                                                                          \
		"a", "A", "192.0.2.25", __VA_ARGS__                                                \
	}
#define ADDR6(...)                                                                                 \
	{                                                                                          \
		"aaaa", "AAAA", "2001:db8::25", __VA_ARGS__                                        \
	}
#define PTR(...)                                                                                   \
	{                                                                                          \
		"ptr", "PTR", "mail.example.test.", __VA_ARGS__                                    \
	}
#define SRV(...)                                                                                   \
	{                                                                                          \
		"srv", "SRV", "0 1 993 mail.example.test.", __VA_ARGS__                            \
	}

#define STS(...)                                                                                   \
	{                                                                                          \
		"mta-sts", "TXT", "v=STSv1; id=0123456789abcdef", __VA_ARGS__                      \
	}
#define RPT(...)                                                                                   \
	{                                                                                          \
		"tls-rpt", "TXT", "v=TLSRPTv1; rua=mailto:x@example.test", __VA_ARGS__             \
	}

static const struct judged cases[] = {
	STS("v=STSv1; id=0123456789abcdef", RECORD_OK, NULL),
	STS("v=STSv1;id=1;", RECORD_OK, NULL),
	STS("v=STSv1 ; id=1|other", RECORD_OK, NULL),
	STS("v=STSv1; id=1|v=STSv1; id=2", RECORD_MULTIPLE, "one such record"),
	STS("v=STSv1; id=a-b", RECORD_MALFORMED, "letters and digits"),
	STS("v=STSv1; id=012345678901234567890123456789012", RECORD_MALFORMED, "1 to 32"),
	STS("v=STSv1", RECORD_MALFORMED, "no id="),
	STS("v=STSv10; id=1", RECORD_MISSING, "Add this TXT record"),
	RPT("v=TLSRPTv1;rua=https://r.example.test/x", RECORD_OK, NULL),
	RPT("v=TLSRPTv1", RECORD_MALFORMED, "no rua="),
	RPT("v=TLSRPTv1; rua=x", RECORD_MALFORMED, "mailto:"),
	RPT("hello", RECORD_MISSING, "Add this TXT record"),

	MX("10 mail.example.test", RECORD_OK, NULL),
	MX("77 MAIL.Example.Test", RECORD_OK, NULL),
	MX("10 mail.example.test|20 backup.other.test", RECORD_OK, NULL),
	MX("10 first.other.test|20 mail.example.test", RECORD_OK, NULL),
	MX("10 mx.other.test", RECORD_WRONG, "Mail goes to mx.other.test now"),
	MX("10 mx.example.test", RECORD_OK, NULL, .mx_is_ours = true),
	MX("10 xmail.example.test", RECORD_WRONG, "Mail goes to"),
	MX("0 ", RECORD_WRONG, "takes no mail"),

	SPF("v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 mx ~all", RECORD_OK, NULL, BOTH),
	SPF("v=spf1 a:mail.example.test -all", RECORD_OK, NULL, BOTH),
	SPF("V=SPF1 mx -all", RECORD_OK, NULL, BOTH),
	SPF("google-site-verification=x|v=spf1 mx -all", RECORD_OK, NULL, BOTH),
	SPF("google-site-verification=x", RECORD_MISSING, "Add this TXT record"),
	SPF("v=spf10 mx -all", RECORD_MISSING, "Add this"),
	SPF("v=spf1 mx -all|v=spf1 a -all", RECORD_MULTIPLE, "one SPF record only", BOTH),
	SPF("v=spf1 include:_spf.other.test ~all", RECORD_WRONG,
		"v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 include:_spf.other.test ~all", 0),
	SPF("v=spf1 ip4:192.0.2.25 ~all", RECORD_WRONG,
		": v=spf1 ip6:2001:db8::25 ip4:192.0.2.25 ~all", 1),
	SPF("v=spf1", RECORD_WRONG, ": v=spf1 ip4:192.0.2.25 ip6:2001:db8::25", 0),
	SPF("v=spf1 ip4:192.0.2.256 -all", RECORD_MALFORMED, "cannot read", BOTH),
	SPF("v=spf1 mx -al", RECORD_MALFORMED, "cannot read", BOTH),
	SPF("v=spf1 include: -all", RECORD_MALFORMED, "cannot read", BOTH),
	SPF("v=spf1 mx -all", RECORD_ERROR, "did not answer", 1, SPF_UNANSWERED),
	SPF("v=spf1 mx -all", RECORD_OK, NULL, BOTH, SPF_UNANSWERED),
	SPF("v=spf1 mx -all", RECORD_WRONG, "ten DNS look-ups", BOTH, SPF_TOO_MANY),
	SPF("v=spf1 include:x.test -all", RECORD_WRONG, "Receivers reject all of this record", BOTH,
		SPF_BROKEN),

	DKIM("v=DKIM1; k=rsa; p=" KEY, RECORD_OK, NULL),
	DKIM("p=" KEY, RECORD_OK, NULL),
	DKIM("v=DKIM1;p=dGhl IGtl\teQ==;", RECORD_OK, NULL),
	DKIM("v=DKIM1; t=y; k=rsa; n=note; p=" KEY " ; ", RECORD_OK, NULL),
	DKIM("v=DKIM1; k=rsa; p=" OTHER, RECORD_WRONG, "another key"),
	DKIM("v=DKIM1; k=ed25519; p=" KEY, RECORD_WRONG, "another key"),
	DKIM("v=DKIM1; k=rsa; p=", RECORD_WRONG, "revoked"),
	DKIM("v=DKIM1; k=rsa; p=dGhlIGtle", RECORD_MALFORMED, "Copy the value again"),
	DKIM("v=DKIM1; k=rsa", RECORD_MALFORMED, "Copy"),
	DKIM("v=DKIM2; p=" KEY, RECORD_MALFORMED, "Copy"),
	DKIM("k=rsa; v=DKIM1; p=" KEY, RECORD_MALFORMED, "Copy"),
	DKIM("p=" KEY "; p=" OTHER, RECORD_MALFORMED, "Copy"),
	DKIM("\"v=DKIM1; p=" KEY "\"", RECORD_MALFORMED, "Copy"),
	DKIM("v=DKIM1; p=" KEY "|v=DKIM1; p=" OTHER, RECORD_MULTIPLE, "Keep ours only"),

	DMARC("v=DMARC1; p=none", RECORD_OK, NULL),
	DMARC("v=DMARC1;p=reject;rua=mailto:a@b.test", RECORD_OK, NULL),
	DMARC("v = DMARC1 ; p = Quarantine ;", RECORD_OK, NULL),
	DMARC("other|v=DMARC1; p=none", RECORD_OK, NULL),
	DMARC("v=spf1 -all", RECORD_MISSING, "Add this TXT record"),
	DMARC("p=none; v=DMARC1", RECORD_MISSING, "Add this"),
	DMARC("v=dmarc1; p=none", RECORD_MISSING, "Add this"),
	DMARC("v=DMARC1", RECORD_MALFORMED, "policy is missing"),
	DMARC("v=DMARC1; p=maybe", RECORD_MALFORMED, "policy"),
	DMARC("v=DMARC1; p=none; nonsense", RECORD_OK, NULL),
	DMARC("v=DMARC1; p=none|v=DMARC1; p=reject", RECORD_MULTIPLE, "Keep one"),

	ADDR4("192.0.2.25", RECORD_OK, NULL),
	ADDR4("192.0.2.26", RECORD_WRONG, "Let it lead to 192.0.2.25"),
	ADDR4("192.0.2.25|192.0.2.26", RECORD_WRONG, "also leads to 192.0.2.26"),
	ADDR6("2001:0db8:0:0::0025", RECORD_OK, NULL),
	ADDR6("2001:db8::26", RECORD_WRONG, "Let it lead to 2001:db8::25"),
	PTR("mail.example.test", RECORD_OK, NULL),
	PTR("host-25.provider.test|MAIL.example.test", RECORD_OK, NULL),
	PTR("host-25.provider.test", RECORD_WRONG, "called host-25.provider.test"),
	SRV("0 1 993 mail.example.test", RECORD_OK, NULL),
	SRV("5 0 993 mail.example.test", RECORD_OK, NULL),
	SRV("0 1 143 mail.example.test", RECORD_WRONG, "another server or port"),
	SRV("0 1 993 imap.other.test", RECORD_WRONG, "another server"),
};

static void judge_case(const struct judged *c, struct record *r)
{
	struct dns_answer answer = answer_of(c->type, c->found);
	struct spf_cover cover = { c->passing, c->trouble };
	bool is_ours[8] = { c->mx_is_ours };
	if (strcmp(c->purpose, "mx") == 0)
		judge_mx(&arena, r, &ask, &answer, is_ours);
	else if (strcmp(c->purpose, "spf") == 0)
		judge_spf(&arena, r, &ask, &answer, &cover);
	else if (strcmp(c->purpose, "dkim") == 0)
		judge_dkim(&arena, r, &answer);
	else if (strcmp(c->purpose, "dmarc") == 0)
		judge_dmarc(&arena, r, &answer);
	else if (strcmp(c->purpose, "mta-sts") == 0)
		judge_mta_sts(&arena, r, &answer);
	else if (strcmp(c->purpose, "tls-rpt") == 0)
		judge_tls_rpt(&arena, r, &answer);
	else if (strcmp(c->purpose, "ptr") == 0)
		judge_ptr(&arena, r, &ask, &answer);
	else if (strcmp(c->purpose, "srv") == 0)
		judge_srv(&arena, r, &answer);
	else
		judge_address(&arena, r, &ask, &answer);
}

static void judgements(void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct judged *c = &cases[i];
		struct record r = {
			.purpose = c->purpose, .type = c->type, .value = span_of(c->want)
		};
		judge_case(c, &r);
		bool hint = c->hint ? span_find_span(r.hint, span_of(c->hint)) != SPAN_NPOS
				    : r.hint.len == 0;
		if (r.status != c->status || !hint)
			fail_msg("%s \"%s\": %s, " SPAN_FMT, c->purpose, c->found,
				record_status_name(r.status), SPAN_ARG(r.hint));
	}
}

static void silence(void **state)
{
	static const struct {
		enum rc rc;
		enum record_status status;
	} table[] = { { RC_NOT_FOUND, RECORD_MISSING }, { RC_TEMP, RECORD_ERROR },
		{ RC_INVALID, RECORD_ERROR } };
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct record r = { .type = "MX" };
		judge_silence(&arena, &r, table[i].rc);
		assert_int_equal(r.status, table[i].status);
		assert_true(r.hint.len > 0);
	}
}

static int group_begin(void **state)
{
	arena_init(&arena, 65536);
	return addr_parse(SPAN("192.0.2.25"), &ours[0]) &&
			addr_parse(SPAN("2001:db8::25"), &ours[1])
		? 0
		: -1;
}

static int group_end(void **state)
{
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judgements),
		cmocka_unit_test(silence),
	};
	return cmocka_run_group_tests(tests, group_begin, group_end);
}
