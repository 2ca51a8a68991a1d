// The open chat: its messages, what can be done with them, the reply keyboard.

import { $, ask, attempt, button, element, menu, popup } from "./dom.js";
import { day, formatted, size, time } from "./format.js";
import { blocked, bot, chatId, chatOf, personName, save, state } from "./state.js";

const list = $("messages");
const mediaNames = {
  contact: "Контакт", location: "Место", venue: "Место", poll: "Опрос", dice: "Кубик",
  new_chat_members: "Теперь в группе", left_chat_member: "Больше не в группе",
  forum_topic_created: "Новая тема", pinned_message: "Закреплено",
};
const fileNames = { voice: "Голосовое сообщение", video_note: "Видеосообщение", sticker: "Стикер" };

// Set by the other modules: what a press on a message leads to.
export const actions = { send: null, reply: null, edit: null, changed: null };

// ---- One message ------------------------------------------------------------------------------

function fileNode(file) {
  const address = `sim/bots/${state.bot}/files/${encodeURIComponent(file.file_id)}`;
  if (file.kind === "sticker") return element("span", { class: "media" }, "Стикер");
  if (file.kind === "photo") {
    return element("a", { class: "shot", href: address, download: file.name },
      element("img", { class: "picture", src: address, alt: file.name, loading: "lazy" }));
  }
  return element("a", { class: "doc", href: address, download: file.name, title: "Скачать" },
    element("span", { class: "sign", "aria-hidden": "true" }, "⤓"),
    element("span", {}, element("b", {}, fileNames[file.kind] || file.name), element("small", {}, size(file.size))));
}

const shortly = (entry) => entry ? entry.text || fileNames[entry.files[0]?.kind] || entry.files[0]?.name || mediaNames[entry.media] || "Вложение" : "";

function messageNode(entry) {
  const mine = entry.from !== "bot" && entry.from === state.person;
  const bubble = element("div", { class: "bubble" });
  const author = entry.from === "bot" ? bot()?.name || "Бот" : entry.name;
  if (!mine && state.chat) bubble.append(element("span", { class: "author" }, author));
  if (entry.forward !== undefined) bubble.append(element("span", { class: "from" }, `Переслано от ${entry.forward || "неизвестного"}`));
  if (entry.via) bubble.append(element("span", { class: "from" }, `через @${entry.via}`));
  if (entry.reply_to) {
    const answered = state.entries.get(entry.reply_to);
    bubble.append(button({
      class: "quote",
      onclick: () => focusMessage(entry.reply_to),
    }, entry.quote ? `«${entry.quote}»` : shortly(answered) || `Сообщение ${entry.reply_to}`));
  }
  for (const file of entry.files) bubble.append(fileNode(file));
  if (entry.media && !entry.files.length) {
    const name = mediaNames[entry.media] || entry.media;
    bubble.append(element("span", { class: "media" }, entry.about ? `${name}: ${entry.about}` : name));
  }
  bubble.append(formatted(entry.html, (text) => attempt(() => actions.send({ text }))));
  bubble.append(element("span", { class: "meta" }, `${entry.edited ? "изменено " : ""}${time(entry.date)}`));
  const row = element("div", { class: "row-of-bubble" }, bubble);
  if (!entry.deleted) {
    row.append(button({
      class: "icon more", tabindex: "-1", "aria-label": "Действия с сообщением", "aria-haspopup": "menu",
      onclick: (event) => openMenu(entry.message_id, event.currentTarget),
    }, "⋯"));
  }
  const node = element("li", {
    class: `message${mine ? " mine" : ""}${entry.deleted ? " deleted" : ""}${entry.album ? " in-album" : ""}`,
    "data-id": entry.message_id, tabindex: "-1",
    "aria-label": `${mine ? "Вы" : author}, ${time(entry.date)}${entry.deleted ? ", удалено" : ""}: ${shortly(entry)}`,
  }, row);
  if (entry.buttons.length && !entry.deleted) node.append(buttonsNode(entry));
  return node;
}

function buttonsNode(entry) {
  const press = (made, label) => {
    made.setAttribute("aria-busy", "true");
    attempt(() => ask(`sim/bots/${state.bot}/press`, {
      from: state.person, chat: chatId(), message_id: entry.message_id, label,
    })).finally(() => setTimeout(() => made.removeAttribute("aria-busy"), 1500));
  };
  const one = (key) => {
    const made = button({}, key.url ? `${key.label} ↗` : key.label);
    made.addEventListener("click", () => {
      if (key.copy !== undefined) {
        navigator.clipboard?.writeText(key.copy);
        popup(`Скопировано: ${key.copy}`);
      } else if (key.url) {
        if (/^https?:/i.test(key.url)) window.open(key.url, "_blank", "noopener");
        else popup(key.url);
      } else press(made, key.label);
    });
    return made;
  };
  return element("div", { class: "buttons" }, ...entry.buttons.map((row) => element("div", {}, ...row.map(one))));
}

// ---- The list ---------------------------------------------------------------------------------

const nodeOf = (id) => list.querySelector(`[data-id="${id}"]`);
const nodes = () => [...list.querySelectorAll(".message")];

function atEnd() {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

// Who was at the end stays there when a keyboard, a drawer or the window leaves less room.
let wasAtEnd = true;
list.addEventListener("scroll", () => { wasAtEnd = atEnd(); }, { passive: true });
const stayAtEnd = () => { if (wasAtEnd) list.scrollTop = list.scrollHeight; };
new ResizeObserver(stayAtEnd).observe(list);
list.addEventListener("load", stayAtEnd, true); // pictures, once their size is known

// One message at a time can be reached by Tab; arrows lead to the others.
function reachable(node) {
  for (const other of list.querySelectorAll('.message[tabindex="0"]')) other.tabIndex = -1;
  if (node) node.tabIndex = 0;
}

export function focusMessage(id) {
  const node = nodeOf(id);
  if (!node) return;
  reachable(node);
  node.focus({ preventScroll: true });
  node.scrollIntoView({ block: "nearest" });
}

// Puts a new node in the place of an old one; focus that was in the old one stays as near as it can.
function replace(old, node) {
  const inside = old.contains(document.activeElement);
  const buttons = (root) => [...root.querySelectorAll("button, a")];
  const at = inside ? buttons(old).indexOf(document.activeElement) : -1;
  const label = document.activeElement.textContent;
  node.tabIndex = old.tabIndex;
  old.replaceWith(node);
  if (!inside) return;
  const same = buttons(node)[at];
  if (same && same.textContent === label) same.focus({ preventScroll: true });
  else {
    reachable(node);
    node.focus({ preventScroll: true });
  }
}

let lastDay = "";
const inTopic = (entry) => !state.thread || entry.thread === state.thread;

// Something happened in the open chat; while the chat is being read it waits.
export function arrived(entry) {
  if (waiting) waiting.push(entry);
  else take(entry, true);
}

// Shows what happened; `live`: now, and not when the chat was opened.
function take(entry, live) {
  const old = nodeOf(entry.message_id);
  if (entry.kind === "answer") {
    if (live && entry.text) popup(entry.text);
    return;
  }
  if (!inTopic(entry)) return;
  const stay = !atEnd();
  list.querySelector(".empty")?.remove();
  if (entry.kind === "message") {
    if (old) return;
    state.entries.set(entry.message_id, entry);
    if (day(entry.date) !== lastDay) {
      lastDay = day(entry.date);
      list.append(element("li", { class: "day" }, lastDay));
    }
    const node = messageNode(entry);
    if (live) node.classList.add("new");
    list.append(node);
    if (!list.contains(document.activeElement)) reachable(node);
    showKeyboard(entry.keyboard);
    if (entry.from === "bot") {
      setTyping(false);
      setPlaceholder(entry.placeholder);
      if (entry.force_reply && live) actions.reply(entry.message_id);
    } else if (live) {
      setPlaceholder("");
      if (blocked()) actions.changed();
    }
  } else {
    const before = state.entries.get(entry.message_id);
    const now = { ...entry, date: before?.date || entry.date };
    if (entry.kind === "edit") now.edited = true;
    if (entry.kind === "delete") now.deleted = true;
    state.entries.set(entry.message_id, now);
    const node = messageNode(now);
    if (live) node.classList.add("touched");
    if (old) replace(old, node);
    else list.append(node);
  }
  if (!stay || !live || entry.from === state.person) list.scrollTop = list.scrollHeight;
}

let opening = 0;
let waiting = null;
// Reads a chat anew and shows it from its beginning.
export async function openChat() {
  const turn = ++opening;
  save();
  if (!state.bot) {
    clear();
    list.replaceChildren(element("li", { class: "empty" }, "Выберите бота слева."));
    return;
  }
  waiting = [];
  const [entries, suggestions] = await Promise.all([
    ask(`sim/bots/${state.bot}/chats/${chatId()}/messages`),
    ask(`sim/bots/${state.bot}/chats/${chatId()}/suggestions?from=${state.person}`),
  ]);
  if (turn !== opening) return;
  const late = waiting;
  waiting = null;
  clear();
  state.suggestions = suggestions;
  list.replaceChildren();
  for (const entry of entries) take(entry, false);
  const seen = entries.at(-1)?.seq || 0;
  for (const entry of late) if (entry.seq > seen) take(entry, true);
  if (!list.children.length) list.append(emptyNode());
  drawCommands();
  list.scrollTop = list.scrollHeight;
  state.unread.delete(`${state.bot} ${chatId()}`);
}

function clear() {
  state.entries.clear();
  lastDay = "";
  setTyping(false);
  setPlaceholder("");
  showKeyboard("removed");
}

// What an empty chat shows: what the bot says of itself, and what can be pressed.
function emptyNode() {
  const { description, commands, texts } = state.suggestions;
  const say = (text, more = "") => button({ onclick: () => attempt(() => actions.send({ text })) },
    element("b", {}, text), more && ` — ${more}`);
  const node = element("li", { class: "empty" });
  if (description) node.append(element("p", { class: "about" }, description));
  else node.append(element("p", {}, "Сообщений пока нет."));
  const chips = element("div", { class: "chips" });
  const started = commands.some((one) => one.command === "start");
  if (!state.chat && !started) chips.append(button({ class: "main", onclick: () => attempt(() => actions.send({ text: "/start" })) }, "Старт"));
  chips.append(...commands.map((one) => say(`/${one.command}`, one.description)), ...texts.map((text) => say(text)));
  if (chips.children.length) node.append(chips);
  return node;
}

// Reads the suggestions anew: a bot that starts later names its commands then.
export async function renewSuggestions() {
  const turn = opening;
  if (!state.bot) return;
  const found = await ask(`sim/bots/${state.bot}/chats/${chatId()}/suggestions?from=${state.person}`);
  if (turn !== opening || JSON.stringify(found) === JSON.stringify(state.suggestions)) return;
  state.suggestions = found;
  drawCommands();
  const empty = list.querySelector(".empty");
  if (empty) {
    const focused = empty.contains(document.activeElement) && document.activeElement.textContent;
    const node = emptyNode();
    empty.replaceWith(node);
    if (focused) ([...node.querySelectorAll("button")].find((one) => one.textContent === focused) || list).focus();
  }
}

function drawCommands() {
  const { commands } = state.suggestions;
  $("commands").hidden = commands.length === 0;
  $("commands-menu").replaceChildren(...commands.map((one) => button({
    role: "menuitem",
    onclick: () => attempt(() => actions.send({ text: `/${one.command}` })),
  }, element("b", {}, `/${one.command}`), ` ${one.description}`)));
}

// ---- What can be done with a message ----------------------------------------------------------

const messageMenu = menu("message-menu");
menu("commands-menu");

const forget = (id) => ask(`sim/bots/${state.bot}/deletions`, { from: state.person, chat: chatId(), message_id: id });
const forward = (id) => actions.send({ forward: { message_id: id } });

const isMine = (entry) => entry.from !== "bot" && entry.from === state.person;
const editable = (entry) => isMine(entry) && !entry.media && entry.forward === undefined && !entry.via && !["sticker", "video_note"].includes(entry.files[0]?.kind);
const deletable = (entry) => isMine(entry) || !state.chat;

// What is selected within a message.
function selectedIn(id) {
  const selection = getSelection();
  const node = nodeOf(id);
  const text = String(selection).trim();
  return text && node?.contains(selection.anchorNode) && node.contains(selection.focusNode)
    && state.entries.get(id)?.text.includes(text) ? text : "";
}

function openMenu(id, from) {
  const entry = state.entries.get(id);
  if (!entry || entry.deleted) return;
  const quote = selectedIn(id);
  const item = (label, work) => button({ role: "menuitem", onclick: () => attempt(async () => work()) }, label);
  messageMenu.box.replaceChildren(...[
    item("Ответить", () => actions.reply(id)),
    quote && item("Ответить с цитатой", () => actions.reply(id, quote)),
    editable(entry) && item("Изменить", () => actions.edit(id)),
    item("Переслать сюда", () => forward(id)),
    entry.text && item("Копировать текст", () => navigator.clipboard.writeText(entry.text)),
    deletable(entry) && item("Удалить", () => forget(id)),
  ].filter(Boolean));
  messageMenu.open(from);
}

list.addEventListener("contextmenu", (event) => {
  const node = event.target.closest(".message");
  if (!node || event.target.closest("a, img")) return;
  event.preventDefault();
  openMenu(Number(node.dataset.id), node);
});

list.addEventListener("keydown", (event) => {
  const node = event.target.closest(".message");
  if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = nodes();
  const at = all.indexOf(node);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    if (all[to]) focusMessage(all[to].dataset.id);
    else if (to >= all.length) $("text").focus();
    return;
  }
  if (event.target !== node) return;
  const id = Number(node.dataset.id);
  const entry = state.entries.get(id);
  if (!entry || entry.deleted) return;
  const work = {
    Enter: () => openMenu(id, node),
    ContextMenu: () => openMenu(id, node),
    KeyR: () => actions.reply(id),
    KeyE: () => editable(entry) && actions.edit(id),
    KeyF: () => attempt(() => forward(id)),
    Delete: () => deletable(entry) && attempt(() => forget(id)),
  }[event.code] || (event.key === "Enter" && (() => openMenu(id, node)));
  if (work) {
    event.preventDefault();
    work();
  }
});

// The message above or below another that can be answered; 0: none.
export function neighbour(id, step) {
  const all = nodes().filter((node) => !node.classList.contains("deleted")).map((node) => Number(node.dataset.id));
  const at = id ? all.indexOf(id) : all.length;
  return all[at + step] || 0;
}

export function lastOwn() {
  const own = [...state.entries.values()].filter((entry) => !entry.deleted && editable(entry) && nodeOf(entry.message_id));
  return own.at(-1)?.message_id || 0;
}

// ---- The reply keyboard, typing, the empty field ----------------------------------------------

function showKeyboard(keyboard) {
  if (keyboard === null || keyboard === undefined) return;
  const box = $("keyboard");
  const rows = keyboard === "removed" ? [] : keyboard;
  const press = (label, once) => attempt(async () => {
    await ask(`sim/bots/${state.bot}/press`, { from: state.person, chat: chatId(), label });
    if (once) showKeyboard("removed");
  });
  const entry = [...state.entries.values()].at(-1);
  box.replaceChildren(...rows.map((row) => element("div", {}, ...row.map((key) =>
    button({ onclick: () => press(key.label, entry?.keyboard_once) },
      key.contact ? `☎ ${key.label}` : key.location ? `⌖ ${key.label}` : key.label)))));
  $("toggle-keyboard").hidden = rows.length === 0;
  expandKeyboard(rows.length > 0);
}

function expandKeyboard(on) {
  $("keyboard").hidden = !on;
  $("toggle-keyboard").setAttribute("aria-expanded", String(on));
}
$("toggle-keyboard").addEventListener("click", () => expandKeyboard($("keyboard").hidden));

function setPlaceholder(text) {
  $("text").placeholder = text || "Сообщение";
}

let typingTimer = 0;
export function setTyping(on, action) {
  clearTimeout(typingTimer);
  const status = $("status");
  status.classList.toggle("typing", on);
  if (on) {
    status.textContent = action?.startsWith("upload") ? "отправляет файл…" : "печатает…";
    typingTimer = setTimeout(() => setTyping(false), 5000);
  } else drawStatus();
}

// Says who writes and whether the bot listens, unless it is typing.
export function drawStatus() {
  const status = $("status");
  if (status.classList.contains("typing")) return;
  const now = bot();
  const gone = now && state.chat && ["left", "kicked"].includes(chatOf(state.chat)?.status);
  const listens = gone ? "бота в группе нет" : now?.polling ? "бот на связи" : `бот не на связи, ждут: ${now?.waiting}`;
  const text = now ? `${personName(state.person)} · ${listens}` : "";
  if (status.textContent !== text) status.textContent = text;
}
