/*
 * Message HTML rebuilt from an allow-list. The only maker of markup that comes from a message.
 *
 * The output is written anew from tokens: known elements with known attributes, all values quoted
 * and escaped, every element closed, no raw-text or foreign (SVG, MathML) element; so a browser can
 * read it in one way only. Dropped with their content: script, style, title, svg, math, frames,
 * objects, textarea, select, template, media. Dropped, content kept: forms, buttons, unknown
 * elements. Never passed: event handlers, id, class, name, style beyond css_clean, addresses other
 * than http, https, mailto and tel in links, and images from data:, cid: (rewritten) and, when
 * asked for, https:.
 *
 * Linear in its input; cleaning the output again changes nothing. It is one of three walls: the
 * document is served with its own policy (csp sandbox) and shown in a sandboxed frame.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/arena.h"
#include "webui/view/val.h"

#define HTML_CLEAN_INPUT_MAX  (4u << 20) /* what comes after is left out */
#define HTML_CLEAN_OUTPUT_MAX (16u << 20)
#define HTML_CLEAN_DEPTH_MAX  100 /* deeper elements lose their tags, not their text */

struct html_clean_options {
	bool remote_images; /* the reader has asked for them: https: only */
	/* The address of the part with this Content-ID (no brackets); ptr is NULL when there is
	 * none. May be NULL. */
	struct span (*cid_url)(struct span content_id, void *arg);
	void *arg;
};

struct html_clean_stats {
	size_t remote; /* images and styles that would have been loaded from elsewhere */
};

struct html html_clean(struct arena *a, struct span html, const struct html_clean_options *options,
	struct html_clean_stats *out);

/* Plain text as markup: escaped, web and mail addresses as links, quoted lines ("> ") grouped. */
struct html html_of_text(struct arena *a, struct span text);
