// New mail appears by itself: one event stream for all tabs of a browser.
// The tab that holds the lock listens and tells the others.

/**
 * @param {string} url
 * @param {(kind: string, data: string) => void} onEvent
 */
export function follow(url, onEvent) {
	const kinds = ['row', 'folders'];
	const channel = new BroadcastChannel(`mailstead:${url}`);
	channel.onmessage = (message) => onEvent(message.data.kind, message.data.data);

	const lead = () => new Promise((resolve) => {
		const source = new EventSource(url);
		for (const kind of kinds) {
			source.addEventListener(kind, (event) => {
				const data = /** @type {MessageEvent} */ (event).data;
				channel.postMessage({ kind, data });
				onEvent(kind, data);
			});
		}
		addEventListener('pagehide', () => { source.close(); resolve(undefined); });
	});
	if (navigator.locks)
		navigator.locks.request(`mailstead:${url}`, lead);
	else
		lead();
}
