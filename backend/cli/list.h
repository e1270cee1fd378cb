/* Lists on the command line: page after page from a service, as lines or as one JSON array. */
#pragma once

#include "backend/cli/cli.h"

struct list_page {
	struct list_ask ask;
	struct span next; /* set by the page function: empty at the end */
	struct cJSON *array;
};

/* Takes the object over. */
enum rc list_item(struct list_page *page, struct cJSON *object);

/* Calls page_fn until there is no next cursor; prints {"items":[...]} with --json. */
MUST_CHECK enum rc list_all(struct cli *c, struct span domain,
	enum rc (*page_fn)(struct cli *c, struct list_page *page, struct err *err),
	struct err *err);
