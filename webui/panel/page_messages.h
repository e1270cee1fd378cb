/* Trace rows as the table of messages: also on the overview. */
#pragma once

#include "backend/accounts/trace_service.h"
#include "webui/view/page.h"

/* data.messages, data.has_messages */
void messages_add(struct page *p, const struct trace_rows *rows);
