// nodemailer: submission over STARTTLS and implicit TLS, attachments, and what it is told when refused.
"use strict";

const nodemailer = require("nodemailer");
const { ImapFlow } = require("imapflow");
const { start, alice, bob, tls, check, wait, main, token } = require("./tap.js");

function transport(port, more) {
	return nodemailer.createTransport({ host: start.host, port: start.ports[port], tls, auth: { user: alice.address, pass: alice.password }, ...more });
}

// The structure of the message with this subject in bob's INBOX, or null.
async function arrived(subject) {
	const client = new ImapFlow({ host: start.host, port: start.ports.imaps, secure: true, tls, auth: { user: bob.address, pass: bob.password }, logger: false });
	await client.connect();
	try {
		await client.mailboxOpen("INBOX", { readOnly: true });
		const found = await client.search({ subject }, { uid: true });
		return found.length ? await client.fetchOne(String(found[0]), { bodyStructure: true, envelope: true }, { uid: true }) : null;
	} finally {
		await client.logout();
	}
}

async function submits() {
	for (const [port, more] of [["submission", { requireTLS: true }], ["submissions", { secure: true }], ["submission", { requireTLS: true, authMethod: "LOGIN" }]]) {
		const subject = token();
		const info = await transport(port, more).sendMail({
			from: `Alice <${alice.address}>`, to: bob.address, subject, text: "Größe: 3 × 4", html: "<p>Größe: 3 × 4</p>",
			attachments: [{ filename: "Übersicht – März.csv", content: "a,b\r\n1,2\r\n" }],
		});
		check(info.accepted.length === 1 && info.response.startsWith("250"), `${port} ${more.authMethod || "PLAIN"} takes a message`, info);
		const message = await wait(() => arrived(subject));
		check(message && message.bodyStructure.type === "multipart/mixed" && message.bodyStructure.childNodes.length === 2, "and it arrives with its structure", message);
		check(message && message.envelope.from[0].address === alice.address, "and its envelope", message && message.envelope);
	}
}

async function reuses() {
	const pool = transport("submissions", { secure: true, pool: true, maxConnections: 2 });
	const subject = token();
	const sent = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => pool.sendMail({ from: alice.address, to: bob.address, subject: `${subject}-${n}`, text: "pooled" })));
	pool.close();
	check(sent.every((info) => info.response.startsWith("250")), "six messages over two connections", sent);
}

async function refuses() {
	const wrong = await transport("submissions", { secure: true, auth: { user: alice.address, pass: "not-the-password" } }).verify().catch((problem) => problem);
	check(wrong.code === "EAUTH" && wrong.responseCode === 535, "a wrong password is EAUTH 535", String(wrong));
	const none = await transport("submissions", { secure: true, auth: undefined }).sendMail({ from: alice.address, to: "someone@elsewhere.example", text: "x" }).catch((problem) => problem);
	check(none.responseCode >= 530 && none.responseCode <= 554, "without a log-in nothing goes out", String(none));
	const unknown = await transport("submissions", { secure: true }).sendMail({ from: alice.address, to: `nobody-here@${alice.address.split("@")[1]}`, text: "x" }).catch((problem) => problem);
	check(unknown.responseCode === 550 && /5\.1\.1/.test(unknown.response), "an unknown local recipient is 550 5.1.1", String(unknown));
}

main(submits, reuses, refuses);
