// Dark and on a phone: axe and overflow on the main pages.

import { Window } from './harness.mjs';

const MODES = {
	dark: { colorScheme: 'dark' },
	phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
	narrow: { viewport: { width: 320, height: 640 } },
};

export default async function looks(world) {
	for (const [mode, options] of Object.entries(MODES)) {
		const w = await Window.open(world, options);
		await w.page.goto('/login');
		await w.settle(`${mode}-login`);
		await w.login(world.customer);
		const domain = world.alice.address.split('@')[1];
		for (const path of ['', 'domains', `domains/${domain}/dns`, 'mailboxes', `mailboxes/${world.alice.address}`, 'messages', 'tokens']) {
			await w.page.goto(`/${path}`);
			await w.settle(`${mode}-${path.replaceAll('/', '_') || 'overview'}`);
		}
		await w.context.clearCookies();
		await w.login(world.alice);
		await w.settle(`${mode}-inbox`);
		const row = w.page.locator('.row').first();
		await row.click();
		await w.page.waitForSelector('.subject-line');
		await w.page.waitForTimeout(300);
		await w.settle(`${mode}-message`);
		await w.page.goto('/mail/compose');
		await w.settle(`${mode}-compose`);
		await w.close(mode);
	}
}
