/*
 * Files compiled into the program: templates, and what browsers load (style, scripts, icons).
 *
 * A static file's address contains a hash of its content, so it may be cached for ever. Scripts
 * that import each other name the plain files ('./frag.js'); gen_assets.py writes the addresses in.
 */
#pragma once

#include <stddef.h>

#include "mailcore/base/span.h"
#include "webui/view/tmpl.h"

struct asset {
	struct span name; /* "app.css" */
	struct span path; /* "/s/app.0123456789.css" */
	struct span type;
	struct span bytes;
	struct span gzip; /* the same, compressed */
};

extern const struct asset assets[];
extern const size_t assets_len;

extern const struct tmpl_source template_sources[];
extern const size_t template_sources_len;

/* NULL when there is none. */
const struct asset *asset_find(struct span name);
const struct asset *asset_find_path(struct span path);
