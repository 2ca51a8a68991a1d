"use strict";
// The chat page: reads /sim/events and /sim/bots/…, writes through /sim/…. All that comes from
// people and bots becomes text nodes and elements that are made here; nothing is parsed as HTML
// by the browser.

const $ = (id) => document.getElementById(id);
const state = {
  bots: [],
  people: [],
  bot: Number(sessionStorage.getItem("bot")) || 0,
  person: Number(sessionStorage.getItem("person")) || 0,
  chat: Number(sessionStorage.getItem("chat")) || 0, // 0: the private chat of the person
  entries: new Map(), // message_id → entry as it is now
  replyTo: 0,
  seq: 0,
  unread: new Map(),
};

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error || value.description || answer.statusText);
  return value;
}

let popupTimer = 0;
function popup(text, bad) {
  const box = $("popup");
  box.textContent = text;
  box.className = bad ? "bad" : "";
  box.hidden = false;
  clearTimeout(popupTimer);
  popupTimer = setTimeout(() => { box.hidden = true; }, 4000);
}
const attempt = (work) => work().catch((error) => popup(error.message, true));

const chatId = () => state.chat || state.person;
const bot = () => state.bots.find((one) => one.id === state.bot);
const blocked = () => bot()?.chats.some((chat) => chat.id === state.person && chat.status === "kicked");
const personName = (id) => state.people.find((one) => one.id === id)?.name || `Человек ${id}`;

function avatar(name, id, node = element("div", { class: "avatar" })) {
  const letters = name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0] || "").join("");
  node.textContent = letters.toUpperCase();
  node.style.background = `hsl(${(Math.abs(id) * 47) % 360} 52% 48%)`;
  return node;
}

// ---- Formatting -------------------------------------------------------------------------------

const plainTags = { b: "strong", i: "em", u: "u", s: "s", code: "code" };
const entities = { lt: "<", gt: ">", amp: "&", quot: '"' };
const unescape = (text) => text.replace(/&(lt|gt|amp|quot);/g, (_, name) => entities[name]);

// Turns the simulator's canonical HTML into nodes. Only the elements named here are ever made,
// and only links of harmless schemes are links.
function formatted(html) {
  const root = document.createDocumentFragment();
  const open = [root];
  const token = /<(\/?)([a-z-]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)>|([^<]+)/g;
  for (const [, end, tag, rest, text] of html.matchAll(token)) {
    const inner = open[open.length - 1];
    if (text !== undefined) {
      inner.append(...withCommands(unescape(text), open.length > 1 && inner.closest?.("code, pre, a")));
      continue;
    }
    if (end) {
      if (open.length > 1) open.pop();
      continue;
    }
    const attribute = (name) => {
      const found = rest.match(new RegExp(`\\s${name}="([^"]*)"`));
      return found ? unescape(found[1]) : "";
    };
    const made = formattedElement(tag, rest, attribute, inner);
    if (made !== inner) inner.append(made);
    open.push(made);
  }
  return root;
}

function formattedElement(tag, rest, attribute, inner) {
  if (tag === "code" && inner.tagName === "PRE") {
    inner.dataset.language = attribute("class").replace(/^language-/, "");
    return inner;
  }
  if (plainTags[tag]) return element(plainTags[tag]);
  if (tag === "pre") return element("pre");
  if (tag === "tg-spoiler") {
    const made = element("span", { class: "spoiler", title: "Показать", onclick: () => made.classList.add("open") });
    return made;
  }
  if (tag === "blockquote") {
    const folds = rest.includes("expandable");
    const made = element("blockquote", folds ? { class: "folds", onclick: () => made.classList.toggle("open") } : {});
    return made;
  }
  if (tag === "a") {
    const url = attribute("href");
    if (/^(https?|tg|ton):/i.test(url)) return element("a", { href: url, title: url, target: "_blank", rel: "noopener noreferrer" });
  }
  return element("span");
}

// Commands and addresses in a text can be clicked, as in Telegram.
function withCommands(text, verbatim) {
  if (verbatim) return [text];
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(/(?<=^|\s)\/[a-z0-9_]{1,32}\b|https?:\/\/[^\s<>"]+/gi)) {
    nodes.push(text.slice(at, found.index));
    const word = found[0];
    nodes.push(word.startsWith("/")
      ? element("span", { class: "command", onclick: () => attempt(() => send({ text: word })) }, word)
      : element("a", { href: word, target: "_blank", rel: "noopener noreferrer" }, word));
    at = found.index + word.length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

// ---- Messages ---------------------------------------------------------------------------------

const time = (date) => new Date(date * 1000).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });
const day = (date) => new Date(date * 1000).toLocaleDateString("ru", { day: "numeric", month: "long" });
const size = (bytes) => bytes < 1024 ? `${bytes} Б` : bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} КБ` : `${(bytes / (1 << 20)).toFixed(1)} МБ`;
const mediaNames = { contact: "Контакт", location: "Место", voice: "Голосовое сообщение", poll: "Опрос" };

function fileNode(file) {
  const address = `sim/bots/${state.bot}/files/${encodeURIComponent(file.file_id)}`;
  if (file.kind === "sticker") return element("span", { class: "media" }, "Стикер");
  if (file.kind === "photo") {
    return element("a", { href: address, download: file.name },
      element("img", { class: "picture", src: address, alt: file.name, loading: "lazy" }));
  }
  return element("a", { class: "doc", href: address, download: file.name, title: "Скачать" },
    element("span", { class: "sign" }, "⤓"),
    element("span", {}, element("b", {}, file.name), element("small", {}, size(file.size))));
}

function messageNode(entry) {
  const mine = entry.from !== "bot" && entry.from === state.person;
  const bubble = element("div", { class: "bubble" });
  const author = entry.from === "bot" ? bot()?.name || "Бот" : entry.name;
  if (!mine && state.chat) bubble.append(element("span", { class: "author" }, author));
  if (entry.reply_to) {
    const answered = state.entries.get(entry.reply_to);
    bubble.append(element("span", {
      class: "quote",
      onclick: () => document.querySelector(`[data-id="${entry.reply_to}"]`)?.scrollIntoView({ block: "center" }),
    }, answered ? answered.text || "Вложение" : `Сообщение ${entry.reply_to}`));
  }
  for (const file of entry.files) bubble.append(fileNode(file));
  if (entry.media && !entry.files.length) bubble.append(element("span", { class: "media" }, mediaNames[entry.media] || entry.media));
  bubble.append(formatted(entry.html));
  const edited = entry.edited ? "изменено " : "";
  bubble.append(element("span", {
    class: "meta", title: "Ответить на это сообщение",
    onclick: () => setReply(entry.message_id),
  }, `${edited}${time(entry.date)}`));
  const node = element("li", { class: `message${mine ? " mine" : ""}${entry.deleted ? " deleted" : ""}`, "data-id": entry.message_id }, bubble);
  if (entry.buttons.length && !entry.deleted) node.append(buttonsNode(entry));
  return node;
}

function buttonsNode(entry) {
  const rows = entry.buttons.map((row) => element("div", {}, ...row.map((button) => {
    const made = element("button", { type: "button" }, button.url ? `${button.label} ↗` : button.label);
    made.addEventListener("click", () => {
      if (button.url) {
        if (/^https?:/i.test(button.url)) window.open(button.url, "_blank", "noopener");
        else popup(button.url);
        return;
      }
      made.setAttribute("aria-busy", "true");
      attempt(() => ask(`sim/bots/${state.bot}/press`, {
        from: state.person, chat: chatId(), message_id: entry.message_id, label: button.label,
      })).finally(() => setTimeout(() => made.removeAttribute("aria-busy"), 1500));
    });
    return made;
  })));
  return element("div", { class: "buttons" }, ...rows);
}

function showKeyboard(keyboard) {
  if (keyboard === null || keyboard === undefined) return;
  const box = $("keyboard");
  const rows = keyboard === "removed" ? [] : keyboard;
  box.replaceChildren(...rows.map((row) => element("div", {}, ...row.map((button) =>
    element("button", {
      type: "button",
      onclick: () => attempt(() => ask(`sim/bots/${state.bot}/press`, { from: state.person, chat: chatId(), label: button.label })),
    }, button.contact ? `☎ ${button.label}` : button.label)))));
  box.hidden = rows.length === 0;
  $("compose").classList.toggle("after-keyboard", rows.length > 0);
}

function atEnd() {
  const list = $("messages");
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

let lastDay = "";
function take(entry, live) {
  state.seq = Math.max(state.seq, entry.seq);
  const list = $("messages");
  const stay = !atEnd();
  const old = list.querySelector(`[data-id="${entry.message_id}"]`);
  if (entry.kind === "answer") {
    if (live && entry.text) popup(entry.text);
    return;
  }
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
    showKeyboard(entry.keyboard);
    if (entry.from === "bot") setTyping(false);
    else if (live && blocked()) refreshSoon();
  } else {
    const before = state.entries.get(entry.message_id);
    const now = { ...entry, date: before?.date || entry.date };
    if (entry.kind === "edit") now.edited = true;
    if (entry.kind === "delete") now.deleted = true;
    state.entries.set(entry.message_id, now);
    const node = messageNode(now);
    if (live) node.classList.add("touched");
    if (old) old.replaceWith(node);
    else list.append(node);
  }
  if (!stay || !live || entry.from === state.person) list.scrollTop = list.scrollHeight;
}

// ---- Choosing ---------------------------------------------------------------------------------

function save() {
  for (const key of ["bot", "person", "chat"]) sessionStorage.setItem(key, state[key]);
}

let opening = 0;
async function openChat() {
  const turn = ++opening;
  save();
  state.entries.clear();
  lastDay = "";
  setReply(0);
  setTyping(false);
  showKeyboard("removed");
  drawSide();
  const list = $("messages");
  if (!state.bot) {
    list.replaceChildren(element("li", { class: "empty" }, "Выберите бота слева."));
    return;
  }
  const entries = await ask(`sim/bots/${state.bot}/chats/${chatId()}/messages`);
  if (turn !== opening) return;
  list.replaceChildren();
  if (!entries.length) {
    const about = bot()?.description;
    list.append(element("li", { class: "empty" }, about ? `${about}\n\n` : "", "Сообщений пока нет. Напишите «Старт»."));
  }
  for (const entry of entries) take(entry, false);
  list.scrollTop = list.scrollHeight;
  state.unread.delete(`${state.bot} ${chatId()}`);
  drawSide();
}

function listItem(chosen, name, sub, id, unread, choose) {
  const item = element("li", { class: chosen ? "chosen" : "", tabindex: "0", role: "button", onclick: choose },
    avatar(name, id),
    element("span", { class: "name" }, element("span", {}, name), element("span", { class: "sub" }, sub)));
  if (unread) item.append(element("span", { class: "count" }, String(unread)));
  item.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(); });
  return item;
}

function drawSide() {
  $("no-bots").hidden = state.bots.length > 0;
  $("bots").replaceChildren(...state.bots.map((one) => {
    const sub = one.polling ? `@${one.username}` : one.polled ? "не опрашивает" : "ещё не запущен";
    const unread = [...state.unread].filter(([key]) => key.startsWith(`${one.id} `)).reduce((sum, [, n]) => sum + n, 0);
    return listItem(one.id === state.bot, one.name, sub, one.id, unread, () => {
      state.bot = one.id;
      if (!placeKnown()) state.chat = 0;
      $("app").classList.remove("side");
      attempt(openChat);
    });
  }));
  $("people").replaceChildren(...state.people.map((one) => listItem(one.id === state.person, one.name, `id ${one.id}`, one.id, 0, () => {
    state.person = one.id;
    attempt(openChat);
  })));
  const now = bot();
  $("title").textContent = now ? now.name : "Бот не выбран";
  avatar(now ? now.name : "?", now ? now.id : 0, $("avatar"));
  $("block").hidden = !now || state.chat !== 0;
  $("block").textContent = blocked() ? "Разблокировать" : "Заблокировать";
  if (!$("status").classList.contains("typing")) {
    $("status").textContent = now ? `${personName(state.person)} · ${now.polling ? "бот на связи" : `бот не на связи, ждут: ${now.waiting}`}` : "";
  }
  drawPlaces(now);
}

const placeKnown = () => state.chat === 0 || bot()?.chats.some((chat) => chat.id === state.chat);

function drawPlaces(now) {
  const select = $("place");
  const groups = (now?.chats || []).filter((chat) => chat.id < 0);
  const options = [["0", "Лично"], ...groups.map((chat) => [String(chat.id), chat.title || `Группа ${-chat.id}`])];
  if (state.chat && !groups.some((chat) => chat.id === state.chat)) options.push([String(state.chat), state.chatTitle || "Новая группа"]);
  options.push(["new", "Новая группа…"]);
  select.replaceChildren(...options.map(([value, label]) => element("option", { value }, label)));
  select.value = String(state.chat);
}

let refreshTimer = 0;
function refreshSoon() {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(() => attempt(refresh), 120);
}

async function refresh() {
  const [bots, people] = await Promise.all([ask("sim/bots"), ask("sim/people")]);
  state.bots = bots;
  state.people = people;
  if (!people.length || (state.person && !people.some((one) => one.id === state.person))) {
    const id = state.person || 1001;
    await ask("sim/people", { id, name: people.length ? personName(id) : "Иван Иванов" });
    state.people = await ask("sim/people");
  }
  let changed = false;
  if (!state.person) {
    state.person = state.people[0].id;
    changed = true;
  }
  if (state.bots.length && !bot()) {
    state.bot = state.bots[0].id;
    state.chat = 0;
    changed = true;
  }
  if (changed) await openChat();
  else drawSide();
}

// ---- Writing ----------------------------------------------------------------------------------

function setReply(id) {
  state.replyTo = id;
  $("reply").hidden = !id;
  if (id) {
    $("reply-text").textContent = `Ответ: ${state.entries.get(id)?.text || "вложение"}`;
    $("text").focus();
  }
}

async function send(what) {
  if (!state.bot) throw new Error("Сначала выберите бота.");
  const body = { from: state.person, chat: chatId(), ...what };
  if (state.chat && state.chatTitle) body.title = state.chatTitle;
  if (state.replyTo) body.reply_to = state.replyTo;
  setReply(0);
  await ask(`sim/bots/${state.bot}/messages`, body);
}

let typingTimer = 0;
function setTyping(on, action) {
  clearTimeout(typingTimer);
  const status = $("status");
  status.classList.toggle("typing", on);
  if (on) {
    status.textContent = action && action.startsWith("upload") ? "отправляет файл…" : "печатает…";
    typingTimer = setTimeout(() => setTyping(false), 5000);
  } else {
    status.textContent = "";
    if (bot()) drawSide();
  }
}

$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  $("text").value = "";
  grow();
  attempt(() => send({ text }));
});
function grow() {
  const box = $("text");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}
$("text").addEventListener("input", grow);
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("compose").requestSubmit();
  }
});
$("reply-drop").addEventListener("click", () => setReply(0));
$("contact").addEventListener("click", () => attempt(() => send({ contact: true })));
$("sticker").addEventListener("click", () => attempt(() => send({ sticker: true })));
$("attach").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => {
  const file = $("file").files[0];
  $("file").value = "";
  if (!file) return;
  const reader = new FileReader();
  reader.onload = () => {
    const base64 = String(reader.result).split(",")[1] || "";
    const text = $("text").value.trim();
    $("text").value = "";
    const caption = text ? { text } : {};
    const image = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
    attempt(() => send(image ? { photo: { base64 }, ...caption } : { file: { name: file.name, base64 }, ...caption }));
  };
  reader.readAsDataURL(file);
});
$("open-side").addEventListener("click", () => $("app").classList.toggle("side"));
$("messages").addEventListener("click", () => $("app").classList.remove("side"));
$("block").addEventListener("click", () => attempt(async () => {
  const block = !blocked();
  await ask(`sim/bots/${state.bot}/members`, { chat: state.person, status: block ? "kicked" : "member" });
  popup(block ? "Бот заблокирован. Напишите ему, чтобы вернуть." : "Бот разблокирован.");
  await refresh();
}));
$("add-person").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("person-name").value.trim();
  if (!name) return;
  $("person-name").value = "";
  attempt(async () => {
    const id = Math.max(1000, ...state.people.map((one) => one.id)) + 1;
    await ask("sim/people", { id, name });
    state.person = id;
    await refresh();
    await openChat();
  });
});
$("place").addEventListener("change", () => {
  const value = $("place").value;
  if (value === "new") {
    const title = window.prompt("Название группы", "Отдел продаж");
    if (!title) {
      drawSide();
      return;
    }
    state.chatTitle = title;
    state.chat = -1000000000000 - Math.floor(Math.random() * 1e9) - 1;
  } else {
    state.chat = Number(value);
    state.chatTitle = "";
  }
  attempt(openChat);
});

// ---- Live -------------------------------------------------------------------------------------

function listen() {
  const source = new EventSource("sim/events");
  let opened = false;
  source.onopen = () => $("link").classList.add("on");
  source.onerror = () => $("link").classList.remove("on");
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.kind === "hello" || event.kind === "lagged") {
      // After a break something may have been missed: everything is read anew.
      if (opened || event.kind === "lagged") attempt(async () => { await refresh(); await openChat(); });
      opened = true;
      return;
    }
    if (event.kind === "bot") {
      refreshSoon();
      return;
    }
    const here = event.bot === state.bot && event.chat === chatId();
    if (event.kind === "action") {
      if (here) setTyping(true, event.action);
      return;
    }
    const known = bot()?.chats.some((chat) => chat.id === event.chat);
    if (here) take(event, true);
    else if (event.from === "bot" && event.kind === "message") {
      const key = `${event.bot} ${event.chat}`;
      state.unread.set(key, (state.unread.get(key) || 0) + 1);
      drawSide();
    }
    if (!known) refreshSoon();
  };
}

listen();
attempt(async () => { await refresh(); await openChat(); });
setInterval(() => { if (!document.hidden) attempt(refresh); }, 5000);
