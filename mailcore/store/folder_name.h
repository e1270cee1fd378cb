/* Names of folders: UTF-8 in NFC, levels separated by '/', "INBOX" in upper case whatever was given. */
#pragma once

#include <stdbool.h>

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

#define FOLDER_NAME_MAX   1000
#define FOLDER_LEVELS_MAX 64

/* Checks and brings into the stored form: "inbox" and "inbox/x" become "INBOX" and "INBOX/x".
 * False: empty, too long, too deep, an empty level, controls, or not UTF-8. */
bool folder_name_parse(struct arena *a, struct span text, struct span *out);
/* The name without its last level; empty at the top. */
struct span folder_name_parent(struct span name);
