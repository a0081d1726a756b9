// What both pages need: requests, live events, numbers shown or masked, and elements made of text, never of markup.

// el makes an element. What it holds goes in as text, unless it is an element itself.
export function el(name, attributes = {}, ...content) {
	const e = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (value === true) e.setAttribute(key, "");
		else if (value !== false && value !== null && value !== undefined) e.setAttribute(key, value);
	}
	e.append(...content.filter((c) => c !== null && c !== undefined && c !== ""));
	return e;
}

export const byId = (id) => document.getElementById(id);

export const numbers = {
	shown: sessionStorage.getItem("numbers") === "shown",
	toggle() {
		this.shown = !this.shown;
		sessionStorage.setItem("numbers", this.shown ? "shown" : "masked");
		this.paint();
	},
	paint() {
		const button = byId("numbers");
		button.setAttribute("aria-pressed", String(this.shown));
	},
};

// api calls the control API and gives what it answers; a refusal is an error with its reason.
export async function api(path, { method = "GET", body, signal } = {}) {
	const url = new URL("/_sim/" + path, location.origin);
	if (numbers.shown) url.searchParams.set("numbers", "shown");
	const options = { method, signal };
	if (body !== undefined) {
		options.headers = { "Content-Type": "application/json" };
		options.body = JSON.stringify(body);
	}
	const response = await fetch(url, options);
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) throw new Error(answer.error || "the simulator answers " + response.status);
	return answer;
}

// follow calls changed whenever something happens at the simulator, and once when it has found it. EventSource comes back by
// itself and says where it left off; only where the simulator refused it has it to be begun anew.
export function follow(changed) {
	const live = byId("live");
	const say = (text, on) => {
		live.dataset.on = String(on);
		if (live.textContent !== text) live.textContent = text;
	};
	const connect = () => {
		const source = new EventSource("/_sim/events");
		source.addEventListener("open", () => say("Live", true));
		source.addEventListener("change", (event) => changed(JSON.parse(event.data)));
		source.addEventListener("error", () => {
			say("Reconnecting…", false);
			if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
		});
	};
	connect();
}

// paced makes a function of one that asks the simulator: called as often as one likes, it never runs twice at once, and rests
// between two runs as long as least says, or four times as long as the last one took.
export function paced(least, run) {
	let busy = false, again = false;
	return async function call() {
		if (busy) {
			again = true;
			return;
		}
		busy = true;
		do {
			again = false;
			const began = performance.now();
			await run();
			const rest = Math.max(least, 4 * (performance.now() - began));
			await new Promise((done) => setTimeout(done, rest));
		} while (again);
		busy = false;
	};
}

export function clock(text) {
	const at = new Date(text);
	const time = at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
	return at.toDateString() === new Date().toDateString() ? time : day(at) + ", " + time;
}

const day = (at) => at.toLocaleDateString(undefined, { day: "numeric", month: "short" });

export const timeOf = (text) => el("time", { datetime: text, title: new Date(text).toLocaleString() }, clock(text));

export const statusOf = (s) => el("span", { class: "status", "data-tone": s.tone }, s.text);

export const count = (n, one, many) => n.toLocaleString() + " " + (n === 1 ? one : many);

// copyable is a block of code, with a button that copies it where the browser lets pages do that.
export function copyable(text) {
	const block = el("pre", { class: "block", tabindex: "0", role: "region", "aria-label": "Gateway block" }, text);
	if (!navigator.clipboard) return [block];
	const button = el("button", { type: "button" }, "Copy");
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(text);
		button.textContent = "Copied";
		setTimeout(() => { button.textContent = "Copy"; }, 2000);
	});
	return [block, button];
}
