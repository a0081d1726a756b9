// One message: as the telephone shows it, what became of it, and what went to and fro.
import { api, byId, clock, count, el, statusOf, timeOf } from "./page.js";

const article = byId("message"), unchosen = byId("unchosen");

let shown = null; // the message on the page, as JSON
let latest = 0; // counts what was asked for; only the last answer counts
let segments = false; // whether it shows where they begin
let isOpen = false; // whether the request and answer are

export function forget() {
	latest++;
	shown = null;
	article.replaceChildren(unchosen);
}

// show fetches a message and shows it, or brings it up to date without disturbing what has the focus.
export async function show(id) {
	if (!id) return;
	const mine = ++latest;
	let message;
	try {
		message = await api("messages/" + encodeURIComponent(id));
	} catch (error) {
		if (mine !== latest) return;
		shown = null;
		article.replaceChildren(el("div", { class: "empty" }, el("h2", { id: "subject" }, "This message cannot be shown"), el("p", {}, error.message), back()));
		return;
	}
	if (mine !== latest) return;
	const json = JSON.stringify(message);
	if (json === shown?.json) return;
	const same = shown?.message.id === message.id;
	shown = { message, json };
	if (same) {
		for (const [name, make] of Object.entries(pieces)) article.querySelector("[data-piece=" + name + "]").replaceChildren(...make(message));
		return;
	}
	article.scrollTop = 0;
	article.replaceChildren(el("div", { class: "sheet" }, head(message), under(message), facts(message), exchange(message)));
}

// pieces change while a message is shown; none of them holds anything that takes the focus.
const pieces = { head: title, facts: sections };

const piece = (name, message, attributes = {}) => el("div", { ...attributes, "data-piece": name }, ...pieces[name](message));

const head = (message) => el("header", {}, back(), piece("head", message, { class: "topic" }));

const facts = (message) => piece("facts", message, { class: "facts" });

function title(message) {
	return [el("h1", { id: "subject" }, el("span", { class: "figures" }, message.to)), statusOf(message.status)];
}

function back() {
	const button = el("button", { type: "button", class: "plain", id: "back" }, "← All messages");
	button.addEventListener("click", () => article.dispatchEvent(new Event("back")));
	return button;
}

function under(message) {
	const column = el("div", { class: "under" }, el("figure", { id: "screen" }, screen(message)));
	if (message.parts.length > 1) {
		const button = el("button", { type: "button", id: "segments", "aria-pressed": String(segments) }, "Show where segments begin");
		button.addEventListener("click", toggleSegments);
		column.append(button);
	}
	return column;
}

export function toggleSegments() {
	const button = byId("segments");
	if (!button) return;
	segments = !segments;
	button.setAttribute("aria-pressed", String(segments));
	byId("screen").replaceChildren(screen(shown.message));
}

const labels = { text: "Text message", binary: "Binary message", "WAP push": "WAP push", multimedia: "Multimedia message" };

function screen(message) {
	const from = message.from || "Gateway";
	const face = /^\+?\d+$/.test(from) ? "#" : [...from].find((c) => c.trim()) ?? "?";
	const talk = el("div", { class: "talk", tabindex: "0", role: "region", "aria-label": "The telephone's screen" });
	const flash = message.kind === "flash";
	if (flash) {
		talk.append(el("div", { class: "popup", dir: "auto" }, el("p", { class: "title" }, "Flash message"), ...content(message), el("p", { class: "close", "aria-hidden": "true" }, "Close")));
	} else {
		talk.append(el("p", { class: "day" }, labels[message.kind] + " · " + clock(message.due ?? message.at)), bubble(message));
	}
	return el("div", { class: "phone" },
		el("div", { class: flash ? "screen flashing" : "screen" },
			el("div", { class: "sender" },
				el("span", { class: "face", "aria-hidden": "true" }, el("bdi", {}, face.toUpperCase())),
				el("p", { class: "name" }, el("bdi", {}, from))),
			talk));
}

function bubble(message) {
	if (message.push) {
		return el("div", { class: "bubble", dir: "auto" },
			el("p", { class: "subject" }, message.text),
			message.push.from ? el("p", {}, "From ", el("bdi", {}, message.push.from)) : null,
			el("span", { class: "address", dir: "ltr" }, message.push.address));
	}
	return el("div", { class: message.kind === "binary" ? "bubble hex" : "bubble", dir: "auto" }, ...content(message));
}

// content is the text, or the octets of what has none, taken apart where that was asked for.
function content(message) {
	const of = (part) => part.hex ? part.hex.match(/../g).join(" ") : part.text ?? "";
	if (!segments || message.parts.length < 2) return [message.parts.map(of).join(message.kind === "binary" ? " " : "")];
	return message.parts.flatMap((part, i) => [el("span", { class: "cut" }, i + 1 + " of " + message.parts.length), of(part)]);
}

function sections(message) {
	const encodings = { gsm7: "GSM 7-bit", ucs2: "Unicode (UCS-2)", binary: "binary" };
	const entries = [
		["Sender", message.from && el("bdi", {}, message.from)],
		["Taken", timeOf(message.at)],
		["Scheduled for", message.due && timeOf(message.due)],
		["Encoding", encodings[message.encoding] ?? message.encoding],
		["Segments", String(message.segments)],
		["Charge", count(message.charge, "credit", "credits")],
		["Request", "no. " + message.request + (message.together > 1 ? ", one of " + message.together + " messages" : "")],
		["apimsgid", message.id, "code long"],
		["climsgid", message.client_id, "code long"],
		["api_id", message.api_id, "code"],
		...message.options.map(({ name, value }) => [name, value, "code"]),
	];
	const header = (message.header ?? []).map(({ name, value }) => [name, value, "long"]);
	return [
		el("h2", {}, "What became of it"), steps(message.history),
		el("h2", {}, "Details"), table(entries),
		...(header.length ? [el("h2", {}, "User data header"), table(header)] : []),
	];
}

const table = (entries) => el("dl", {}, ...entries.filter(([, value]) => value).map(([name, value, kind]) =>
	el("div", { class: kind?.includes("long") && "long" }, el("dt", {}, name), el("dd", { class: kind }, value))));

function steps(history) {
	return el("ol", { class: "steps" }, ...history.map((step) => {
		const ahead = Date.parse(step.at) > Date.now();
		return el("li", { "data-tone": step.tone, class: ahead && "ahead" },
			el("span", {}, step.text, " ", el("code", {}, step.code)),
			el("span", {}, ahead ? "expected " : "", timeOf(step.at)));
	}));
}

function exchange(message) {
	const details = el("details", { class: "wide", open: isOpen }, el("summary", {}, "Request and answer"), ...papers(message));
	details.addEventListener("toggle", () => { isOpen = details.open; });
	return details;
}

function papers(message) {
	const x = message.exchange;
	if (!x) return [el("p", { class: "soft" }, "They are no longer kept: the simulator keeps the newest thousand of this run.")];
	return [
		el("p", { class: "soft" }, x.operation + ", " + clock(x.at) + ", answered in " + x.took),
		x.cut ? el("p", { class: "notice" }, "The client did not get this answer as it is: fault ", el("code", {}, x.cut)) : null,
		el("h3", {}, "Request"), paper("Request", x.request),
		el("h3", {}, "Answer"), x.answer ? paper("Answer", x.answer) : el("p", { class: "soft" }, "There was none."),
	].filter(Boolean);
}

const paper = (label, text) => el("pre", { class: "block", tabindex: "0", role: "region", "aria-label": label }, ...pretty(text));

// pretty sets out an HTTP message with XML: an element to a line, those inside it further in. What is not XML stays as it is.
function pretty(text) {
	const at = text.indexOf("\n\n") + 2;
	const tokens = text.slice(at).match(/<[^>]*>|[^<]+|</g) ?? [];
	if (!tokens[0]?.startsWith("<")) return [text];
	const out = [text.slice(0, at)];
	let depth = 0, before = ""; // the kind of the tag before: start, end or whole
	for (const token of tokens) {
		if (!token.startsWith("<")) {
			const value = before === "start" ? token : token.trim();
			value.split("[replaced]").forEach((piece, n) => out.push(...(n ? [el("mark", {}, "replaced")] : []), piece));
			continue;
		}
		const kind = token.startsWith("</") ? "end" : /^<[?!]|\/>$/.test(token) ? "whole" : "start";
		if (kind === "end") depth--;
		const isLeaf = kind === "end" && before === "start";
		if (before && !isLeaf) out.push("\n" + "  ".repeat(Math.max(0, depth)));
		out.push(el("span", { class: kind === "end" ? "tag end" : "tag" }, token));
		if (kind === "start") depth++;
		before = kind;
	}
	return out;
}
