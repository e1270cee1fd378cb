// Plans, customers, suspension, undo, the second factor's set-up and the small pages: made by hand as a person does, then every
// page on a phone in the dark; German on request.

import { check, read_qr, Window } from './harness.mjs';

const PAGES = ['plans', 'customers', 'deleted', 'audit', 'help/api', 'system/status', 'account', 'customers/new'];

async function submit(w, form, fields = {}) {
	for (const [name, value] of Object.entries(fields))
		await w.page.fill(`form[action="${form}"] [name="${name}"]`, value);
	await Promise.all([w.page.waitForNavigation(),
		w.page.locator(`form[action="${form}"] button`).last().click()]);
}

export default async function tenants(world) {
	const mark = Math.random().toString(36).slice(2, 8);
	const w = await Window.open(world);
	await w.login(world.start.logins.find((l) => l.role === 'admin'));

	await w.page.goto('/plans');
	await submit(w, '/plans', { name: `Plan ${mark}`, max_domains: '5', storage_gb: '10' });
	check(await w.page.locator('#quota_mb-error').isVisible(), 'a plan with storage asks for the mailboxes\' limit');
	check(await w.page.inputValue('#max_domains') === '5', 'and keeps what was typed');
	await w.settle('plan-error');
	await submit(w, '/plans', { quota_mb: '500' });
	check(await w.page.getByText(`Plan ${mark}`).isVisible(), 'then it is there');
	await w.settle('plans');

	await w.page.goto('/customers/new');
	await w.page.fill('#login', `c-${mark}@browser.example`);
	await w.page.fill('#password', 'a long password');
	await w.page.selectOption('#plan', { label: `Plan ${mark}` });
	await Promise.all([w.page.waitForNavigation(), w.page.click('.actions button.pri')]);
	const url = new URL(w.page.url()).pathname;
	check(url.startsWith('/customers/c-'), 'a customer is made and shown');
	check(await w.page.locator('meter').count() > 0, 'with what it may have');
	await w.settle('customer');

	await w.page.getByText('Suspend', { exact: true }).click();
	await w.page.check('[name="no_send"]');
	await w.page.fill('[name="suspend_reason"]', 'Bills.');
	await submit(w, `${url}/suspend`);
	check(await w.page.locator('.pill.wa').first().isVisible(), 'suspended');
	check(await w.page.inputValue('[name="suspend_reason"]') === 'Bills.', 'with its reason');
	await w.settle('customer-suspended');
	await w.page.getByText('Delete this account').click();
	await submit(w, `${url}/delete`, { confirm: `c-${mark}@browser.example` });
	check(new URL(w.page.url()).pathname === '/deleted', 'deleted, on the page where it can be brought back');
	await w.settle('deleted');
	await w.page.locator('tr', { hasText: `c-${mark}@browser.example` }).getByRole('button').click();
	await w.page.waitForURL('**/deleted?done=restored');
	await w.page.goto(url);
	check(await w.page.locator('h1').innerText() === `c-${mark}@browser.example`, 'and it is back');

	await w.page.goto('/account');
	await submit(w, '/account/second-factor#second-factor');
	check(await w.page.locator('#factor-secret').isVisible(), 'the second factor shows its key');
	check(await read_qr(w.page) === await w.page.locator('a[href^="otpauth:"]').getAttribute('href'), 'and a QR code that says the same');
	await w.settle('second-factor');
	await w.close('tenants');

	const dark = await Window.open(world, { colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, locale: 'de-DE' });
	await dark.login(world.start.logins.find((l) => l.role === 'admin'));
	check(await dark.page.locator('html').getAttribute('lang') === 'de', 'German for who asks for it');
	for (const path of PAGES) {
		await dark.page.goto(`/${path}`);
		await dark.settle(`de-dark-phone-${path.replaceAll('/', '_')}`);
	}
	await dark.context.clearCookies();
	await dark.login(world.alice);
	await dark.page.goto('/mail/settings');
	await dark.settle('de-dark-phone-settings');
	await dark.close('German, dark, on a phone');
}
