/* Writing XML: the one escaper. Characters that XML 1.0 cannot hold become U+FFFD. */
#pragma once

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

void xml_add_text(struct str *out, struct span text);
/* <name>text</name> and a line end. name is ours: a literal. */
void xml_add(struct str *out, const char *name, struct span text);
void xml_add_number(struct str *out, const char *name, unsigned number);
