// Text with formatting. Only the elements named here are ever made, and only links of harmless
// schemes are links; nothing is parsed as HTML by the browser.

import { button, element } from "./dom.js";

const plainTags = { b: "strong", i: "em", u: "u", s: "s", code: "code" };
const entities = { lt: "<", gt: ">", amp: "&", quot: '"' };
const unescape = (text) => text.replace(/&(lt|gt|amp|quot);/g, (_, name) => entities[name]);
const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

// Turns the simulator's canonical HTML into nodes; `command` is called with a command in the text
// that was pressed.
export function formatted(html, command) {
  const root = document.createDocumentFragment();
  const open = [root];
  const token = /<(\/?)([a-z-]+)((?:\s+[a-z-]+(?:="[^"]*")?)*)>|([^<]+)/g;
  for (const [, end, tag, rest, text] of html.matchAll(token)) {
    const inner = open[open.length - 1];
    if (text !== undefined) {
      inner.append(...withCommands(unescape(text), inner.closest?.("code, pre, a"), command));
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
  if (tag === "tg-spoiler") return opening("span", "spoiler", "Показать скрытое");
  if (tag === "blockquote") {
    return rest.includes("expandable") ? opening("blockquote", "folds", "Развернуть цитату") : element("blockquote");
  }
  if (tag === "a") {
    const url = attribute("href");
    if (/^(https?|tg|ton):/i.test(url)) return element("a", { href: url, title: url, target: "_blank", rel: "noopener noreferrer" });
  }
  return element("span");
}

// What opens by a click or a key.
function opening(tag, kind, label) {
  const toggle = () => made.classList.toggle("open");
  const made = element(tag, {
    class: kind, tabindex: "0", role: "button", title: label,
    onclick: toggle,
    onkeydown: (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        event.stopPropagation();
        toggle();
      }
    },
  });
  return made;
}

// Commands and addresses in a text can be pressed, as in Telegram.
function withCommands(text, verbatim, command) {
  if (verbatim) return [text];
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(/(?<=^|\s)\/[a-z0-9_]{1,32}\b|https?:\/\/[^\s<>"]+/gi)) {
    nodes.push(text.slice(at, found.index));
    const word = found[0];
    nodes.push(word.startsWith("/")
      ? button({ class: "command", onclick: () => command(word) }, word)
      : element("a", { href: word, target: "_blank", rel: "noopener noreferrer" }, word));
    at = found.index + word.length;
  }
  nodes.push(text.slice(at));
  return nodes.filter((node) => node !== "");
}

// What Telegram's apps make of typed back quotes: `code` and ```a block```. Other marks stay as they
// are, since ** and __ may stand in the code that people type here.
export function typed(text) {
  let found = false;
  const html = text.split(/(```[\s\S]+?```|`[^`\n]+`)/).map((part, index) => {
    if (index % 2 === 0) return escape(part);
    found = true;
    return part.startsWith("```")
      ? `<pre>${escape(part.slice(3, -3).replace(/^\n|\n$/g, ""))}</pre>`
      : `<code>${escape(part.slice(1, -1))}</code>`;
  }).join("");
  return found ? { html } : { text };
}

const TEXT_MAX = 4096;

// A text too long for one message goes as several, as Telegram's apps send it.
export function pieces(text) {
  const out = [];
  let rest = text;
  while (rest.length > TEXT_MAX) {
    const head = rest.slice(0, TEXT_MAX);
    const edge = Math.max(head.lastIndexOf("\n"), head.lastIndexOf(" "));
    let cut = edge > TEXT_MAX / 2 ? edge + 1 : TEXT_MAX;
    // Not within a pair of surrogates.
    if (/[\uD800-\uDBFF]/.test(rest[cut - 1])) cut -= 1;
    out.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  out.push(rest);
  return out;
}

// ---- Numbers ----------------------------------------------------------------------------------

export const time = (date) => new Date(date * 1000).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });
export const day = (date) => new Date(date * 1000).toLocaleDateString("ru", { day: "numeric", month: "long" });
export const size = (bytes) => bytes < 1024 ? `${bytes} Б` : bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} КБ` : `${(bytes / (1 << 20)).toFixed(1)} МБ`;
