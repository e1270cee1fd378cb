// What every browser test stands on: one Chromium, checks in TAP, and for each page that is
// opened: no console error, no violation of the content security policy, no axe finding.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import jsqr from 'jsqr';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

let count = 0;
let failed = 0;

export function check(passed, name, seen = '') {
	count += 1;
	if (!passed)
		failed += 1;
	console.log(`${passed ? 'ok' : 'not ok'} ${count} - ${name}`);
	if (!passed && seen)
		for (const line of String(seen).split('\n').slice(0, 20))
			console.log(`# ${line}`);
}

export function finish() {
	console.log(`1..${count}`);
	return failed === 0;
}

export async function launch() {
	return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
}

/** What a telephone reads off the page's QR code; null when it cannot. */
export async function read_qr(page) {
	const seen = await page.locator('svg.qr').evaluate(async (svg) => {
		const side = 600;
		const copy = svg.cloneNode(true);
		for (const [name, value] of [['xmlns', 'http://www.w3.org/2000/svg'], ['width', side], ['height', side]])
			copy.setAttribute(name, value);
		const image = new Image();
		image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
		await image.decode();
		const canvas = document.createElement('canvas');
		canvas.width = canvas.height = side;
		const pen = canvas.getContext('2d');
		pen.drawImage(image, 0, 0);
		return { side, pixels: [...pen.getImageData(0, 0, side, side).data] };
	});
	const read = jsqr.default ?? jsqr;
	return read(Uint8ClampedArray.from(seen.pixels), seen.side, seen.side)?.data ?? null;
}

/** A browser window with nothing in its cache, and what went wrong in it. */
export class Window {
	static async open(world, options = {}) {
		const context = await world.browser.newContext({
			ignoreHTTPSErrors: true, baseURL: world.start.https,
			viewport: { width: 1280, height: 800 }, ...options,
		});
		const window = new Window();
		Object.assign(window, { world, context, trouble: [], requests: [], scripted: options.javaScriptEnabled !== false });
		if (window.scripted) {
			await context.addInitScript(() => {
				addEventListener('securitypolicyviolation', (event) =>
					console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));
			});
		}
		window.page = await context.newPage();
		window.page.on('console', (m) => {
			// a form that comes back with 422 is an answer, not a fault
			if (m.type() === 'error' && !/status of 422/.test(m.text()))
				window.trouble.push(`${window.page.url()}: ${m.text()}`);
		});
		window.page.on('pageerror', (e) => window.trouble.push(`${window.page.url()}: ${e}`));
		window.page.on('request', (q) => window.requests.push(q));
		return window;
	}

	async login(who) {
		await this.page.goto('/login');
		await this.page.fill('#login', who.login ?? who.address);
		await this.page.fill('#password', who.password);
		await Promise.all([this.page.waitForNavigation(), this.page.click('button.pri')]);
	}

	/** axe and overflow of the page as it is now; a picture when asked for. */
	async settle(name) {
		const page = this.page;
		if (this.world.shots)
			await page.screenshot({ path: `${this.world.shots}/${name}.png` });
		if (!this.scripted)
			return;
		await page.evaluate(axeSource).catch(() => undefined);
		const found = await page.evaluate(async () => {
			const result = await window.axe.run({ exclude: [['iframe.frame']] }, {
				iframes: false,
				runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
			});
			return result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 3).join(' | ')}`);
		});
		check(found.length === 0, `${name}: axe finds nothing`, found.join('\n'));
		const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
		check(wide <= 0, `${name}: no horizontal scrolling`, wide);
	}

	async close(name) {
		check(this.trouble.length === 0, `${name}: no console errors, no policy violations`, this.trouble.join('\n'));
		await this.context.close();
	}
}
