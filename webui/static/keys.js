// Single-key shortcuts (UX: as in Gmail). Never while typing, never with modifiers.

/** @typedef {Record<string, () => void>} KeyMap */

/**
 * @param {KeyMap} keys
 * @returns {(event: KeyboardEvent) => void}
 */
export function listen(keys) {
	const onKey = (event) => {
		const target = /** @type {Element} */ (event.target);
		const typing = target.closest?.('input:not([type=checkbox]), textarea, select');
		if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented)
			return;
		const action = keys[event.key];
		if (!action)
			return;
		event.preventDefault();
		action();
	};
	document.addEventListener('keydown', onKey);
	return onKey;
}
