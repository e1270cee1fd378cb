// A domain's DNS: options, the hand-off link as its holder sees it, and a device set up by a link, in light, dark and on a phone.

import { check, read_qr, Window } from './harness.mjs';

const PHONE = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' };

async function go(w, click) {
	await Promise.all([w.page.waitForNavigation(), click]);
}

async function options(w, domain) {
	await w.page.goto(`/domains/${domain}/dns`);
	check(await w.page.getByText('TTL: 300 seconds').isVisible(), 'TTL advice is given');
	await w.settle('dns');
	await go(w, w.page.getByRole('link', { name: 'DNS options' }).click());
	await w.page.selectOption('#dmarc_policy', 'quarantine');
	await w.page.fill('#dmarc_reports', 'not an address');
	await w.settle('dns-options');
	await go(w, w.page.getByRole('button', { name: 'Save options' }).click());
	check(await w.page.locator('#errors').isVisible() && await w.page.inputValue('#dmarc_policy') === 'quarantine',
		'what is wrong is said, what was typed stays');
	await w.page.fill('#dmarc_reports', '');
	await go(w, w.page.getByRole('button', { name: 'Save options' }).click());
	check(await w.page.getByText('v=DMARC1; p=quarantine').first().isVisible(), 'the records follow');
}

async function handoff(world, w, domain) {
	await w.page.goto(`/domains/${domain}/dns/links`);
	await w.page.fill('#label', 'The DNS people');
	await go(w, w.page.getByRole('button', { name: 'Make a link' }).click());
	const link = new URL(await w.page.locator('#link').textContent()).pathname;
	await w.settle('dns-links');
	for (const [name, options_of] of [['handoff', {}], ['handoff-phone', PHONE]]) {
		const other = await Window.open(world, options_of);
		await other.page.goto(link);
		check(await other.page.getByText(`_dmarc.${domain}`).first().isVisible(), `${name}: records without log-in`);
		await other.settle(name);
		await other.close(name);
	}
	await w.page.goto(`/domains/${domain}/dns/links`);
	await go(w, w.page.getByRole('button', { name: 'Revoke The DNS people' }).click());
	const late = await world.browser.newContext({ ignoreHTTPSErrors: true, baseURL: world.start.https });
	check((await (await late.newPage()).goto(link)).status() === 404, 'revoked, it shows nothing');
	await late.close();
}

async function device(world, w) {
	await w.page.goto(`/mailboxes/${world.bob.address}`);
	await go(w, w.page.getByRole('button', { name: 'Set up a phone or computer' }).click());
	const link = new URL(w.page.url()).pathname;
	check(/^\/setup\//.test(link), 'from the mailbox to its set-up page');
	check((await read_qr(w.page)).endsWith(link), 'the code leads there too');
	await w.settle('setup');
	const phone = await Window.open(world, PHONE);
	await phone.page.goto(link);
	await phone.settle('setup-phone');
	await go(phone, phone.page.getByRole('button', { name: 'Make a password' }).click());
	const password = await phone.page.locator('#password').textContent();
	const [version, , incoming, outgoing] = JSON.parse(await read_qr(phone.page));
	check(version === 1 && incoming[5] === world.bob.address && incoming[7] === password && outgoing[0][0][6] === password &&
		incoming[2] === world.start.ports.imaps, 'the code for Thunderbird on Android has all of it', JSON.stringify(incoming));
	await phone.settle('setup-password');
	await phone.close('setup on a phone');
}

export default async function dns(world) {
	const domain = `dns-${world.stamp}.browser.example`;
	const w = await Window.open(world);
	await w.login(world.admin);
	await w.page.goto('/domains/new');
	await w.page.fill('#name', domain);
	await go(w, w.page.locator('.actions button.pri').click());
	await options(w, domain);
	await handoff(world, w, domain);
	await device(world, w);
	await w.close('dns');
}
