// The practice page: redraws regions as the server tells of changes, and sends what a person does.
// A region is fetched as HTML. Same identity: only the parts that differ are exchanged, so that focus, half-typed
// words and open menus survive; another identity: the whole region is.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const REGIONS = ["sidebar", "main", "thread", "mail", "modal"];
const viewer = document.body.dataset.viewer;
let place = new URL(document.body.dataset.url, location.href);

// ---------------------------------------------------------------------------------------------- talking to the server

async function act(name, body = {}) {
  try {
    const answer = await fetch(`/page/act/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: viewer, ...body }),
    });
    const type = answer.headers.get("content-type") || "";
    return type.includes("json") ? await answer.json() : { ok: false, words: `The page answered ${answer.status}.` };
  } catch {
    return { ok: false, words: "The practice world does not answer. Is it still running?" };
  }
}

const wanted = new Set();
let fetching = false;

function refresh(...names) {
  names.forEach((name) => wanted.add(name));
  if (!fetching) queueMicrotask(fetchRegions);
}

async function fetchRegions() {
  if (fetching || !wanted.size) return;
  fetching = true;
  const names = [...wanted];
  wanted.clear();
  const asked = new URL("/page/regions", location.href);
  asked.search = place.search;
  asked.searchParams.set("names", names.join(","));
  const main = $("#main");
  if (main.dataset.identity === identityOfPlace()) asked.searchParams.set("since", main.dataset.newSince);
  try {
    const answer = await (await fetch(asked)).json();
    if (asked.search.startsWith(place.search)) names.forEach((name) => apply(name, answer.regions[name]));
    else names.forEach((name) => wanted.add(name));
  } catch {
    setLive("lost");
  } finally {
    fetching = false;
    if (wanted.size) fetchRegions();
  }
}

function identityOfPlace() {
  const asked = place.searchParams;
  return asked.get("app") ? `${viewer}/home/${asked.get("app")}` : `${viewer}/${asked.get("channel")}`;
}

// ---------------------------------------------------------------------------------------------------------- redrawing

const source = new WeakMap();

function remember(root) {
  for (const part of $$("[data-part]", root)) {
    source.set(part, part.innerHTML);
    if ("list" in part.dataset) for (const item of part.children) source.set(item, item.outerHTML);
  }
}

function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}

function apply(name, html) {
  const fresh = parse(html);
  const old = document.getElementById(name);
  if (!fresh || !old) return;
  if (name === "modal") return applyModal(old, fresh);
  remember(fresh);
  if (old.dataset.identity !== fresh.dataset.identity) {
    keepDraft(old);
    old.replaceWith(fresh);
    mounted(fresh);
    return;
  }
  const scroller = $("[data-scroller]", old);
  const atEnd = scroller && scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  const oldest = $(".message", old)?.dataset.key;
  const fromEnd = scroller && scroller.scrollHeight - scroller.scrollTop;
  for (const part of $$("[data-part]", fresh)) {
    const mine = $(`[data-part="${part.dataset.part}"]`, old);
    if (!mine) continue;
    if ("list" in part.dataset) patchList(mine, part);
    else if (source.get(mine) !== source.get(part)) exchange(mine, part);
  }
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  else if (scroller && oldest !== $(".message", old)?.dataset.key) scroller.scrollTop = scroller.scrollHeight - fromEnd;
  if (name === "main") markRead();
}

function exchange(mine, fresh) {
  const focused = mine.contains(document.activeElement) ? focusPath(mine) : null;
  mine.replaceWith(fresh);
  if (focused) focusAgain(fresh, focused);
}

function patchList(mine, fresh) {
  const known = new Map([...mine.children].map((item) => [item.dataset.key, item]));
  let before = null;
  for (const item of [...fresh.children]) {
    const old = known.get(item.dataset.key);
    known.delete(item.dataset.key);
    let kept = item;
    if (old && source.get(old) === source.get(item)) kept = old;
    else if (old) {
      const focused = old.contains(document.activeElement) ? focusPath(old) : null;
      old.replaceWith(item);
      if (focused) focusAgain(item, focused);
    }
    const next = before ? before.nextSibling : mine.firstChild;
    if (kept !== next) mine.insertBefore(kept, next);
    if (!old) kept.classList.add("arrived");
    before = kept;
  }
  for (const gone of known.values()) gone.remove();
  [...mine.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).forEach((node) => node.remove());
}

function focusPath(root) {
  const at = document.activeElement;
  return at === root ? "" : at.id ? `#${CSS.escape(at.id)}` : at.dataset.actionId ? `[data-action-id="${CSS.escape(at.dataset.actionId)}"]` : "";
}

function focusAgain(root, path) {
  const target = (path && $(path, root)) || root;
  if (!target.hasAttribute("tabindex") && target === root) root.tabIndex = -1;
  target.focus({ preventScroll: true });
}

const drafts = new Map();

function keepDraft(region) {
  const box = $("[data-composer] textarea", region);
  if (box) drafts.set(region.dataset.identity, box.value);
}

function mounted(region) {
  const scroller = $("[data-scroller]", region);
  if (scroller) {
    const line = $(".new-line", scroller);
    if (line) line.scrollIntoView({ block: "center" });
    else scroller.scrollTop = scroller.scrollHeight;
  }
  const box = $("[data-composer] textarea", region);
  if (box) box.value = drafts.get(region.dataset.identity) || "";
  if (region.id === "main") openedMain(region);
  const first = $("[autofocus]", region);
  if (first && region.id === "mail") {
    first.focus();
    if (first.setSelectionRange && first.tagName === "TEXTAREA") first.setSelectionRange(0, 0);
    first.scrollTop = 0;
  }
}

function openedMain(main) {
  if (main.dataset.app) act("home", { app: main.dataset.app, tab: "home" });
  if (main.dataset.talkWith) act("home", { app: main.dataset.talkWith, tab: "messages" });
  markRead();
}

let marked = "";

function markRead() {
  const main = $("#main");
  const last = $$(".message:not(.ephemeral)", main).pop();
  if (!main.dataset.channel || !last || document.hidden) return;
  const mark = `${main.dataset.channel} ${last.dataset.ts}`;
  if (mark === marked) return;
  marked = mark;
  act("read", { channel: main.dataset.channel, ts: last.dataset.ts }).then(() => refresh("sidebar"));
}
document.addEventListener("visibilitychange", markRead);

// --------------------------------------------------------------------------------------------------------- navigation

function merged(link) {
  const there = new URL(place);
  for (const [name, value] of new URL(link, location.href).searchParams) {
    if (value) there.searchParams.set(name, value);
    else there.searchParams.delete(name);
  }
  return there;
}

function go(link, what, { push = true } = {}) {
  place = merged(link);
  const threadInTheWay = what === "mail" && place.searchParams.get("thread") && matchMedia("(max-width: 1500px)").matches;
  if (threadInTheWay) {
    place.searchParams.delete("thread");
    refresh("thread");
  }
  if (push) history.pushState(null, "", place.pathname + place.search);
  const names = { main: ["sidebar", "main", "thread"], thread: ["thread"], earlier: ["main"], mail: ["mail"], all: REGIONS }[what];
  const pane = what === "thread" && !place.searchParams.get("thread") ? "main" : ["all", "earlier"].includes(what) ? "" : what;
  if (pane) showPane(pane);
  refresh(...names);
}

addEventListener("popstate", () => {
  const there = new URL(location.href);
  if (there.searchParams.get("as") && there.searchParams.get("as") !== viewer) return location.reload();
  place = there;
  refresh(...REGIONS);
});

function showPane(name) {
  document.body.dataset.pane = name;
  $$("[data-pane-to]").forEach((tab) => {
    if (tab.dataset.paneTo === name) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  });
}

// ------------------------------------------------------------------------------------------------------- live updates

function setLive(state) {
  const live = $(".live");
  live.dataset.state = state;
  $(".live-words", live).textContent = { on: "live", lost: "reconnecting" }[state];
}

function listen() {
  const stream = new EventSource(`/page/stream?as=${encodeURIComponent(viewer)}`);
  // Whatever happened before the line stood, the first time too, is fetched now.
  stream.addEventListener("ready", () => {
    setLive("on");
    refresh(...REGIONS);
  });
  stream.onerror = () => setLive("lost");
  stream.onmessage = (message) => changed(JSON.parse(message.data));
}

function changed(change) {
  const main = $("#main");
  const here = main.dataset.channel === change.channel;
  switch (change.kind) {
    case "mail": return refresh("mail");
    case "modal": return refresh("modal");
    case "home": return main.dataset.app ? refresh("main") : undefined;
    case "notice": return change.words && !pressing ? toast({ title: change.words, kind: "warn" }) : undefined;
    case "press": return;
    case "read": return refresh("sidebar");
    case "resync": return refresh(...REGIONS);
    default:
      if (here) refresh("main", "thread");
      refresh("sidebar");
  }
}

// ------------------------------------------------------------------------------------------- cards, buttons, controls

function home(control) {
  const window_ = control.closest("[data-view-id]");
  if (window_ && window_.dataset.viewId) return { view: window_.dataset.viewId };
  const message = control.closest("[data-ts]");
  return message ? { channel: message.dataset.channel, ts: message.dataset.ts } : {};
}

function scope(control) {
  return control.closest(".message, dialog, .home-body") || control;
}

function valueOf(control) {
  switch (control.dataset.kind) {
    case "checkboxes": return $$("input:checked", control).map((box) => box.value);
    case "radio_buttons": return $("input:checked", control)?.value ?? null;
    default:
      if (control.matches("details.multi")) return $$("input:checked", control).map((box) => box.value);
      if (control.closest(".external")) {
        const chosen = (control.dataset.chosen || "").split(" ").filter(Boolean);
        return control.dataset.kind.startsWith("multi_") ? chosen : chosen[0] ?? null;
      }
      return control.value === "" ? null : control.value;
  }
}

// While a press of ours is on its way its own answer says what went wrong, next to the button.
let pressing = 0;

async function use(control, selected) {
  const frame = control.closest(".el");
  const confirmation = frame && $("template.confirmation", frame);
  if (confirmation && !(await confirmed(confirmation))) return;
  const where = scope(control);
  const button = control.matches("button, a") ? control : null;
  showTrouble(where, "");
  setBusy(where, button, true);
  pressing += 1;
  const answer = await act("press", {
    ...home(control), block_id: control.dataset.blockId, action_id: control.dataset.actionId, kind: control.dataset.kind, selected,
  });
  setTimeout(() => { pressing -= 1; }, 500);
  if (!answer.ok) showTrouble(where, answer.words || "That did not work.");
  // The app's own update usually comes right behind its answer: leave it the moment to replace the card.
  setTimeout(() => setBusy(where, button, false), answer.ok ? 700 : 0);
}

function setBusy(where, button, busy) {
  where.toggleAttribute("data-busy", busy);
  if (button) button.setAttribute("aria-busy", busy);
  for (const control of $$(".el button, .el select, .el input", where)) {
    if (control.closest("template")) continue;
    if (busy && !control.disabled) control.dataset.paused = "";
    if (busy || "paused" in control.dataset) control.disabled = busy;
    if (!busy) delete control.dataset.paused;
  }
}

function showTrouble(where, words) {
  const line = $(".trouble", where) || $(".trouble", where.closest(".chat") || document);
  if (!line) return words && toast({ title: words, kind: "warn" });
  line.textContent = words;
  line.hidden = !words;
}

function confirmed(template) {
  const inside = template.content;
  return ask({
    title: $("h2", inside).textContent,
    body: $(".text", inside).cloneNode(true),
    yes: $("[value=yes]", inside).textContent,
    no: $("[value=no]", inside).textContent,
    style: template.dataset.style,
  });
}

function ask({ title, body, yes = "OK", no = "Cancel", style = "primary", field = null, multiline = false }) {
  const dialog = $("#ask");
  $("h2", dialog).textContent = title;
  const box = field === null ? null : document.createElement(multiline ? "textarea" : "input");
  $(".window-body", dialog).replaceChildren(...[body, box].filter(Boolean));
  if (box) {
    box.className = "field";
    box.value = field;
    box.setAttribute("aria-label", title);
  }
  const buttons = [["no", no, "plain"], ["yes", yes, style]].map(([value, words, look]) => {
    const button = document.createElement("button");
    Object.assign(button, { value, textContent: words, className: `btn ${look}`, type: value === "yes" ? "submit" : "button" });
    if (value === "no") button.addEventListener("click", () => dialog.close(""));
    return button;
  });
  $("footer", dialog).replaceChildren(...buttons);
  dialog.returnValue = "";
  dialog.showModal();
  (box || buttons[1]).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? (box ? box.value : true) : null);
    }, { once: true });
  });
}

document.addEventListener("change", (event) => {
  const at = event.target;
  if (at.matches("[data-acting]")) return location.assign(`/?as=${encodeURIComponent(at.value)}`);
  if (at.matches("[data-mailbox-select]")) return go(`?mailbox=${encodeURIComponent(at.value)}&folder=&mail=&compose=`, "mail");
  if (at.matches("[name=files]")) {
    $(".attached", at.closest("form")).textContent = [...at.files].map((file) => file.name).join(", ");
    return;
  }
  const control = at.closest("[data-kind]");
  if (!control || at.closest(".multi") || control.closest(".external") || control.matches("button, a")) return;
  settle(control);
});

// A multi-select is settled when it closes.
document.addEventListener("toggle", (event) => {
  const multi = event.target;
  if (!multi.matches?.("details.multi")) return;
  const now = JSON.stringify(valueOf(multi));
  if (multi.open) multi.dataset.was = now;
  else if (multi.dataset.was !== now) {
    const words = $$("input:checked + span", multi).map((label) => label.textContent);
    $("summary", multi).textContent = words.join(", ") || "Choose…";
    settle(multi);
  }
}, true);

function settle(control) {
  const selected = valueOf(control);
  const isText = control.matches("input.field:not(.picker), textarea");
  if ("sends" in control.dataset && !isText) return use(control, selected);
  const view = control.closest("[data-view-id]");
  if (view && !("sends" in control.dataset)) {
    act("fill", { view: view.dataset.viewId, block_id: control.dataset.blockId, action_id: control.dataset.actionId, kind: control.dataset.kind, selected });
  }
}

let typing = 0;
document.addEventListener("input", (event) => {
  const at = event.target;
  if (at.closest(".external")) return suggest(at);
  if (at.closest("[data-composer]") && at.matches("textarea")) return complete(at);
  if (at.dataset.sends === "character") {
    clearTimeout(typing);
    typing = setTimeout(() => act("press", { ...home(at), block_id: at.dataset.blockId, action_id: at.dataset.actionId, kind: at.dataset.kind, selected: valueOf(at) }), 300);
  }
  if (at.matches("details.multi input")) {
    const multi = at.closest("details");
    const most = Number(multi.dataset.max) || Infinity;
    const full = $$("input:checked", multi).length >= most;
    $$("input:not(:checked)", multi).forEach((box) => { box.disabled = full; });
  }
});

let suggesting = 0;
function suggest(field) {
  const list = field.parentElement.querySelector(".menu-list");
  clearTimeout(suggesting);
  if (field.value.length < Number(field.dataset.min || 0)) return void (list.hidden = true);
  suggesting = setTimeout(async () => {
    const answer = await act("suggest", { ...home(field), block_id: field.dataset.blockId, action_id: field.dataset.actionId, value: field.value });
    list.replaceChildren(...(answer.options || []).map((option) => {
      const row = document.createElement("button");
      Object.assign(row, { type: "button", textContent: option.words, value: option.value, tabIndex: -1 });
      row.setAttribute("role", "option");
      row.addEventListener("click", () => {
        field.value = option.words;
        field.dataset.chosen = option.value;
        list.hidden = true;
        field.focus();
        settleExternal(field);
      });
      return row;
    }));
    list.hidden = !list.children.length;
    if (!list.hidden) placeMenu(list, field);
  }, 200);
}

function settleExternal(field) {
  if ("sends" in field.dataset) use(field, valueOf(field));
  else settle(field);
}

// -------------------------------------------------------------------------------------------------------------- menus

function openMenu(button) {
  const list = button.parentElement.querySelector(".menu-list");
  const opening = list.hidden;
  closeMenus();
  if (!opening) return;
  list.hidden = false;
  button.setAttribute("aria-expanded", "true");
  placeMenu(list, button);
  $("[role=menuitem]", list)?.focus();
}

function placeMenu(list, anchor) {
  const at = anchor.getBoundingClientRect();
  const size = list.getBoundingClientRect();
  const below = at.bottom + size.height + 8 < innerHeight || at.top < size.height;
  list.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - size.height - 4)}px`;
  list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
}

function closeMenus(focusBack = false) {
  for (const list of $$(".menu-list:not([hidden])")) {
    list.hidden = true;
    const button = list.parentElement.querySelector("[aria-haspopup]");
    button?.setAttribute("aria-expanded", "false");
    if (focusBack) button?.focus();
  }
}
addEventListener("resize", () => closeMenus());
document.addEventListener("scroll", (event) => { if (!event.target.closest?.(".menu-list")) closeMenus(); }, true);

function menuKey(event) {
  const list = event.target.closest(".menu-list");
  const items = $$("[role=menuitem], [role=option]", list);
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step) items[(at + step + items.length) % items.length]?.focus();
  else if (event.key === "Home") items[0]?.focus();
  else if (event.key === "End") items.at(-1)?.focus();
  else if (event.key === "Escape" || event.key === "Tab") closeMenus(true);
  else return;
  if (event.key !== "Tab") event.preventDefault();
  event.stopPropagation();
}

// ------------------------------------------------------------------------------------------------------------- clicks

document.addEventListener("click", async (event) => {
  const at = event.target.closest("button, a, summary, [data-dismiss]");
  if (!event.target.closest(".menu")) closeMenus();
  if (!at || at.disabled) return;
  const data = at.dataset;
  if (data.nav && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    return go(at.getAttribute("href"), data.nav);
  }
  if (at.matches("a.mention[data-channel]")) {
    event.preventDefault();
    return go(`?channel=${data.channel}&app=&thread=&earlier=`, "main");
  }
  if (at.matches("[aria-haspopup=menu]")) return openMenu(at);
  if (data.paneTo) return showPane(data.paneTo);
  if (data.scene) return playScene(at);
  if ("themeToggle" in data) return toggleTheme();
  if ("closeView" in data) return closeView(false);
  if (at.matches("[role=menuitem]")) closeMenus(true);
  if (data.react) return act("react", { ...home(at), name: data.react }).then(complain);
  if ("reactOther" in data) {
    const name = await ask({ title: "React with", field: "", yes: "React" });
    return name && act("react", { ...home(at), name }).then(complain);
  }
  if (data.shortcut) return act("shortcut", { callback_id: data.shortcut, ...home(at) }).then(complain);
  if ("dismiss" in data) return act("dismiss", home(at)).then(complain);
  if ("delete" in data) {
    if (await ask({ title: "Delete this message?", yes: "Delete", style: "danger" })) complain(await act("delete", home(at)));
    return;
  }
  if ("edit" in data) {
    const text = await ask({ title: "Edit message", field: data.edit, multiline: true, yes: "Save" });
    if (text) complain(await act("edit", { ...home(at), text }));
    return;
  }
  if (data.direct) return enter(await act("direct", { user: data.direct }));
  if (data.invite) return complain(await act("invite", { channel: $("#main").dataset.channel, user: data.invite }));
  if ("newChannel" in data) {
    const text = await ask({ title: "Create a channel", field: "", yes: "Create" });
    return text && enter(await act("new-channel", { text }));
  }
  const overflow = at.closest(".el-overflow");
  if (overflow && at.matches("[role=menuitem]")) {
    if (data.url) open(data.url, "_blank", "noopener");
    return use($("[data-kind=overflow]", overflow), at.value);
  }
  if (["button", "icon_button"].includes(data.kind)) return use(at, null);
  if (data.kind === "feedback_buttons") return use(at, at.value);
});

function complain(answer) {
  if (!answer.ok) toast({ title: answer.words || "That did not work.", kind: "warn" });
}

function enter(answer) {
  if (!answer.ok) return complain(answer);
  go(`?channel=${answer.channel}&app=&thread=&earlier=`, "main");
}

function toggleTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
}

// --------------------------------------------------------------------------------------------------- scenes and toasts

async function playScene(button) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  const answer = await act("scene", { name: button.dataset.scene });
  button.setAttribute("aria-busy", "false");
  if (!answer.ok) return complain(answer);
  const { said, watch, mailbox, name } = answer.scene;
  toast({ title: said, watch, mailbox, name, kind: "played" });
}

function toast({ title, watch = "", kind = "note", mailbox = "", name = "" }) {
  const box = document.createElement("div");
  box.className = `toast ${kind}`;
  box.dataset.testid = "toast";
  const words = document.createElement("div");
  const head = document.createElement("b");
  head.textContent = title;
  words.append(head);
  if (watch) {
    const line = document.createElement("p");
    const label = document.createElement("span");
    label.className = "watch";
    label.textContent = "Watch for";
    line.append(label, ` ${watch}`);
    words.append(line);
  }
  if (mailbox) {
    const open = document.createElement("button");
    Object.assign(open, { type: "button", className: "plain-link", textContent: `Open ${name}'s mailbox` });
    open.addEventListener("click", () => go(`?mailbox=${encodeURIComponent(mailbox)}&folder=&mail=&compose=`, "mail"));
    words.append(open);
  }
  const close = document.createElement("button");
  Object.assign(close, { className: "tool", type: "button", textContent: "✕" });
  close.setAttribute("aria-label", "Dismiss");
  box.append(words, close);
  let timer = 0;
  const leave = () => box.remove();
  const wait = () => { timer = setTimeout(leave, watch ? 16000 : 7000); };
  close.addEventListener("click", leave);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", wait);
  box.addEventListener("focusin", () => clearTimeout(timer));
  wait();
  const all = $("#toasts");
  if (kind === "played") $$(".played", all).forEach((older) => older.remove());
  all.append(box);
  while (all.children.length > 3) all.firstElementChild.remove();
}

// ------------------------------------------------------------------------------------------------------------- windows

function fieldsOf(dialog) {
  return $$("[data-kind]", dialog)
    .filter((control) => !control.matches("button, a") && control.dataset.kind !== "file_input")
    .map((control) => ({
      block_id: control.dataset.blockId, action_id: control.dataset.actionId, kind: control.dataset.kind, selected: valueOf(control),
    }));
}

function applyModal(old, fresh) {
  const same = old.dataset.identity === fresh.dataset.identity;
  if (same && old.dataset.hash === fresh.dataset.hash) {
    for (const line of $$("[data-error-for]", fresh)) showError(old, line.dataset.errorFor, line.textContent);
    const trouble = $(".trouble", fresh);
    if (trouble && $(".trouble", old)) showTrouble(old, trouble.textContent);
    return;
  }
  const typed = same ? new Map($$("input.field, textarea", old).map((field) => [field.id, field.value])) : new Map();
  const focused = same && old.contains(document.activeElement) ? document.activeElement.id : "";
  const scroll = same ? $(".window-body", old).scrollTop : 0;
  if (old.open) old.close();
  old.replaceWith(fresh);
  if (!("open" in fresh.dataset)) return;
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field && fresh.contains(field) && value) field.value = value;
  }
  openModal(fresh);
  if (focused) document.getElementById(focused)?.focus();
  $(".window-body", fresh).scrollTop = scroll;
}

function openModal(dialog) {
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    closeView(false);
  });
  dialog.showModal();
  if (!$("[autofocus]", dialog)) $(".window-body :is(input, textarea, select, button):not([disabled])", dialog)?.focus();
}

async function closeView(clear) {
  const dialog = $("#modal");
  if (!dialog.dataset.viewId) return;
  await act("close", { view: dialog.dataset.viewId, clear });
  refresh("modal");
}

function showError(dialog, block, words) {
  const line = $(`[data-error-for="${CSS.escape(block)}"]`, dialog);
  if (!line) return false;
  line.textContent = words;
  line.hidden = !words;
  line.closest(".input").classList.toggle("wrong", Boolean(words));
  return Boolean(words);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-view-form]")) {
    event.preventDefault();
    return submitView(form);
  }
  if (form.matches("[data-composer]")) {
    event.preventDefault();
    return say(form);
  }
  if (form.matches("[data-sheet]")) {
    event.preventDefault();
    return sendMail(form);
  }
  if (form.closest("#ask")) {
    event.preventDefault();
    $("#ask").close("yes");
  }
});

async function submitView(form) {
  const dialog = form.closest("dialog");
  const button = $("[data-submit-view]", form);
  if (!button || button.disabled) return;
  showTrouble(dialog, "");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  const answer = await act("submit", { view: dialog.dataset.viewId, fields: fieldsOf(dialog) });
  button.disabled = false;
  button.setAttribute("aria-busy", "false");
  const wrong = Object.entries(answer.errors || {}).filter(([block, words]) => showError(dialog, block, words));
  if (wrong.length) $(".wrong :is(input, textarea, select)", dialog)?.focus();
  else if (!answer.ok) showTrouble(dialog, answer.words || "That did not work.");
  refresh("modal");
}

// ------------------------------------------------------------------------------------------------------ message boxes

async function say(form) {
  const box = $("textarea", form);
  const text = box.value;
  if (!text.trim() || "busy" in form.dataset) return;
  hideCompletions(form);
  showTrouble(form, "");
  box.value = "";
  form.dataset.busy = "";
  const answer = await act("say", { channel: form.dataset.channel, thread: form.dataset.thread, text });
  delete form.dataset.busy;
  if (answer.ok) {
    const scroller = $("[data-scroller]", form.closest(".chat"));
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
    return;
  }
  if (!box.value) box.value = text;
  showTrouble(form, answer.words || "That was not sent.");
}

let completions = { commands: [], people: [], channels: [] };
async function loadCompletions() {
  try {
    completions = await (await fetch(`/page/commands${place.search}`)).json();
  } catch { /* the box works without them */ }
}

function candidates(box) {
  const text = box.value.slice(0, box.selectionStart);
  const slash = /^\/(\S*)$/.exec(text);
  if (slash) {
    return completions.commands
      .filter((one) => one.command.startsWith(`/${slash[1]}`))
      .map((one) => ({ put: `${one.command} `, from: 0, name: one.command, hint: one.usage_hint || "", words: one.description || "" }));
  }
  const inside = /^(\/\S+) (\S*)$/.exec(text);
  const command = inside && completions.commands.find((one) => one.command === inside[1]);
  if (command) {
    return words(command.usage_hint)
      .filter((word) => word.startsWith(inside[2].toLowerCase()) && word !== inside[2])
      .map((word) => ({ put: `${word} `, from: inside[1].length + 1, name: `${inside[1]} ${word}`, hint: "", words: "" }));
  }
  const name = /(?:^|\s)([@#])([\w.-]*)$/.exec(text);
  if (!name) return [];
  const from = text.length - name[2].length - 1;
  const begins = name[2].toLowerCase();
  const pool = name[1] === "#" ? completions.channels.map((one) => ({ name: one, words: "" })) : completions.people;
  return pool
    .filter((one) => one.name.toLowerCase().startsWith(begins) || one.words.toLowerCase().startsWith(begins))
    .slice(0, 8)
    .map((one) => ({ put: `${name[1]}${one.name} `, from, name: `${name[1]}${one.name}`, hint: "", words: one.words }));
}

function words(hint) {
  return [...new Set(((hint || "").match(/[a-z][a-z-]+/g) || []))].slice(0, 30);
}

function complete(box) {
  const form = box.closest("form");
  const list = $(".completions", form);
  const found = candidates(box);
  list.replaceChildren(...found.map((one, number) => {
    const row = document.createElement("li");
    row.setAttribute("role", "option");
    row.id = `${list.id}-${number}`;
    row.dataset.put = one.put;
    row.dataset.from = one.from;
    for (const [kind, text] of [["name", one.name], ["hint", one.hint], ["words", one.words]]) {
      const part = document.createElement("span");
      part.className = `completion-${kind}`;
      part.textContent = text;
      row.append(part);
    }
    row.addEventListener("mousedown", (event) => {
      event.preventDefault();
      choose(box, row);
    });
    return row;
  }));
  list.hidden = !found.length;
  box.setAttribute("aria-expanded", String(!list.hidden));
  select(box, list.firstElementChild);
}

function select(box, row) {
  const list = $(".completions", box.closest("form"));
  for (const one of list.children) one.setAttribute("aria-selected", String(one === row));
  if (row) box.setAttribute("aria-activedescendant", row.id);
  else box.removeAttribute("aria-activedescendant");
  row?.scrollIntoView({ block: "nearest" });
}

function choose(box, row) {
  const from = Number(row.dataset.from);
  const rest = box.value.slice(box.selectionStart);
  box.value = box.value.slice(0, from) + row.dataset.put + rest;
  box.selectionStart = box.selectionEnd = from + row.dataset.put.length;
  complete(box);
}

function hideCompletions(form) {
  $(".completions", form).hidden = true;
  $("textarea", form).setAttribute("aria-expanded", "false");
}

function boxKey(event) {
  const box = event.target;
  const form = box.closest("form");
  const list = $(".completions", form);
  const open = !list.hidden;
  const at = [...list.children].findIndex((row) => row.getAttribute("aria-selected") === "true");
  if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const step = event.key === "ArrowDown" ? 1 : -1;
    select(box, list.children[(at + step + list.children.length) % list.children.length]);
  } else if (open && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !isWhole(box, list.children[at])))) choose(box, list.children[at]);
  else if (open && event.key === "Escape") {
    hideCompletions(form);
    event.stopPropagation();
  } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) form.requestSubmit();
  else return;
  event.preventDefault();
}

// "/understudy" typed in full: Enter sends it rather than completing what is complete already.
function isWhole(box, row) {
  return box.value.slice(Number(row.dataset.from)).trim() === row.dataset.put.trim();
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-composer] textarea")) loadCompletions();
});
document.addEventListener("focusout", (event) => {
  const form = event.target.closest("[data-composer]");
  if (form && !form.contains(event.relatedTarget)) hideCompletions(form);
});

document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (at.closest(".menu-list")) return menuKey(event);
  if (at.matches("[data-composer] textarea")) {
    boxKey(event);
    if (event.defaultPrevented) return;
  }
  if (at.closest(".external") && event.key === "ArrowDown") {
    event.preventDefault();
    return $("[role=option]", at.closest(".external"))?.focus();
  }
  if (event.key === "Enter" && at.matches("input.field[data-sends]") && !at.closest(".external")) {
    event.preventDefault();
    return use(at, valueOf(at));
  }
  if (at.matches("[aria-haspopup=menu]") && event.key === "ArrowDown") {
    event.preventDefault();
    return openMenu(at);
  }
  if (event.key === "Escape" && !$("dialog[open]")) {
    if ($(".menu-list:not([hidden])")) return closeMenus(true);
    if (place.searchParams.get("thread") && at.closest("#thread")) go("?thread=", "thread");
  }
});

// --------------------------------------------------------------------------------------------------------------- mail

async function sendMail(form) {
  const button = $("[data-testid=mail-send]", form);
  if (button.disabled) return;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  showTrouble(form, "");
  const given = new FormData(form);
  const body = { mailbox: form.dataset.mailbox, files: await Promise.all([...$("[name=files]", form).files].map(encoded)) };
  for (const name of ["to", "cc", "subject", "text", "in_reply_to", "references"]) body[name] = given.get(name) || "";
  const answer = await act("mail", body);
  button.disabled = false;
  button.setAttribute("aria-busy", "false");
  if (!answer.ok) return showTrouble(form, answer.words || "That was not sent.");
  toast({ title: answer.words });
  go("?compose=", "mail");
}

async function encoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let letters = "";
  for (let at = 0; at < bytes.length; at += 32768) letters += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { name: file.name, type: file.type || "application/octet-stream", content: btoa(letters) };
}

// --------------------------------------------------------------------------------------------------------------- start

remember(document);
mounted($("#main"));
mounted($("#thread"));
mounted($("#mail"));
if ("open" in $("#modal").dataset) openModal($("#modal"));
listen();
