// The inbox: the list as messages arrive, the search, the keys. message.js shows the one that was chosen.
import { api, byId, clock, copyable, count, el, follow, numbers, paced, statusOf, timeOf } from "./page.js";
import { forget, show, toggleSegments } from "./message.js";

const page = 100; // messages fetched at once
const most = 1000; // rows kept; older ones are fetched again when they are wanted

const list = byId("list"), search = byId("q"), older = byId("older"), trouble = byId("trouble");

let rows = []; // { message, json, link }, the newest first
let asked = ""; // what the rows are an answer to
let epoch = null, total = 0, more = false;
let readUpTo = 0; // place up to which everything counts as read
const opened = new Set();
let begun = false;

const wide = matchMedia("(min-width: 761px)");
const chosen = () => /^#[0-9a-f]{32}$/.test(location.hash) ? location.hash.slice(1) : "";
const question = () => search.value.trim() + (numbers.shown ? "\nshown" : "");
const path = (rest) => "messages?limit=" + page + (search.value.trim() ? "&q=" + encodeURIComponent(search.value.trim()) : "") + (rest || "");

// refresh fetches the newest messages and changes the rows that differ, so that what has the focus or is read keeps its place.
const refresh = paced(250, async () => {
	const wanted = question();
	let found;
	try {
		found = await api(path());
		trouble.hidden = true;
	} catch (error) {
		trouble.textContent = "The messages cannot be read: " + error.message;
		trouble.hidden = false;
		return;
	}
	if (wanted !== question()) return refresh();
	if (found.epoch !== epoch) begin(found);
	const arrived = found.total - total;
	total = found.total;
	merge(found, wanted === asked);
	asked = wanted;
	if (begun && arrived > 0) announce(arrived);
	begun = true;
	paint();
	wake();
});

// begin starts anew, at first and after a reset; what is there already is not news.
function begin(found) {
	const again = epoch !== null;
	epoch = found.epoch;
	total = again ? 0 : found.total;
	rows = [];
	opened.clear();
	readUpTo = Number(sessionStorage.getItem("read " + epoch) ?? (again ? 0 : found.total));
}

// merge puts what was found before the rows that there are, as far as they answer the same question and none is missing between.
function merge(found, isSame) {
	const known = new Map(rows.map((row) => [row.message.id, row]));
	const fresh = found.messages.map((message) => row(message, known.get(message.id)));
	const last = fresh.at(-1)?.message.place ?? 0;
	const joins = isSame && found.more && found.messages.some((message) => known.has(message.id));
	const rest = joins ? rows.filter((row) => row.message.place < last) : [];
	if (rest.length === 0) more = found.more;
	rows = fresh.concat(rest).slice(0, most);
	if (fresh.length + rest.length > most) more = true;
	layOut();
}

// row makes a row, or brings the one there is up to date.
function row(message, had) {
	const json = JSON.stringify(message);
	if (had?.json === json) return had;
	const link = had?.link ?? el("a", { href: "#" + message.id });
	const marks = el("span", { class: "marks" }, statusOf(message.status));
	if (message.segments > 1) marks.append(el("span", { class: "chip" }, message.segments + " segments"));
	if (message.kind !== "text") marks.append(el("span", { class: "chip" }, message.kind));
	if (message.encoding === "ucs2") marks.append(el("span", { class: "chip" }, "Unicode"));
	if (message.due) marks.append(el("span", { class: "chip" }, "for " + clock(message.due)));
	const text = el("span", { class: "text" });
	if (message.from) text.append(el("b", {}, el("bdi", {}, message.from)), " ");
	text.append(message.data ? el("code", {}, message.data) : el("bdi", {}, message.text));
	link.replaceChildren(el("span", { class: "to" }, message.to), timeOf(message.at), text, marks);
	return { message, json, link };
}

// layOut puts the rows into the list with as few moves as it takes.
function layOut() {
	const items = new Map([...list.children].map((item) => [item.firstChild, item]));
	let at = list.firstChild;
	for (const { link } of rows) {
		const item = items.get(link) ?? el("li", {}, link);
		items.delete(link);
		if (item === at) at = at.nextSibling;
		else list.insertBefore(item, at);
	}
	for (const item of items.values()) item.remove();
}

const isUnread = (message) => message.place > readUpTo && !opened.has(message.id);

function paint() {
	const current = chosen();
	for (const { message, link } of rows) {
		link.classList.toggle("unread", isUnread(message));
		if (message.id === current) link.setAttribute("aria-current", "true");
		else link.removeAttribute("aria-current");
	}
	const unread = Math.max(0, total - readUpTo - opened.size);
	document.title = (unread ? "(" + unread.toLocaleString() + ") " : "") + "Inbox · smsplan simulator";
	byId("read").hidden = unread === 0;
	byId("total").textContent = total.toLocaleString();
	older.hidden = !more;
	paintNothing();
}

function paintNothing() {
	if (!begun) return;
	const nothing = byId("nothing"), query = search.value.trim();
	nothing.hidden = rows.length > 0;
	document.body.classList.toggle("fresh", total === 0);
	if (rows.length > 0) {
		nothing.replaceChildren();
	} else if (query && total > 0) {
		if (nothing.dataset.query === query && nothing.firstChild) return;
		nothing.dataset.query = query;
		const clear = el("button", { type: "button" }, "Clear the search");
		clear.addEventListener("click", () => { find(""); search.focus(); });
		nothing.replaceChildren(el("p", {}, "No message has “", el("bdi", {}, query), "” in it."), clear);
	} else if (!nothing.querySelector(".block")) {
		api("example").then(({ gateway }) => {
			nothing.replaceChildren(
				el("h2", {}, "No messages yet"),
				el("p", { class: "soft" }, "To send the first one, put this gateway into a configuration and apply it. Nothing is delivered to anybody."),
				...copyable(gateway),
			);
		});
	}
}

// announce tells a screen reader of arrivals, not more often than it can say.
let unsaid = 0, saying = null;
function announce(arrived) {
	unsaid += arrived;
	saying ??= setTimeout(() => {
		byId("announcer").textContent = count(unsaid, "new message", "new messages") + ", " + total.toLocaleString() + " in all";
		unsaid = 0;
		saying = null;
	}, byId("announcer").textContent ? 5000 : 500);
}

// wake refreshes when the status of a message in the list changes by itself.
let alarm = null;
function wake() {
	clearTimeout(alarm);
	const times = rows.map(({ message }) => message.next && Date.parse(message.next)).filter(Boolean);
	if (times.length === 0) return;
	const next = Math.min(...times) - Date.now();
	if (next < 3600_000) alarm = setTimeout(() => { refresh(); show(chosen()); }, Math.max(1000, next + 50));
}

async function fetchOlder() {
	const found = await api(path("&before=" + (rows.at(-1)?.message.place ?? 1)));
	const first = rows.length;
	rows = rows.concat(found.messages.map((message) => row(message)));
	more = found.more;
	layOut();
	paint();
	rows[first]?.link.focus();
}

function find(query) {
	search.value = query;
	refresh();
}

function markRead() {
	readUpTo = total;
	opened.clear();
	sessionStorage.setItem("read " + epoch, String(readUpTo));
	paint();
}

// open shows the message that the address names.
function open() {
	const id = chosen();
	document.body.classList.toggle("open", Boolean(id));
	const known = rows.find(({ message }) => message.id === id);
	if (known && isUnread(known.message)) opened.add(id);
	paint();
	if (id) show(id);
	else forget();
}

// go moves to a neighbour of the row that has the focus or is chosen. Where there is room for both, it opens it too.
function go(step) {
	if (rows.length === 0) return;
	let at = rows.findIndex(({ link }) => link === document.activeElement);
	if (at < 0) at = rows.findIndex(({ message }) => message.id === chosen());
	const target = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
	target.link.focus();
	if (wide.matches) choose(target.message.id);
}

function choose(id) {
	history.replaceState(null, "", id ? "#" + id : location.pathname);
	open();
}

function leave() {
	const id = chosen();
	const target = rows.find(({ message }) => message.id === id)?.link ?? list;
	if (id && (!wide.matches || document.activeElement === target)) choose("");
	target.focus();
}

const letters = byId("letters");
letters.checked = localStorage.getItem("letters") !== "off";
letters.addEventListener("change", () => localStorage.setItem("letters", letters.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
	const typing = event.target.matches?.("input, textarea, select");
	if (event.key === "Escape") {
		if (event.target === search && search.value) find("");
		else leave();
		event.preventDefault();
		return;
	}
	if (typing) {
		if (event.target === search && (event.key === "Enter" || event.key === "ArrowDown")) {
			rows[0]?.link.focus();
			event.preventDefault();
		}
		return;
	}
	const inList = list.contains(event.target);
	const act = {
		ArrowDown: () => inList && (go(1), true),
		ArrowUp: () => inList && (go(-1), true),
		Enter: () => inList && event.target.matches("a") && (location.hash = event.target.hash, open(), byId("message").focus(), true),
		...(letters.checked && {
			j: () => (go(1), true),
			k: () => (go(-1), true),
			s: () => (toggleSegments(), true),
			n: () => (byId("numbers").click(), true),
			"/": () => (search.focus(), search.select(), true),
			"?": () => (byId("keys").showModal(), true),
		}),
	}[event.key];
	if (act?.()) event.preventDefault();
});

numbers.paint();
byId("numbers").addEventListener("click", () => { numbers.toggle(); refresh(); show(chosen()); });
byId("help").addEventListener("click", () => byId("keys").showModal());
byId("read").addEventListener("click", markRead);
byId("search").addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", () => refresh());
older.addEventListener("click", fetchOlder);
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault();
	(rows[0]?.link ?? list).focus();
});
addEventListener("hashchange", open);
byId("message").addEventListener("back", leave);
follow(() => { refresh(); show(chosen()); });
open();
