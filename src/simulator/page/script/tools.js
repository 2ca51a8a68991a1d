// The drawer of the simulator itself: its clock, its faults, the chat and the bot.

import { $, ask, attempt, button, element, popup, renew, setText } from "./dom.js";
import { newTopic, refresh } from "./side.js";
import { blocked, bot, chatOf, state } from "./state.js";

const kinds = {
  429: "429: слишком часто",
  500: "500: ошибка сервера",
  "502_html": "502: страница прокси",
  cut_before: "Связь рвётся до вызова",
  cut_after: "Связь рвётся после вызова",
  slow: "Ответ на 3 с позже",
  bad_json: "Ответ обрезан",
  blocked: "403: бот заблокирован",
  unauthorized: "401: токен отозван",
  conflict: "409: второй опрос",
};
const methods = {
  "": "с любым", "send*": "с отправкой", getUpdates: "с опросом", "edit*": "с правкой", answerCallbackQuery: "с ответом на нажатие",
};
// A state of the world lasts until it is taken away; an accident happens so many times.
const lasting = ["blocked", "unauthorized", "conflict"];

export const toolsAreOpen = () => !$("tools").hidden;

export function openTools(open) {
  $("tools").hidden = !open;
  $("app").classList.toggle("tools", open);
  $("open-tools").setAttribute("aria-expanded", String(open));
  if (open) {
    draw();
    attempt(read);
    $("close-tools").focus();
  } else $("open-tools").focus();
}

$("open-tools").addEventListener("click", () => openTools(!toolsAreOpen()));
$("close-tools").addEventListener("click", () => openTools(false));

// ---- The clock --------------------------------------------------------------------------------

let clock = null;
let readAt = 0;

function keep(answer) {
  clock = answer;
  readAt = performance.now();
  drawClock();
}

function nowMs() {
  return clock.now_us / 1000 + (clock.frozen ? 0 : performance.now() - readAt);
}

function drawClock() {
  if (!clock) return;
  setText($("clock"), new Date(nowMs()).toLocaleString("ru", { dateStyle: "long", timeStyle: "medium" }) + (clock.frozen ? " — стоят" : ""));
  $("freeze").setAttribute("aria-pressed", String(clock.frozen));
  setText($("freeze"), clock.frozen ? "Пустить" : "Остановить");
}

const change = (body) => attempt(async () => keep(await ask("sim/clock", body)));

for (const one of document.querySelectorAll("[data-advance]")) {
  one.addEventListener("click", () => change({ advance_s: Number(one.dataset.advance) }));
}
$("freeze").addEventListener("click", () => change({ frozen: !clock?.frozen }));
$("set-clock").addEventListener("submit", (event) => {
  event.preventDefault();
  const at = new Date($("clock-at").value);
  if (!Number.isNaN(at.getTime())) change({ now: at.toISOString() });
});
setInterval(() => { if (toolsAreOpen() && !document.hidden) drawClock(); }, 1000);

// ---- Faults -----------------------------------------------------------------------------------

const option = ([value, label]) => element("option", { value }, label);
$("fault-kind").append(...["429", "500", "502_html", "cut_before", "cut_after", "slow", "bad_json", "blocked", "unauthorized", "conflict"].map((kind) => option([kind, kinds[kind]])));
$("fault-method").append(...Object.entries(methods).map(option));
$("fault-method").value = "send*";
$("fault-kind").addEventListener("change", () => {
  $("fault-count").disabled = lasting.includes($("fault-kind").value);
});

const names = {
  too_many_requests: "429", server_error: "500", bad_gateway_html: "502_html", cut_before: "cut_before",
  cut_after: "cut_after", slow: "slow", bad_json: "bad_json", blocked: "blocked", unauthorized: "unauthorized", conflict: "conflict",
};

function faultText(fault) {
  const name = kinds[names[fault.kind]] || fault.kind;
  const method = fault.method ? methods[fault.method] || fault.method : "";
  const left = fault.count === null ? fault.probability === null ? "пока не снят" : `с вероятностью ${fault.probability}` : `осталось ${fault.count}`;
  const whose = fault.bot ? state.bots.find((one) => one.id === fault.bot)?.name || fault.bot : "у всех";
  return [name, method, whose, left, fault.used ? `было ${fault.used}` : ""].filter(Boolean).join(" · ");
}

async function readFaults() {
  const { faults } = await ask("sim/faults");
  renew($("faults"), faults.map((fault, at) => [at, fault]), ([at]) => at,
    () => element("li", {}), (node, [, fault]) => setText(node, faultText(fault)));
  $("clear-faults").hidden = faults.length === 0;
}

$("add-fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const kind = $("fault-kind").value;
  const fault = { kind };
  if ($("fault-method").value && !lasting.includes(kind)) fault.method = $("fault-method").value;
  if (!lasting.includes(kind)) fault.count = Number($("fault-count").value) || 1;
  if ($("fault-bot").checked && state.bot) fault.bot = state.bot;
  if (kind === "slow") fault.delay_ms = 3000;
  attempt(async () => {
    await ask("sim/faults", fault);
    await readFaults();
    popup("Сбой добавлен.");
  });
});
$("clear-faults").addEventListener("click", () => attempt(async () => {
  await ask("sim/faults", {}, "DELETE");
  await readFaults();
  $("fault-kind").focus();
}));

// ---- The chat and the bot ---------------------------------------------------------------------

$("rename").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("bot-name").value.trim();
  if (!name || !state.bot) return;
  attempt(async () => {
    await ask("sim/bots", { id: state.bot, name });
    await refresh();
  });
});
$("privacy").addEventListener("change", () => attempt(() => ask("sim/bots", { id: state.bot, privacy: $("privacy").checked })));
$("new-topic").addEventListener("click", () => attempt(newTopic));

const isGone = () => state.chat ? ["left", "kicked"].includes(chatOf(state.chat)?.status) : blocked();
$("block").addEventListener("click", () => attempt(async () => {
  const gone = isGone();
  await ask(`sim/bots/${state.bot}/members`, { chat: state.chat || state.person, from: state.person, status: gone ? "member" : "kicked" });
  if (!state.chat) popup(gone ? "Бот разблокирован." : "Бот заблокирован. Напишите ему, чтобы вернуть.");
  await refresh();
  draw();
}));

// Shows what concerns the chosen bot and chat.
export function draw() {
  const now = bot();
  if (document.activeElement !== $("bot-name")) $("bot-name").value = now?.name || "";
  $("privacy").checked = Boolean(now?.privacy);
  const [out, back] = state.chat ? ["Удалить бота из группы", "Вернуть бота в группу"] : ["Заблокировать бота", "Разблокировать бота"];
  setText($("block"), isGone() ? back : out);
  $("new-topic").hidden = !(state.chat < -1000000000000);
}

async function read() {
  keep(await ask("sim/clock"));
  await readFaults();
}

export async function renewTools() {
  if (!toolsAreOpen()) return;
  draw();
  await read();
}
