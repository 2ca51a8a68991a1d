// Elements, lists that are renewed in place, menus, dialogs, and talking to the simulator.

export const $ = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export const button = (attributes, ...children) => element("button", { type: "button", ...attributes }, ...children);

export async function ask(path, body, method = "POST") {
  const options = body === undefined ? {} : {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error || value.description || answer.statusText);
  return value;
}

let popupTimer = 0;
export function popup(text, bad) {
  const box = $("popup");
  box.setAttribute("role", bad ? "alert" : "status");
  box.textContent = text;
  box.className = bad ? "bad" : "";
  box.hidden = false;
  clearTimeout(popupTimer);
  popupTimer = setTimeout(() => { box.hidden = true; }, bad ? 8000 : 4000);
}

// Says what went wrong; the failed promise ends here.
export const attempt = (work) => work().catch((error) => popup(error.message, true));

// Renews a list in place: a node of an item that stays is the same node, so that focus, scrolling
// and a press that is under way stay where they are.
export function renew(list, items, key, make, update) {
  const old = new Map([...list.children].map((node) => [node.dataset.key, node]));
  let place = list.firstElementChild;
  for (const item of items) {
    const id = String(key(item));
    let node = old.get(id);
    if (node) old.delete(id);
    else {
      node = make(item);
      node.dataset.key = id;
    }
    update(node, item);
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

// Writes only what is new, so that readers of the screen are not told the same again.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// ---- Menus ------------------------------------------------------------------------------------

// Puts an open menu beside what opened it, within the window.
function placeMenu(menu, opener) {
  const at = opener.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = Math.max(8, Math.min(at.left, innerWidth - width - 8));
  const above = at.top - height - 4;
  const top = above > 8 ? above : Math.max(8, Math.min(at.bottom + 4, innerHeight - height - 8));
  menu.style.left = `${left}px`;
  menu.style.top = `${top}px`;
}

// Arrows move within a menu; it gives focus back to what opened it.
export function menu(id) {
  const box = $(id);
  let opener = null;
  box.addEventListener("toggle", (event) => {
    if (event.newState === "open") {
      opener = opener || document.querySelector(`[popovertarget="${id}"]`);
      placeMenu(box, opener);
      box.querySelector("button")?.focus();
    } else {
      if (box.contains(document.activeElement) || document.activeElement === document.body) opener?.focus();
      opener = null;
    }
  });
  box.addEventListener("keydown", (event) => {
    const items = [...box.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  });
  box.addEventListener("click", (event) => {
    if (event.target.closest("button")) box.hidePopover();
  });
  return {
    box,
    open(from) {
      opener = from;
      box.showPopover();
    },
  };
}

// ---- Dialogs ----------------------------------------------------------------------------------

for (const close of document.querySelectorAll("[data-close]")) {
  close.addEventListener("click", () => close.closest("dialog").close("no"));
}

// Opens a dialog; true when it was confirmed.
export function confirmed(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
  });
}

export async function askText(title, value = "") {
  $("ask-title").textContent = title;
  $("ask-value").value = value;
  const answered = confirmed($("ask"));
  $("ask-value").select();
  return await answered ? $("ask-value").value.trim() : "";
}
