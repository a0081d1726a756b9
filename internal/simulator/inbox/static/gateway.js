// The gateway's page: what it counted, and orders to it.
import { api, byId, clock, count, el, follow, numbers, paced } from "./page.js";

const trouble = byId("trouble");
let kinds = [], faults = [];

const say = (text) => { byId("announcer").textContent = text; };

// attempt runs an order and shows in place what was wrong with it.
async function attempt(place, run) {
	try {
		await run();
		place.hidden = true;
		return true;
	} catch (error) {
		place.textContent = error.message;
		place.hidden = false;
		return false;
	}
}

const refresh = paced(500, async () => {
	await attempt(trouble, async () => {
		const [requests, sessions, ordered, settings, callbacks] = await Promise.all(
			["requests", "sessions", "faults", "settings", "callbacks"].map((path) => api(path)));
		paintRequests(requests);
		byId("sessions").textContent = sessions.sessions.toLocaleString();
		paintFaults(ordered);
		paintAccounts(settings.accounts);
		byId("settings").textContent = JSON.stringify(settings, null, 2);
		paintCallbacks(callbacks.callbacks);
	});
});

// recount looks for messages that somebody got twice. It goes through all messages, so it is done less often.
const recount = paced(1500, async () => {
	await attempt(trouble, async () => paintTwice((await api("sent?least=2")).sent));
});

function paintTwice(sent) {
	const place = byId("twice");
	if (sent.length === 0) {
		keep(place, el("p", { class: "notice good" }, "Nobody was sent the same text more than once."));
		return;
	}
	const shown = sent.slice(0, 200);
	keep(place,
		el("p", { class: "notice" }, count(sent.length, "text was", "texts were") + " sent to the same number more than once."),
		table(sent.length > shown.length ? "The first " + shown.length : "", ["Number", "Text", "Times"],
			shown.map((s) => [el("span", { class: "figures" }, s.to), el("bdi", {}, s.text), s.count])));
}

function paintRequests({ requests, most_at_once }) {
	const entries = Object.entries(requests);
	keep(byId("requests"), entries.length === 0
		? el("p", { class: "soft" }, "None yet.")
		: table("At most " + most_at_once.toLocaleString() + " at once", ["Operation", "Requests"], entries.map(([name, n]) => [el("code", {}, name), n])));
}

function paintCallbacks(pushes) {
	keep(byId("callbacks"), pushes.length === 0
		? el("p", { class: "soft" }, "None yet. An account that has a callback address is told of the statuses that msg_callback asks for.")
		: table("The newest " + pushes.length, ["At", "Number", "Status", "Address", "Attempt", "Result"], pushes.map((p) => [
			clock(p.at), p.to, p.status.code + " " + p.status.text, el("code", {}, p.url), p.attempt, p.error || "HTTP " + p.answer])));
}

// table has a row of headings; the cells of its last column are right-aligned if they are numbers.
function table(caption, headings, rows) {
	const cell = (value, i, all) => el("td", { class: typeof value === "number" && i === all.length - 1 && "number" },
		typeof value === "number" ? value.toLocaleString() : value ?? "");
	const last = typeof rows[0]?.at(-1) === "number";
	return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption || headings.join(", ") }, el("table", {},
		caption && el("caption", {}, caption),
		el("thead", {}, el("tr", {}, ...headings.map((h, i) => el("th", { scope: "col", class: last && i === headings.length - 1 && "number" }, h)))),
		el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell))))));
}

// keep puts content in a place unless it is there already, so that what has the focus keeps it.
function keep(place, ...content) {
	const next = el("div", {}, ...content);
	if (place.firstElementChild?.isEqualNode(next)) return;
	place.replaceChildren(next);
}

function paintFaults(answer) {
	if (kinds.length === 0) {
		kinds = answer.kinds;
		byId("kind").replaceChildren(...kinds.map((k) => el("option", {}, k.name)));
		paintFields();
	}
	if (JSON.stringify(faults) === JSON.stringify(answer.faults) && byId("ordered").firstChild) return;
	faults = answer.faults;
	byId("ordered").replaceChildren(faults.length === 0
		? el("p", { class: "soft" }, "None: the gateway does what it is asked.")
		: el("ol", { class: "ordered" }, ...faults.map(orderedFault)));
}

function orderedFault(fault, i) {
	const remove = el("button", { type: "button", "aria-label": "Remove " + fault }, "Remove");
	remove.addEventListener("click", async () => {
		if (!await attempt(byId("refused"), () => order(faults.toSpliced(i, 1)))) return;
		say("Removed " + fault);
		byId("kind").focus();
	});
	const kind = kinds.find((k) => k.name === fault.split(":")[0]);
	return el("li", {}, el("span", {}, el("code", {}, fault), el("span", { class: "soft" }, kind?.text ?? "")), remove);
}

const order = async (list) => paintFaults(await api("faults", { method: "PUT", body: { faults: list } }));

// paintFields makes a field for each key of the chosen fault.
function paintFields() {
	const kind = kinds.find((k) => k.name === byId("kind").value);
	byId("about").textContent = kind.text;
	byId("fields").replaceChildren(...kind.keys.map((key) => {
		const id = "key-" + key.name, help = [key.text || counts[key.name], key.usual && "usually " + key.usual].filter(Boolean).join("; ");
		const choices = key.form.includes("|") ? key.form.split("|") : null;
		const field = choices
			? el("select", { id, name: key.name }, el("option", { value: "" }, "—"), ...choices.map((c) => el("option", {}, c)))
			: el("input", { id, name: key.name, placeholder: key.form, autocomplete: "off", spellcheck: "false" });
		if (help) field.setAttribute("aria-describedby", id + "-help");
		return el("p", { class: "field" }, el("label", { for: id }, key.name), field, help && el("small", { id: id + "-help" }, help));
	}));
	byId("refused").hidden = true;
	paintWritten();
}

// counts says what the keys do that many faults have.
const counts = {
	op: "the operation whose requests count, or any", times: "takes so many requests in all",
	after: "leaves the first so many alone", every: "then takes each so many-th",
};

function written() {
	const keys = [...byId("fields").querySelectorAll("input, select")].filter((f) => f.value.trim()).map((f) => f.name + "=" + f.value.trim());
	return byId("kind").value + (keys.length ? ":" + keys.join(",") : "");
}

const paintWritten = () => { byId("written").textContent = written(); };

// paintAccounts keeps the forms, in which somebody may be writing.
function paintAccounts(accounts) {
	const place = byId("accounts");
	const users = JSON.stringify(accounts.map((a) => [a.user, a.api_ids]));
	if (place.dataset.users !== users) {
		place.dataset.users = users;
		place.replaceChildren(el("ul", { class: "accounts" }, ...accounts.map((a) => el("li", {},
			el("div", {}, el("h3", {}, el("bdi", {}, a.user)), el("p", {}, "api_id ", el("code", {}, a.api_ids.join(", "))), el("p", { class: "soft terms" })),
			el("p", {}, el("span", { class: "large figures" }), el("span", { class: "soft" }, " credits")),
			creditForm(a.user)))));
	}
	accounts.forEach((a, i) => {
		const item = place.querySelectorAll("li")[i];
		item.querySelector(".large").textContent = a.credit.toLocaleString();
		item.querySelector(".terms").textContent = terms(a);
	});
}

function terms(a) {
	return [
		a.frozen && "frozen", a.networks?.length && "from " + a.networks.join(", "), a.senders?.length && "senders " + a.senders.join(", "),
		a.default_prefix && "0 is +" + a.default_prefix, a.segments && count(a.segments, "segment", "segments") + " at most",
		a.limit && a.limit.toLocaleString() + " messages a day", a.callback && "callbacks to " + a.callback.url,
	].filter(Boolean).join("; ") || "no conditions";
}

function creditForm(user) {
	const input = el("input", { type: "number", min: "0", step: "any", required: true, id: "credit-" + user, placeholder: "0" });
	const refused = el("p", { class: "notice", role: "alert", hidden: true });
	const form = el("form", {}, el("label", { for: "credit-" + user }, "New credit", el("span", { class: "hidden" }, " of " + user)), el("span", {}, input, el("button", {}, "Set")), refused);
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (!await attempt(refused, () => api("accounts/" + encodeURIComponent(user), { method: "PATCH", body: { credit: input.valueAsNumber } }))) return;
		say("Credit of " + user + " set");
		input.value = "";
		refresh();
	});
	return form;
}

numbers.paint();
byId("numbers").addEventListener("click", () => { numbers.toggle(); refresh(); recount(); });
byId("kind").addEventListener("change", paintFields);
byId("fields").addEventListener("input", paintWritten);
byId("order").addEventListener("submit", async (event) => {
	event.preventDefault();
	const fault = written();
	if (await attempt(byId("refused"), () => order([...faults, fault]))) {
		say("Added " + fault);
		paintFields();
	}
});
byId("expire").addEventListener("click", () => attempt(trouble, async () => {
	const { expired } = await api("sessions", { method: "DELETE" });
	say(count(expired, "session has", "sessions have") + " expired");
	refresh();
}));
byId("reset").addEventListener("click", () => byId("sure").showModal());
byId("sure").addEventListener("close", () => {
	if (byId("sure").returnValue !== "yes") return;
	attempt(trouble, async () => {
		await api("reset", { method: "POST" });
		say("Everything is forgotten");
		refresh();
		recount();
	});
});
follow(() => { refresh(); recount(); });
