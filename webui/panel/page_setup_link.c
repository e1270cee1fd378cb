/* Makes a link that sets a device up, and goes there. */
#include "backend/accounts/link_service.h"
#include "webui/panel/dns_pages.h"
#include "webui/panel/panel.h"

static enum rc make(struct req *r, struct span address, struct reply *out, struct err *err)
{
	struct link link;
	enum rc rc = link_make_setup(r->services, r->ctx, address, &link, err);

	if (rc == RC_OK) /* the path alone: the browser may know us under another name */
		reply_redirect(
			r, out, span_from(link.url, span_find_span(link.url, SPAN("/setup/"))));
	return rc;
}

enum rc page_mailbox_setup_post(struct req *r, struct reply *out, struct err *err)
{
	return make(r, req_path(r, "address"), out, err);
}

enum rc page_own_setup_post(struct req *r, struct reply *out, struct err *err)
{
	return make(r, r->actor->login, out, err);
}
