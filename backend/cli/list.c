/* Lists on the command line. */
#include "backend/cli/list.h"

#include "mailcore/base/json.h"

enum rc list_item(struct list_page *page, struct cJSON *object)
{
	json_push(page->array, object);
	return RC_OK;
}

enum rc list_all(struct cli *c, struct span domain,
	enum rc (*page_fn)(struct cli *c, struct list_page *page, struct err *err), struct err *err)
{
	struct list_page page = { .ask = { .limit = LIST_LIMIT_MAX, .domain = domain },
		.array = json_array(&c->arena) };
	enum rc rc;

	do {
		cli_renew_deadline(c);
		rc = page_fn(c, &page, err);
		page.ask.cursor = page.next;
	} while (rc == RC_OK && page.next.len > 0);
	if (rc == RC_OK && c->json)
		cli_print_items(c, page.array);
	return rc;
}
