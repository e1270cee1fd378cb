"""Random messages: our part tree and that of Python's email package are the same.

Usage: compare_email.py PRINT_TREE [COUNT]
"""
import email
import json
import random
import subprocess
import sys

TYPES = ['text/plain', 'text/html; charset=utf-8', 'image/png; name="a b.png"',
         'application/x-y; a=1; b="2;3"']


def leaf(rng):
    lines = ['line %d' % rng.randrange(99) for _ in range(rng.randrange(4))]
    return 'Content-Type: %s\r\n\r\n%s' % (rng.choice(TYPES), '\r\n'.join(lines))


def message(rng, depth, boundaries):
    kind = rng.random()
    if depth == 0 or kind < .4:
        return leaf(rng)
    if kind < .55:
        return ('Content-Type: message/rfc822\r\n\r\nSubject: s\r\n'
                + message(rng, depth - 1, boundaries))
    boundaries.append('b%d' % len(boundaries))
    mine = boundaries[-1]
    parts = ['--%s\r\n%s\r\n' % (mine, message(rng, depth - 1, boundaries))
             for _ in range(rng.randrange(1, 4))]
    head = 'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n' % mine
    return head + rng.choice(['', 'preamble\r\n']) + ''.join(parts) + '--%s--\r\n' % mine


def compare(ours, theirs, raw):
    assert ours['type'] == theirs.get_content_type(), ours['type']
    for name, value in (theirs.get_params(failobj=[]) or [])[1:]:
        assert ours['params'][name.lower()] == value, name
    children = theirs.get_payload() if theirs.is_multipart() else []
    assert len(children) == len(ours['children']), ours['type']
    if not children:
        body = raw[ours['offset']:ours['offset'] + ours['size']]
        assert body == theirs.get_payload(), body
        assert ours['lines'] == body.count('\n')
    for mine, other in zip(ours['children'], children):
        compare(mine, other, raw)


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    for seed in range(count):
        raw = 'MIME-Version: 1.0\r\n' + message(random.Random(seed), 4, [])
        out = subprocess.run([sys.argv[1]], input=raw.encode(), capture_output=True, check=True)
        try:
            compare(json.loads(out.stdout), email.message_from_string(raw), raw)
        except AssertionError as problem:
            sys.exit('seed %d: %s\n%s' % (seed, problem, raw))
    print('%d messages compared' % count)


main()
