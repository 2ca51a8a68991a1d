// The chat page: reads /sim/events and /sim/bots/…, writes through /sim/…. All that comes from
// people and bots becomes text nodes and elements that are made here; nothing is parsed as HTML by
// the browser.

import { $, attempt } from "./dom.js";
import { dropNote, dropStaged, hasStaged, pending } from "./compose.js";
import { actions, arrived, openChat, setTyping } from "./messages.js";
import { drawSide, openSide, refresh, refreshSoon, sideIsOpen } from "./side.js";
import { openTools, renewTools, toolsAreOpen } from "./tools.js";
import { bot, chatId, state } from "./state.js";

actions.changed = refreshSoon;

// Escape takes away the last thing that was opened; menus and dialogs close by themselves.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (sideIsOpen()) openSide(false);
  else if (hasStaged()) dropStaged();
  else if (pending()) dropNote();
  else if (toolsAreOpen()) openTools(false);
  else if ($("messages").contains(document.activeElement)) $("text").focus();
});

function happened(event) {
  if (event.kind === "bot") {
    refreshSoon();
    return;
  }
  const here = event.bot === state.bot && event.chat === chatId();
  if (event.kind === "action") {
    if (here) setTyping(true, event.action);
    return;
  }
  if (here) arrived(event);
  else if (event.from === "bot" && event.kind === "message") {
    const key = `${event.bot} ${event.chat}`;
    state.unread.set(key, (state.unread.get(key) || 0) + 1);
    drawSide();
  }
  if (!bot()?.chats.some((chat) => chat.id === event.chat)) refreshSoon();
}

function listen() {
  const source = new EventSource("sim/events");
  const link = (on) => {
    $("link").classList.toggle("on", on);
    $("link").setAttribute("aria-label", on ? "Симулятор на связи" : "Связи с симулятором нет");
  };
  let opened = false;
  source.onopen = () => link(true);
  source.onerror = () => link(false);
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.kind === "hello" || event.kind === "lagged") {
      // After a break something may have been missed: everything is read anew.
      if (opened || event.kind === "lagged") attempt(async () => { await refresh(); await openChat(); drawSide(); });
      opened = true;
      return;
    }
    happened(event);
  };
}

openSide(undefined);
listen();
attempt(async () => { await refresh(); await openChat(); drawSide(); });
setInterval(() => {
  if (!document.hidden) attempt(async () => { await refresh(); await renewTools(); });
}, 5000);
