/*
 * A text as QR code: inline SVG, black on white in either theme, with its quiet zone.
 *
 * Byte mode, error level L (UX: what telephones scan from a screen). The page says the same in words
 * beside it: a code is a picture to most people and nothing at all to some.
 */
#pragma once

#include "mailcore/base/rc.h"
#include "webui/view/val.h"

#define QR_TEXT_MAX 1500 /* version 30 at most; telephones read up to about 800 easily */

/* label: what it is, for screen readers. False: empty or too long. For val_set_html; in CSS "qr". */
MUST_CHECK bool qr_svg(struct arena *a, struct span text, struct span label, struct html *out);
