// The same for the tests that are written for node: `node c030_nodemailer.js --json DIR/quickstart.json`.
"use strict";

const fs = require("node:fs");
const crypto = require("node:crypto");

const at = process.argv.indexOf("--json");
if (at < 0 || !process.argv[at + 1]) {
	console.error(`usage: ${process.argv[1]} --json FILE`);
	process.exit(2);
}
const start = JSON.parse(fs.readFileSync(process.argv[at + 1], "utf8"));
const [alice, bob] = start.mailboxes;
const tls = { ca: fs.readFileSync(start.ca), servername: start.hostname };

let count = 0;
let failed = 0;

function check(passed, name, seen = "") {
	count += 1;
	if (!passed) failed += 1;
	console.log(`${passed ? "ok" : "not ok"} ${count} - ${name}`);
	if (!passed && seen !== "") {
		const text = typeof seen === "string" ? seen : JSON.stringify(seen, null, 1);
		for (const line of text.split("\n").slice(0, 25)) console.log(`# ${line}`);
	}
}

// The first true value of `condition`, or its last false one.
async function wait(condition, patienceMs = 15000) {
	const until = Date.now() + patienceMs;
	for (;;) {
		const value = await condition();
		if (value || Date.now() > until) return value;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

async function main(...functions) {
	const guard = setTimeout(() => {
		console.log(`not ok ${count + 1} - ends within two minutes`);
		process.exit(1);
	}, 120000);
	for (const one of functions) {
		try {
			await one();
		} catch (problem) {
			const said = problem.responseText || problem.response || "";
			check(false, `${one.name} runs to its end`, `${said}\n${problem.stack}`);
		}
	}
	clearTimeout(guard);
	console.log(`1..${count}`);
	process.exit(failed ? 1 : 0);
}

module.exports = { start, alice, bob, tls, check, wait, main, token: () => `clienttest-${crypto.randomBytes(8).toString("hex")}` };
