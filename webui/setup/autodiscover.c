/*
 * Outlook's autodiscover, the POX schema ([MS-OXDSCLI]).
 *
 * Requests are read by expat; a document type ends the reading, so there are no entities to expand.
 */
#include "webui/setup/client_files.h"

#include <expat.h>
#include <string.h>

#include "mailcore/base/cur.h"
#include "webui/setup/xml.h"

#define ELEMENTS_MAX 100
#define TEXT_MAX     512

const char autodiscover_schema[] =
	"http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

/* ------------------------------------------------------------------------ request */

struct reader {
	XML_Parser parser;
	struct arena *arena;
	unsigned elements;
	struct span *into; /* of the element that is open; NULL: not one of ours */
	struct str text;
	struct autodiscover_request found;
};

/* Names come as "namespace|name". */
static bool is_named(const char *name, const char *local)
{
	const char *bar = strrchr(name, '|');
	return strcmp(bar ? bar + 1 : name, local) == 0;
}

static void XMLCALL on_start(void *arg, const char *name, const char **attributes)
{
	struct reader *r = arg;

	(void)attributes;
	if (++r->elements > ELEMENTS_MAX)
		(void)XML_StopParser(r->parser, XML_FALSE);
	r->into = NULL;
	if (is_named(name, "EMailAddress"))
		r->into = &r->found.address;
	else if (is_named(name, "AcceptableResponseSchema"))
		r->into = &r->found.schema;
	r->text = str_in(r->arena, TEXT_MAX);
}

static void XMLCALL on_text(void *arg, const char *text, int len)
{
	struct reader *r = arg;

	if (r->into)
		str_add(&r->text, span_make(text, (size_t)len));
}

static void XMLCALL on_end(void *arg, const char *name)
{
	struct reader *r = arg;

	(void)name;
	if (r->into && str_ok(&r->text))
		*r->into = span_trim(str_span(&r->text));
	r->into = NULL;
}

static void XMLCALL on_doctype(
	void *arg, const char *name, const char *system_id, const char *public_id, int internal)
{
	struct reader *r = arg;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	(void)XML_StopParser(r->parser, XML_FALSE);
}

static bool is_address(struct span text)
{
	size_t at = span_rfind(text, '@');
	return at != SPAN_NPOS && at > 0 && at + 1 < text.len && text.len <= 254;
}

enum rc autodiscover_parse(struct arena *a, struct span body, struct autodiscover_request *out)
{
	struct reader r = { .arena = a };

	if (body.len == 0 || body.len > AUTODISCOVER_REQUEST_MAX)
		return RC_INVALID;
	r.parser = XML_ParserCreateNS("UTF-8", '|');
	ASSERT(r.parser);
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, on_start, on_end);
	XML_SetCharacterDataHandler(r.parser, on_text);
	XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
	bool read = XML_Parse(r.parser, body.ptr, (int)body.len, XML_TRUE) == XML_STATUS_OK;
	XML_ParserFree(r.parser);
	if (!read || !is_address(r.found.address))
		return RC_INVALID;
	*out = r.found;
	return RC_OK;
}

/* ------------------------------------------------------------------------ answer */

static void begin(struct str *out)
{
	str_add_cstr(out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Autodiscover "
		"xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006\">\n");
}

static void add_protocol(struct str *out, const struct client_servers *s, const char *type,
	unsigned port, struct span address)
{
	str_add_cstr(out, "<Protocol>\n");
	xml_add(out, "Type", span_of(type));
	xml_add(out, "Server", s->hostname);
	xml_add_number(out, "Port", port);
	xml_add(out, "DomainRequired", SPAN("off"));
	xml_add(out, "LoginName", address);
	xml_add(out, "SPA", SPAN("off"));
	xml_add(out, "SSL", SPAN("on"));
	xml_add(out, "AuthRequired", SPAN("on"));
	if (strcmp(type, "SMTP") == 0) {
		xml_add(out, "UsePOPAuth", SPAN("off"));
		xml_add(out, "SMTPLast", SPAN("off"));
	}
	str_add_cstr(out, "</Protocol>\n");
}

void autodiscover_add(struct str *out, const struct client_servers *s, struct span address)
{
	begin(out);
	str_addf(out, "<Response xmlns=\"%s\">\n<User>\n", autodiscover_schema);
	xml_add(out, "DisplayName", address);
	str_add_cstr(out, "</User>\n<Account>\n");
	xml_add(out, "AccountType", SPAN("email"));
	xml_add(out, "Action", SPAN("settings"));
	add_protocol(out, s, "IMAP", s->imaps_port, address);
	add_protocol(out, s, "POP3", s->pop3s_port, address);
	add_protocol(out, s, "SMTP", s->submissions_port, address);
	str_add_cstr(out, "</Account>\n</Response>\n</Autodiscover>\n");
}

void autodiscover_add_error(struct str *out, int code, struct span text)
{
	begin(out);
	str_add_cstr(out, "<Response>\n<Error Time=\"00:00:00.0000000\" Id=\"0\">\n");
	xml_add_number(out, "ErrorCode", (unsigned)code);
	xml_add(out, "Message", text);
	str_add_cstr(out, "<DebugData />\n</Error>\n</Response>\n</Autodiscover>\n");
}
