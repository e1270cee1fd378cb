/* webui/view/qr: the picture drawn again from its path has the marks of a QR code; what does not fit. */
#include "tests/unit/cmocka_all.h"

#include "webui/view/qr.h"

#define SIDE_MAX 200

struct picture {
	int side;
	bool dark[SIDE_MAX][SIDE_MAX];
};

static int number(struct span *in)
{
	int sign = span_starts(*in, SPAN("-")) ? -1 : 1, n = 0;

	if (sign < 0)
		*in = span_sub(*in, 1, in->len - 1);
	while (in->len > 0 && in->ptr[0] >= '0' && in->ptr[0] <= '9') {
		n = n * 10 + in->ptr[0] - '0';
		*in = span_sub(*in, 1, in->len - 1);
	}
	return sign * n;
}

static char letter(struct span *in)
{
	char c = in->ptr[0];

	*in = span_sub(*in, 1, in->len - 1);
	return c;
}

/* Only what qr.c writes: M x y.5, m dx 0, h n. */
static void draw(struct span path, struct picture *out)
{
	int x = 0, y = 0;

	while (path.len > 0) {
		char c = letter(&path);
		int n = number(&path);
		if (c == 'h') {
			for (int i = 0; i < n; i++)
				out->dark[y][x + i] = true;
			x += n;
			continue;
		}
		assert_int_equal(letter(&path), ' ');
		x = c == 'M' ? n : x + n;
		int down = number(&path);
		if (c == 'M') {
			y = down;
			assert_int_equal(letter(&path), '.');
			assert_int_equal(number(&path), 5);
		}
	}
}

static struct span attribute(struct span svg, const char *before)
{
	size_t at = span_find_span(svg, span_of(before));
	assert_int_not_equal(at, SPAN_NPOS);
	struct span rest = span_sub(svg, at + strlen(before), svg.len - at - strlen(before));
	return span_sub(rest, 0, span_find(rest, '"'));
}

/* Seven by seven: a ring, a gap, a block of three. */
static void assert_finder(const struct picture *p, int left, int top)
{
	for (int y = 0; y < 7; y++) {
		for (int x = 0; x < 7; x++) {
			bool ring = x == 0 || y == 0 || x == 6 || y == 6;
			bool block = x >= 2 && x <= 4 && y >= 2 && y <= 4;
			assert_int_equal(p->dark[top + y][left + x], ring || block);
		}
	}
}

static void draws(void **state)
{
	static const size_t sizes[] = { 1, 17, 100, 800, QR_TEXT_MAX };
	static char text[QR_TEXT_MAX];
	static struct picture p;
	struct arena a;

	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct html html;
		arena_init(&a, 4096);
		assert_true(qr_svg(&a, span_make(text, sizes[i]), SPAN("a \"b\" & c"), &html));
		memset(&p, 0, sizeof p);
		struct span side = attribute(html.markup, "viewBox=\"0 0 ");
		p.side = number(&side);
		draw(attribute(html.markup, "crispEdges\" d=\""), &p);
		assert_finder(&p, 4, 4);
		assert_finder(&p, p.side - 11, 4);
		assert_finder(&p, 4, p.side - 11);
		for (int x = 0; x < p.side; x++) /* the quiet zone */
			assert_false(p.dark[3][x] || p.dark[x][3] || p.dark[p.side - 4][x] ||
				p.dark[x][p.side - 4]);
		assert_true(span_eq(
			attribute(html.markup, "aria-label=\""), SPAN("a &quot;b&quot; &amp; c")));
		arena_done(&a);
	}
}

static void refuses(void **state)
{
	static char text[QR_TEXT_MAX + 1];
	struct html html;
	struct arena a;

	arena_init(&a, 4096);
	memset(text, 'x', sizeof text);
	assert_false(qr_svg(&a, SPAN(""), SPAN("x"), &html));
	assert_false(qr_svg(&a, span_make(text, sizeof text), SPAN("x"), &html));
	arena_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(draws), cmocka_unit_test(refuses) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
