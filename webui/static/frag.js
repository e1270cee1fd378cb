// Fragments: ask the server for a piece of the page and put it in place.
// The only place where text becomes markup, through the one Trusted Types policy.

const policy = window.trustedTypes
	? trustedTypes.createPolicy('ph', { createHTML: (text) => text })
	: { createHTML: (text) => text };

/**
 * The nodes of a fragment that our own server has rendered.
 * @param {string} text
 * @returns {DocumentFragment}
 */
export function nodes(text) {
	const template = document.createElement('template');
	template.innerHTML = /** @type {string} */ (policy.createHTML(text));
	return template.content;
}

/**
 * Fetches a fragment. Throws when the answer is not one (logged out, server away).
 * @param {string} url
 * @param {RequestInit} [options]
 */
export async function load(url, options = {}) {
	const headers = { 'X-Frag': '1', ...(options.headers || {}) };
	const answer = await fetch(url, { credentials: 'same-origin', ...options, headers });
	if (answer.redirected && new URL(answer.url).pathname === '/login') {
		location.assign('/login');
		throw new Error('signed out');
	}
	if (!answer.ok)
		throw new Error(String(answer.status));
	return { url: answer.url, content: nodes(await answer.text()) };
}

/**
 * Says something to people who do not see the screen.
 * @param {string} text
 */
export function announce(text) {
	const live = document.getElementById('live');
	if (live)
		live.textContent = text;
}
