/* A stranger's zone: one text as the answer for every kind of TXT record, judged. */
#include "tests/fuzz/fuzz.h"

#include "backend/dns/judge.h"

static void ask_for(struct records_ask *ask, struct addr *ours)
{
	ASSERT(addr_parse(SPAN("192.0.2.25"), &ours[0]));
	ASSERT(addr_parse(SPAN("2001:db8::25"), &ours[1]));
	*ask = (struct records_ask){ .domain = SPAN("example.test"),
		.hostname = SPAN("mail.example.test"),
		.addresses = ours,
		.n_addresses = 2 };
}

static void judge_all(struct arena *a, const struct records_ask *ask, struct dns_answer *answer)
{
	struct record r = { .purpose = "spf", .type = "TXT" };
	struct spf_cover cover = { .passing = 1 };

	judge_spf(a, &r, ask, answer, &cover);
	ASSERT((r.status == RECORD_OK) == (r.hint.len == 0));
	judge_dmarc(a, &r, answer);
	ASSERT((r.status == RECORD_OK) == (r.hint.len == 0));
	r.value = SPAN("v=DKIM1; k=rsa; p=dGhlIGtleQ==");
	judge_dkim(a, &r, answer);
	ASSERT((r.status == RECORD_OK) == (r.hint.len == 0));
	r = (struct record){ .purpose = "mta-sts", .type = "TXT" };
	judge_mta_sts(a, &r, answer);
	ASSERT((r.status == RECORD_OK) == (r.hint.len == 0));
	r = (struct record){ .purpose = "tls-rpt", .type = "TXT" };
	judge_tls_rpt(a, &r, answer);
	ASSERT((r.status == RECORD_OK) == (r.hint.len == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_rr rr = { .type = DNS_TXT, .text = span_make((const char *)data, size) };
	struct dns_answer answer = { .items = &rr, .len = 1 };
	struct records_ask ask;
	struct addr ours[2];
	struct arena arena;

	arena_init(&arena, 4096);
	ask_for(&ask, ours);
	judge_all(&arena, &ask, &answer);
	arena_done(&arena);
	return 0;
}
