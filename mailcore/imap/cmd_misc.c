/* Commands of a few lines: CAPABILITY, ID, ENABLE, NAMESPACE, NOOP, CHECK, STARTTLS, COMPRESS,
 * LOGOUT. */
#include "mailcore/imap/commands.h"
#include "mailcore/imap/reply.h"
#include "mailcore/imap/syntax/lex.h"

enum step imap_cmd_capability(struct command *cmd)
{
	struct str *out = conn_out(cmd->s->conn);

	str_add_cstr(out, "* CAPABILITY ");
	imap_reply_capabilities(cmd->s);
	str_add_cstr(out, "\r\n");
	return imap_reply_ok(cmd, "Done.");
}

/* NOOP and CHECK: what they do is in their row, the news. */
enum step imap_cmd_noop(struct command *cmd)
{
	return imap_reply_ok(cmd, "Done.");
}

/* The loop flushes, drops what came in clear, and starts the handshake (RFC 9051 §6.2.1). */
enum step imap_cmd_starttls(struct command *cmd)
{
	if (conn_is_tls(cmd->s->conn) || !conn_can_tls(cmd->s->conn))
		return imap_reply_bad(cmd->s, "TLS is active already, or not offered.");
	imap_reply_tagged(cmd->s, "OK Begin TLS now.");
	return STEP_TLS;
}

/* compress = "COMPRESS" SP "DEFLATE" (RFC 4978); the loop does it behind the tagged OK */
enum step imap_cmd_compress(struct command *cmd)
{
	struct span algorithm;

	if (!lex_sp(&cmd->args) || !lex_atom(&cmd->args, &algorithm) || !cur_done(&cmd->args))
		return imap_reply_bad(cmd->s, "COMPRESS needs an algorithm.");
	if (!span_ieq(algorithm, SPAN("DEFLATE")))
		return imap_reply_no(cmd, "[CANNOT] DEFLATE is all there is.");
	if (conn_is_zipped(cmd->s->conn))
		return imap_reply_no(cmd, "[COMPRESSIONACTIVE] DEFLATE is active already.");
	imap_reply_tagged(cmd->s, "OK DEFLATE begins.");
	return STEP_ZIP;
}

enum step imap_cmd_logout(struct command *cmd)
{
	imap_reply_untagged(cmd->s, "BYE Logging out.");
	imap_reply_tagged(cmd->s, "OK Done.");
	return STEP_CLOSE;
}

/* id_param_list = "(" [string SP nstring *(SP string SP nstring)] ")" / "NIL" (RFC 2971) */
static bool skip_id_params(struct command *cmd)
{
	struct cur *in = &cmd->args;
	struct span text;

	if (!lex_sp(in))
		return false;
	if (lex_word(in, "NIL"))
		return cur_done(in);
	if (!cur_take(in, '('))
		return false;
	while (!cur_take(in, ')')) {
		if (!lex_string(in, cmd->ctx->arena, &text) || !lex_sp(in) ||
			!lex_nstring(in, cmd->ctx->arena, &text))
			return false;
		(void)lex_sp(in);
	}
	return cur_done(in);
}

enum step imap_cmd_id(struct command *cmd)
{
	if (!skip_id_params(cmd))
		return imap_reply_bad(cmd->s, "ID needs a list of strings, or NIL.");
	imap_reply_untagged(cmd->s, "ID (\"name\" \"Mailstead\")");
	return imap_reply_ok(cmd, "Done.");
}

/* What ENABLE knows, and where it is noted. */
static bool *enabled_flag(struct imap *s, struct span name)
{
	const struct {
		const char *name;
		bool *flag;
	} known[] = {
		{ "IMAP4rev2", &s->rev2 },
		{ "UTF8=ACCEPT", &s->utf8_accept },
		{ "CONDSTORE", &s->condstore },
		{ "QRESYNC", &s->qresync },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (span_ieq(name, span_of(known[i].name)))
			return known[i].flag;
	}
	return NULL;
}

/* enable = "ENABLE" 1*(SP capability); what is not known is passed over (RFC 5161). Nothing is
 * enabled when the command cannot be read to its end. */
enum step imap_cmd_enable(struct command *cmd)
{
	struct imap *s = cmd->s;
	struct str *out = conn_out(s->conn);
	struct cur in = cmd->args;
	struct span name;

	do {
		if (!lex_sp(&in) || !lex_atom(&in, &name))
			return imap_reply_bad(s, "ENABLE needs capabilities.");
	} while (!cur_done(&in));
	str_add_cstr(out, "* ENABLED");
	while (lex_sp(&cmd->args) && lex_atom(&cmd->args, &name)) {
		bool *flag = enabled_flag(s, name);
		if (!flag || *flag)
			continue;
		*flag = true;
		str_add_c(out, ' ');
		str_add(out, name);
	}
	str_add_cstr(out, "\r\n");
	s->condstore = s->condstore || s->qresync; /* RFC 7162 §3.2.3 */
	return imap_reply_ok(cmd, "Done.");
}

enum step imap_cmd_namespace(struct command *cmd)
{
	imap_reply_untagged(cmd->s, "NAMESPACE ((\"\" \"/\")) NIL NIL");
	return imap_reply_ok(cmd, "Done.");
}
