// Forgotten passwords, support access and statistics, as people meet them: light, dark, on a phone, in German.

import { check, Window } from './harness.mjs';

const PHONE = { colorScheme: 'dark', viewport: { width: 390, height: 844 }, isMobile: true, locale: 'de-DE' };

async function press(w, locator) {
	await Promise.all([w.page.waitForNavigation(), locator.click()]);
}

async function forgotten(w, world, mode) {
	await w.page.goto('/login');
	await press(w, w.page.locator('a[href="/login/forgotten"]'));
	await w.settle(`${mode}-forgotten`);
	await w.page.fill('#login', world.alice.address);
	await press(w, w.page.locator('button.pri'));
	check(await w.page.locator('.note.ok').isVisible(), `${mode}: asking for a link says what follows`);
	await w.settle(`${mode}-forgotten-asked`);
	await w.page.goto(`/login/reset/${'A'.repeat(43)}`);
	check(w.page.url().includes('/login/forgotten'), `${mode}: a link that is over leads to a new one`);
}

async function support(w, world, mode) {
	await w.login(world.start.logins.find((l) => l.role === 'admin'));
	await w.page.goto(`/customers/${world.customer.login}`);
	await w.settle(`${mode}-customer-support`);
	await w.page.fill('#reason-support', 'Ticket 4711');
	await press(w, w.page.locator('form[action$="/act"] button'));
	for (const path of ['', 'domains', 'statistics', 'audit']) {
		await w.page.goto(`/${path}`);
		check(await w.page.locator('.acting').isVisible(), `${mode}: /${path} says for whom one acts`);
		await w.settle(`${mode}-acting-${path || 'overview'}`);
	}
	await press(w, w.page.locator('.acting button'));
	check(await w.page.locator('.acting').count() === 0, `${mode}: and it ends with one press`);
}

async function statistics(w, mode) {
	for (const period of ['24h', '90d']) {
		await w.page.goto(`/statistics?period=${period}`);
		check(await w.page.locator('.tabs [aria-current]').count() === 1, `${mode}: ${period} is chosen`);
		await w.settle(`${mode}-statistics-${period}`);
	}
}

export default async function people(world) {
	const modes = { light: {}, dark: { colorScheme: 'dark' }, phone: PHONE };
	for (const [mode, options] of Object.entries(modes)) {
		const w = await Window.open(world, options);
		await forgotten(w, world, mode);
		await support(w, world, mode);
		await statistics(w, mode);
		await w.close(`support and statistics, ${mode}`);
	}
}
