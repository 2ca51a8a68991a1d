// What the page knows: who writes to whom where, and what is in the open chat.

const remembered = (key) => Number(sessionStorage.getItem(key)) || 0;

export const state = {
  bots: [],
  people: [],
  bot: remembered("bot"),
  person: remembered("person"),
  chat: remembered("chat"), // 0: the private chat of the person
  chatTitle: "",
  thread: remembered("thread"), // 0: no topic
  entries: new Map(), // message_id → entry as it is now
  suggestions: { description: "", commands: [], texts: [] },
  unread: new Map(), // "bot chat" → count
  replyTo: 0,
  quote: "",
  editing: 0,
  special: null, // what makes the next message a forwarded one, or one through a bot
};

export const chatId = () => state.chat || state.person;
export const bot = () => state.bots.find((one) => one.id === state.bot);
export const chatOf = (id) => bot()?.chats.find((chat) => chat.id === id);
export const blocked = () => chatOf(state.person)?.status === "kicked";
export const personName = (id) => state.people.find((one) => one.id === id)?.name || `Человек ${id}`;

export function save() {
  for (const key of ["bot", "person", "chat", "thread"]) sessionStorage.setItem(key, state[key]);
}
