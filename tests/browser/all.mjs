// Runs b*.mjs in their order against the server that quickstart.json names.

import fs from 'node:fs';
import path from 'node:path';
import { check, finish, launch } from './harness.mjs';

const args = process.argv.slice(2);
function option(name) {
	const at = args.indexOf(name);
	return at < 0 ? undefined : args.splice(at, 2)[1];
}

const file = option('--json');
const shots = option('--shots');
if (!file) {
	console.error('usage: run --json FILE [--shots DIR] [NAME...]');
	process.exit(2);
}
if (shots)
	fs.mkdirSync(shots, { recursive: true });

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const start = JSON.parse(fs.readFileSync(file, 'utf8'));
const world = {
	start, shots, browser: await launch(),
	stamp: Date.now().toString(36),
	customer: start.logins.find((l) => l.role === 'customer'),
	admin: start.logins.find((l) => l.role === 'admin'),
	alice: start.mailboxes[0], bob: start.mailboxes[1],
};

const names = fs.readdirSync(here).filter((n) => /^b\d.*\.mjs$/.test(n)).sort()
	.filter((n) => args.length === 0 || args.some((a) => n.includes(a)));
for (const name of names) {
	const test = await import(`./${name}`);
	try {
		await test.default(world);
	} catch (problem) {
		check(false, `${name} runs to its end`, problem.stack);
	}
}
await world.browser.close();
process.exit(finish() ? 0 : 1);
