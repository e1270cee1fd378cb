/* A text as QR code: see qr.h. */
#include "webui/view/qr.h"

#include <qrencode.h>

#include "webui/view/html.h"

#define QUIET   4
#define SVG_MAX (256 * 1024) /* a side of 137 modules has less than 10,000 runs of 10 bytes */

/* A line a row of modules: each run of dark ones is drawn, the light ones are skipped. */
static void add_row(struct str *out, const unsigned char *row, int width, int y)
{
	int at = 0; /* where the pen is */

	for (int x = 0; x < width;) {
		int end = x;
		while (end < width && (row[end] & 1))
			end++;
		if (end == x) {
			x++;
			continue;
		}
		if (at == 0)
			str_addf(out, "M%d %d.5", x + QUIET, y + QUIET);
		else
			str_addf(out, "m%d 0", x - at);
		str_addf(out, "h%d", end - x);
		at = x = end;
	}
}

static void add_svg(struct str *out, const QRcode *code, struct span label)
{
	int side = code->width + 2 * QUIET;

	str_addf(out, "<svg class=\"qr\" role=\"img\" viewBox=\"0 0 %d %d\" aria-label=\"", side,
		side);
	html_add_text(out, label);
	str_addf(out,
		"\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
		"<path stroke=\"#000\" shape-rendering=\"crispEdges\" d=\"",
		side, side);
	for (int y = 0; y < code->width; y++)
		add_row(out, code->data + (ptrdiff_t)y * code->width, code->width, y);
	str_add_cstr(out, "\"/></svg>");
}

bool qr_svg(struct arena *a, struct span text, struct span label, struct html *out)
{
	struct str svg = str_in(a, SVG_MAX);

	if (text.len == 0 || text.len > QR_TEXT_MAX)
		return false;
	QRcode *code =
		QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_L);
	if (!code)
		return false;
	add_svg(&svg, code, label);
	QRcode_free(code);
	if (!str_ok(&svg))
		return false;
	out->markup = str_span(&svg);
	return true;
}
