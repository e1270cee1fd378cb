/* Authentication-Results: written and read. */
#include "mailcore/auth/auth_results.h"

#include "mailcore/base/cur.h"

#define VALUE_MAX   255
#define REASON_MAX  200
#define NESTING_MAX 10

/* --- writing ---------------------------------------------------------------------------------- */

static bool is_plain(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
		(c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.@", c) != NULL);
}

static bool is_plain_text(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_plain(text.ptr[i]))
			return false;
	}
	return text.len > 0 && text.len <= VALUE_MAX;
}

/* quoted-string; what is not printable ASCII becomes '?' */
static void add_quoted(struct str *out, struct span text, size_t max)
{
	str_add_c(out, '"');
	for (size_t i = 0; i < text.len && i < max; i++) {
		char c = text.ptr[i];
		if (c == '"' || c == '\\')
			str_add_c(out, '\\');
		str_add_c(out, c >= ' ' && c < 0x7f ? c : '?');
	}
	str_add_c(out, '"');
}

/* Nothing for an empty value. */
static void add_property(struct str *out, const char *name, struct span value)
{
	if (value.len == 0)
		return;
	str_addf(out, " %s=", name);
	if (is_plain_text(value))
		str_add(out, value);
	else
		add_quoted(out, value, VALUE_MAX);
}

static void add_result(
	struct str *out, const char *method, enum auth_result result, struct span reason)
{
	str_addf(out, "; %s=%s", method, auth_result_name(result));
	if (reason.len == 0)
		return;
	str_add_cstr(out, " reason=");
	add_quoted(out, reason, REASON_MAX);
}

/* Parentheses would end a comment. */
static void add_comment(struct str *out, struct span text)
{
	if (!is_plain_text(text))
		return;
	str_addf(out, " (" SPAN_FMT ")", SPAN_ARG(text));
}

static void add_spf(struct str *out, const struct spf_result *spf, struct span mail_from)
{
	add_result(out, "spf", spf->result, spf->reason);
	if (spf->from_helo)
		add_property(out, "smtp.helo", spf->domain);
	else
		add_property(out, "smtp.mailfrom", mail_from);
}

static void add_dkim(struct str *out, const struct dkim_result *dkim)
{
	add_result(out, "dkim", dkim->result, dkim->reason);
	add_property(out, "header.d", dkim->domain);
	add_property(out, "header.s", dkim->selector);
	add_property(out, "header.a", dkim->algorithm);
	add_property(out, "header.b", dkim->b);
}

static void add_dmarc(struct str *out, const struct dmarc_result *dmarc)
{
	static const char *const policies[] = { [DMARC_POLICY_NONE] = "p=none",
		[DMARC_QUARANTINE] = "p=quarantine",
		[DMARC_REJECT] = "p=reject" };

	add_result(out, "dmarc", dmarc->result, dmarc->reason);
	if (dmarc->policy != DMARC_NO_POLICY)
		add_comment(out, span_of(policies[dmarc->policy]));
	add_property(out, "header.from", dmarc->author_domain);
}

void auth_results_add(struct str *out, const char *hostname, const struct auth_query *query,
	const struct auth_verdicts *v)
{
	struct str ip;

	str_init(&ip, 64);
	addr_add(&ip, &query->ip);
	str_add_cstr(out, hostname);
	add_result(out, "iprev", v->iprev.result, SPAN(""));
	add_comment(out, v->iprev.name);
	add_property(out, "policy.iprev", str_span(&ip));
	str_done(&ip);
	if (!v->spf.from_helo)
		add_spf(out, &v->spf, query->mail_from);
	add_spf(out, &v->helo, SPAN(""));
	for (size_t i = 0; i < v->dkim.len; i++)
		add_dkim(out, &v->dkim.items[i]);
	if (v->dkim.len == 0)
		add_result(out, "dkim", AUTH_NONE, SPAN(""));
	add_dmarc(out, &v->dmarc);
	if (v->arc.result != AUTH_NONE) {
		add_result(out, "arc", v->arc.result, v->arc.reason);
		str_addf(out, " (i=%u)", v->arc.sets);
	}
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Behind "(": past the comment, with those inside it. */
static bool skip_comment(struct cur *c)
{
	unsigned depth = 1;

	while (depth > 0) {
		int ch = cur_next(c);
		if (ch < 0 || depth > NESTING_MAX)
			return false;
		if (ch == '\\')
			(void)cur_next(c);
		else if (ch == '(')
			depth++;
		else if (ch == ')')
			depth--;
	}
	return true;
}

/* Behind a quote: its text as it is, quotes included, so that nothing in it looks like ours. */
static bool copy_quoted(struct cur *c, struct str *out)
{
	str_add_c(out, '"');
	for (;;) {
		int ch = cur_next(c);
		if (ch < 0)
			return false;
		if (ch == '"')
			break;
		if (ch == '\\')
			ch = cur_next(c);
		/* No separator of ours: a quoted one is only text. */
		str_add_c(out, ch == ';' || ch == '=' || ch < ' ' ? '?' : (char)ch);
	}
	str_add_c(out, '"');
	return true;
}

/* Without comments and white space: then ";" and "=" are where the grammar has them. What comes
 * behind an unfinished comment or string is dropped. */
static struct span strip(struct arena *a, struct span value)
{
	struct str out = str_in(a, 2 * value.len + 2);
	struct cur c = cur_of(value);

	while (!cur_done(&c)) {
		char ch = (char)cur_next(&c);
		if (ch == '(') {
			if (!skip_comment(&c))
				break;
		} else if (ch == '"') {
			if (!copy_quoted(&c, &out))
				break;
		} else if (!ascii_is_space(ch) && ch != '\r' && ch != '\n') {
			str_add_c(&out, ch);
		} else {
			str_add_c(&out, ' ');
		}
	}
	return str_span(&out);
}

/* method [ "/" version ] "=" result */
static bool is_method(struct span part, struct span method, struct span *out_result)
{
	size_t equals = span_find(part, '=');

	if (equals == SPAN_NPOS)
		return false;
	struct span name = span_trim(span_sub(part, 0, equals));
	size_t slash = span_find(name, '/');
	if (slash != SPAN_NPOS)
		name = span_trim(span_sub(name, 0, slash));
	if (!span_ieq(name, method))
		return false;
	struct span rest = span_trim(span_from(part, equals + 1));
	return span_split(&rest, ' ', out_result) && out_result->len > 0;
}

bool auth_results_find(
	struct arena *a, struct span value, struct span method, struct span *out_result)
{
	if (value.len > AUTH_RESULTS_MAX)
		return false;
	struct span rest = strip(a, value), part;

	if (!span_split(&rest, ';', &part)) /* the authserv-id */
		return false;
	while (span_split(&rest, ';', &part)) {
		if (is_method(part, method, out_result))
			return true;
	}
	return false;
}
