// The frame with a message's own HTML: fitted to its content, keys passed on to the page.

/**
 * @param {HTMLIFrameElement} frame
 * @param {(event: KeyboardEvent) => void} onKey
 */
export function fit(frame, onKey) {
	const measure = () => {
		const doc = frame.contentDocument;
		if (!doc || !doc.documentElement)
			return;
		// attribute, not style: our policy allows no inline styles
		frame.setAttribute('height', String(Math.max(200, doc.documentElement.scrollHeight)));
	};
	const ready = () => {
		const doc = frame.contentDocument;
		if (!doc || !doc.body)
			return;
		measure();
		new ResizeObserver(measure).observe(doc.body);
		doc.addEventListener('keydown', onKey);
	};
	frame.addEventListener('load', ready);
	if (frame.contentDocument && frame.contentDocument.readyState === 'complete')
		ready();
}
