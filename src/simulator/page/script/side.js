// The lists of people and bots, the choice of a place, and the narrow page's drawer.

import { $, ask, askText, attempt, button, element, popup, renew, setText } from "./dom.js";
import { drawStatus, openChat, renewSuggestions } from "./messages.js";
import { bot, chatOf, personName, state } from "./state.js";

const narrow = matchMedia("(max-width: 720px)");

// ---- The drawer -------------------------------------------------------------------------------

export function openSide(open) {
  const shown = Boolean(open) && narrow.matches;
  $("app").classList.toggle("side", shown);
  $("open-side").setAttribute("aria-expanded", String(shown));
  // What is under an open drawer can be neither reached by Tab nor read; a closed one neither.
  $("main").inert = shown;
  $("side").inert = narrow.matches && !shown;
  if (shown) ($("side").querySelector("[aria-current]") || $("close-side")).focus();
  else if (open === false && narrow.matches) $("open-side").focus();
}
export const sideIsOpen = () => $("app").classList.contains("side");

narrow.addEventListener("change", () => openSide(undefined));
$("open-side").addEventListener("click", () => openSide(!sideIsOpen()));
$("close-side").addEventListener("click", () => openSide(false));
$("app").addEventListener("click", (event) => {
  if (sideIsOpen() && !event.target.closest("#side, #open-side")) openSide(false);
});

// ---- The lists --------------------------------------------------------------------------------

// All hues at this depth are dark enough for white letters.
function colour(node, name, id) {
  const letters = name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0] || "").join("");
  setText(node, letters.toUpperCase());
  node.style.background = `hsl(${(Math.abs(id) * 47) % 360} 45% 30%)`;
}

function item(choose) {
  const count = element("span", { class: "count", hidden: true });
  const made = button({ onclick: () => choose() },
    element("span", { class: "avatar", "aria-hidden": "true" }),
    element("span", { class: "name" }, element("span", {}), element("span", { class: "sub" })), count);
  return element("li", {}, made);
}

function drawItem(node, name, sub, id, chosen, unread) {
  const [made] = node.children;
  const [face, words, count] = made.children;
  colour(face, name, id);
  setText(words.children[0], name);
  setText(words.children[1], sub);
  made.title = name;
  count.hidden = !unread;
  setText(count, unread ? String(unread) : "");
  if (unread) count.setAttribute("aria-label", `новых: ${unread}`);
  made.classList.toggle("chosen", chosen);
  if (chosen) made.setAttribute("aria-current", "true");
  else made.removeAttribute("aria-current");
}

const open = () => attempt(async () => {
  if (sideIsOpen()) openSide(false);
  await openChat();
  drawSide();
});

export function drawSide() {
  $("no-bots").hidden = state.bots.length > 0;
  const unreadOf = (id) => [...state.unread].filter(([key]) => key.startsWith(`${id} `)).reduce((sum, [, n]) => sum + n, 0);
  renew($("bots"), state.bots, (one) => one.id,
    (one) => item(() => {
      state.bot = one.id;
      if (state.chat && !chatOf(state.chat)) {
        state.chat = 0;
        state.thread = 0;
      }
      open();
    }),
    (node, one) => {
      const sub = one.polling ? `@${one.username}` : one.polled ? `@${one.username} · не опрашивает` : `@${one.username} · ещё не запущен`;
      drawItem(node, one.name, sub, one.id, one.id === state.bot, unreadOf(one.id));
    });
  renew($("people"), state.people, (one) => one.id,
    (one) => item(() => {
      state.person = one.id;
      open();
    }),
    (node, one) => drawItem(node, one.name, one.username ? `@${one.username} · ${one.id}` : `id ${one.id}`, one.id, one.id === state.person, 0));
  const now = bot();
  setText($("title"), now ? now.name : "Бот не выбран");
  document.title = now ? `${now.name} · Симулятор Telegram` : "Симулятор Telegram";
  colour($("avatar"), now ? now.name : "?", now ? now.id : 0);
  drawStatus();
  drawPlaces();
}

// ---- Where to write ---------------------------------------------------------------------------

function drawPlaces() {
  const groups = (bot()?.chats || []).filter((chat) => chat.id < 0);
  const options = [["0", "Лично"]];
  for (const chat of groups) {
    const title = chat.title || `Группа ${-chat.id}`;
    options.push([String(chat.id), title]);
    for (const topic of chat.topics || []) options.push([`${chat.id} ${topic.id}`, `${title} / ${topic.name || `тема ${topic.id}`}`]);
  }
  if (state.chat && !groups.some((chat) => chat.id === state.chat)) options.push([String(state.chat), state.chatTitle || "Новая группа"]);
  options.push(["new", "Новая группа…"]);
  const select = $("place");
  renew(select, options, ([value]) => value, ([value]) => element("option", { value }), (node, [, label]) => setText(node, label));
  select.value = state.thread ? `${state.chat} ${state.thread}` : String(state.chat);
}

$("place").addEventListener("change", () => attempt(async () => {
  const value = $("place").value;
  if (value === "new") {
    const title = await askText("Название группы", "Отдел продаж");
    if (!title) {
      drawSide();
      return;
    }
    state.chatTitle = title;
    state.chat = -1000000000000 - Math.floor(Math.random() * 1e9) - 1;
    state.thread = 0;
    popup("Группа появится у бота с первым сообщением.");
  } else {
    const [chat, thread] = value.split(" ").map(Number);
    Object.assign(state, { chat, thread: thread || 0, chatTitle: "" });
  }
  await openChat();
  drawSide();
}));

export async function newTopic() {
  const name = await askText("Название темы");
  if (!name) return;
  const { thread } = await ask(`sim/bots/${state.bot}/topics`, { chat: state.chat, from: state.person, name });
  await refresh();
  state.thread = thread;
  await openChat();
  drawSide();
}

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
    drawSide();
  });
});

// ---- Renewal ----------------------------------------------------------------------------------

let refreshTimer = 0;
export function refreshSoon() {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(() => attempt(refresh), 120);
}

export async function refresh() {
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
    Object.assign(state, { bot: state.bots[0].id, chat: 0, thread: 0 });
    changed = true;
  }
  if (changed) await openChat();
  else await renewSuggestions();
  drawSide();
}
