// Writing: the field, answers and changes, files, and messages that come from elsewhere.

import { $, ask, attempt, button, confirmed, element, menu, popup } from "./dom.js";
import { pieces, size, typed } from "./format.js";
import { actions, focusMessage, lastOwn, neighbour } from "./messages.js";
import { chatId, state } from "./state.js";

const field = $("text");
// Base64 within JSON must stay under the simulator's 64 MB.
const FILE_MAX = 45 << 20;
const ALBUM_MAX = 10;

// ---- Sending ----------------------------------------------------------------------------------

// Sends one message from the person to the open chat.
export async function send(what) {
  if (!state.bot) throw new Error("Сначала выберите бота.");
  const body = { from: state.person, chat: chatId(), ...what };
  if (state.chat && state.chatTitle) body.title = state.chatTitle;
  if (state.thread) body.thread = state.thread;
  if (state.replyTo) body.reply_to = state.replyTo;
  if (state.replyTo && state.quote) body.quote = state.quote;
  if (state.special) Object.assign(body, state.special.fields);
  dropNote();
  await ask(`sim/bots/${state.bot}/messages`, body);
}

async function submit() {
  const text = field.value.trim();
  if (state.editing) {
    if (!text) return;
    const id = state.editing;
    setText("");
    dropNote();
    await ask(`sim/bots/${state.bot}/edits`, { from: state.person, chat: chatId(), message_id: id, text });
    return;
  }
  if (staged.length) {
    const files = staged.splice(0);
    setText("");
    drawStaged();
    await sendFiles(files, text);
    return;
  }
  if (!text) return;
  setText("");
  for (const piece of pieces(text)) await send(typed(piece));
}

function setText(text) {
  field.value = text;
  grow();
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

// ---- What the next message is: an answer, a change, something special -------------------------

function note(text) {
  $("note").hidden = !text;
  $("note-text").textContent = text;
}

function dropNote() {
  if (state.editing) setText("");
  Object.assign(state, { replyTo: 0, quote: "", editing: 0, special: null });
  note("");
}

function reply(id, quote = "") {
  dropNote();
  const entry = state.entries.get(id);
  if (!entry) return;
  Object.assign(state, { replyTo: id, quote });
  note(`Ответ: ${quote || entry.text || "вложение"}`);
  field.focus();
}

function edit(id) {
  const entry = state.entries.get(id);
  if (!entry) return;
  dropNote();
  state.editing = id;
  note(`Изменение: ${entry.text}`);
  setText(entry.text);
  field.focus();
}

Object.assign(actions, { send, reply, edit });
export const pending = () => state.replyTo || state.editing || state.special;
export { dropNote };

$("note-drop").addEventListener("click", () => {
  dropNote();
  field.focus();
});

field.addEventListener("input", grow);
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    $("compose").requestSubmit();
  } else if (event.key === "ArrowUp" && event.ctrlKey) {
    event.preventDefault();
    const id = neighbour(state.replyTo, -1);
    if (id) reply(id);
  } else if (event.key === "ArrowDown" && event.ctrlKey) {
    event.preventDefault();
    const id = state.replyTo && neighbour(state.replyTo, 1);
    if (id) reply(id);
    else dropNote();
  } else if (event.key === "ArrowUp" && !field.value && !event.shiftKey) {
    event.preventDefault();
    const id = lastOwn();
    if (id) {
      focusMessage(id);
      edit(id);
    }
  }
});
$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(submit);
});

// ---- Files ------------------------------------------------------------------------------------

const staged = [];

function stage(files) {
  for (const file of files) {
    if (file.size > FILE_MAX) popup(`«${file.name}» больше 45 МБ: симулятор столько не примет.`, true);
    else staged.push(file);
  }
  drawStaged();
  field.focus();
}

export const hasStaged = () => staged.length > 0;
export function dropStaged() {
  staged.length = 0;
  drawStaged();
}

function drawStaged() {
  $("staged").hidden = staged.length === 0;
  field.placeholder = staged.length ? "Подпись" : "Сообщение";
  $("staged-files").replaceChildren(...staged.map((file, at) => element("li", {},
    element("span", {}, `${file.name || "картинка"} · ${size(file.size)}`),
    button({
      class: "icon", "aria-label": `Убрать ${file.name || "картинку"}`,
      onclick: () => {
        staged.splice(at, 1);
        drawStaged();
        field.focus();
      },
    }, "×"))));
}

function base64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(",")[1] || "");
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}

function kindOf(file) {
  if ($("as-files").checked) return "file";
  if (/^image\/(png|jpeg|webp|bmp)$/.test(file.type)) return "photo";
  if (file.type === "image/gif") return "animation";
  if (file.type.startsWith("video/")) return "video";
  if (/^audio\/(mpeg|mp4|ogg|x-m4a)$/.test(file.type)) return "audio";
  return "file";
}

// Photos and videos go together, documents and music each by themselves, ten at a time.
async function sendFiles(files, text) {
  let caption = text;
  const groups = new Map();
  for (const file of files) {
    const kind = kindOf(file);
    const group = kind === "video" ? "photo" : kind === "animation" ? `animation ${groups.size}` : kind;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push([kind, file]);
  }
  for (const group of groups.values()) {
    for (let at = 0; at < group.length; at += ALBUM_MAX) {
      const items = [];
      for (const [kind, file] of group.slice(at, at + ALBUM_MAX)) {
        items.push({ [kind]: { name: file.name || "image.png", base64: await base64(file) } });
      }
      const what = items.length > 1 ? { album: items } : items[0];
      await send(caption ? { ...what, text: caption } : what);
      caption = "";
    }
  }
}

$("file").addEventListener("change", () => {
  stage([...$("file").files]);
  $("file").value = "";
});
$("staged-drop").addEventListener("click", () => {
  dropStaged();
  field.focus();
});
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (!files.length || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  stage(files);
});

const main = $("main");
const carriesFiles = (event) => [...event.dataTransfer?.types || []].includes("Files");
let over = 0;
main.addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  over += 1;
  $("drop").hidden = false;
});
main.addEventListener("dragleave", (event) => {
  if (!carriesFiles(event)) return;
  over = Math.max(0, over - 1);
  $("drop").hidden = over === 0;
});
main.addEventListener("dragover", (event) => {
  if (carriesFiles(event)) event.preventDefault();
});
main.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  over = 0;
  $("drop").hidden = true;
  stage([...event.dataTransfer.files]);
});

// ---- The menu of the clip ---------------------------------------------------------------------

const others = {
  photo: { photo: true },
  contact: { contact: true },
  stranger: { contact: { first_name: "Пётр", last_name: "Чужой", phone_number: "+79990000000", user_id: null } },
  location: { location: true },
  voice: { voice: { duration: 3 } },
  sticker: { sticker: true },
};

menu("attach-menu").box.addEventListener("click", (event) => {
  const what = event.target.closest("button")?.dataset.send;
  if (!what) return;
  if (what === "file") $("file").click();
  else if (what === "special") attempt(special);
  else attempt(() => send(others[what]));
});

async function special() {
  const people = $("special-person");
  people.replaceChildren(...state.people.map((one) => element("option", { value: one.id }, one.name)));
  const someone = state.people.find((one) => one.id !== state.person);
  if (someone) people.value = String(someone.id);
  if (!await confirmed($("special"))) return;
  const chosen = document.querySelector('input[name="special"]:checked').value;
  const [words, fields] = {
    person: [`пересланным от ${people.selectedOptions[0]?.textContent || "себя"}`, { forward: Number(people.value) || state.person }],
    hidden: ["пересланным от скрытого человека", { forward: { hidden: "Скрытый Человек" } }],
    channel: ["пересланным из канала", { forward: { channel: -1000000000077, title: "Новости", message_id: 7 } }],
    via: ["через бота @helper_bot", { via_bot: "helper_bot" }],
  }[chosen];
  dropNote();
  state.special = { fields };
  note(`Следующее сообщение уйдёт ${words}`);
  field.focus();
}
