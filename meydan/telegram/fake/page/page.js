import { WORDS } from "./words.js";

const kept = (name) => localStorage.getItem(`fake-telegram.${name}`);
const keep = (name, value) => localStorage.setItem(`fake-telegram.${name}`, value);
const $ = (id) => document.getElementById(id);
const all = (selector) => document.querySelectorAll(selector);

let language = kept("language") === "en" ? "en" : "tr";
let state = null;
let chosen = kept("chat");
let messages = { messages: [], reactions: {} };
let answering = null;
const word = (name) => WORDS[language][name];

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function button(text, action, className = "small") {
  return make("button", { type: "button", textContent: text, className, onclick: action });
}

let tellings = 0;

function tell(text) {
  tellings += 1;
  $("told").textContent = text;
  $("trouble").textContent = "";
}

async function ask(path, body) {
  const before = tellings;
  const headers = { "Accept-Language": language };
  const options = body === undefined ? { headers } : { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(body) };
  try {
    const answer = await fetch(`/_fake/${path}`, options);
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.ayrinti);
    if (body !== undefined && tellings === before) tell(word("done")); // a bot's own words may have come sooner
    return told;
  } catch (error) {
    $("told").textContent = "";
    $("trouble").textContent = error instanceof TypeError ? word("lost") : error.message;
    return null;
  }
}

function speak() {
  document.documentElement.lang = language;
  document.title = word("title");
  for (const element of all("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of all("[data-label]")) element.setAttribute("aria-label", word(element.dataset.label));
  $("language").textContent = word("language");
  $("language").lang = language === "tr" ? "en" : "tr";
}

function paint(theme) {
  document.documentElement.dataset.theme = theme;
}

const chat = () => state?.chats.find((item) => item.key === chosen);
const users = () => [...state.people, ...state.bots.map((item) => item.user)];
const nameOf = (id) => users().find((user) => user.id === Number(id))?.first_name ?? String(id);

function options(select, items) {
  const before = select.value;
  select.replaceChildren(...items.map(([value, text]) => make("option", { value, textContent: text })));
  if (items.some(([value]) => String(value) === before)) select.value = before;
}

function titleOf(item) {
  if (item.chat.type === "private") return `${item.chat.first_name} ↔ ${nameOf(item.bot)}`;
  return item.chat.title;
}

function showWorld() {
  if (!chat()) chosen = state.chats[0]?.key ?? null;
  $("chat-list").replaceChildren(
    ...state.chats.map((item) => {
      const last = item.last?.text ?? item.last?.caption ?? "";
      const kind = item.chat.is_forum ? "forum" : item.chat.type;
      const entry = button("", () => choose(item.key), "");
      entry.append(make("strong", { textContent: titleOf(item) }), make("small", { textContent: last || word(kind) }));
      entry.setAttribute("aria-current", String(item.key === chosen));
      return make("li", {}, entry);
    }),
  );
  const people = state.people.map((person) => [person.id, person.first_name]);
  const bots = state.bots.filter((bot) => !bot.revoked).map((bot) => [bot.user.id, `${bot.user.first_name} (@${bot.user.username})`]);
  for (const select of all("[data-people]")) options(select, people);
  for (const select of all("[data-bots]")) options(select, bots);
  for (const select of all("[data-users]")) options(select, [...bots, ...people]);
  showBots();
  showChat();
  $("limits").checked = state.limits.enforced;
  const rules = state.failures.map((rule) => make("li", { textContent: `${rule.kind} × ${rule.count || `${rule.probability * 100} %`}` }));
  $("rules").replaceChildren(...rules);
  $("all-well").hidden = rules.length === 0;
}

function showBots() {
  const focused = document.activeElement?.closest("#bot-list [data-key]")?.dataset.key;
  $("bot-list").replaceChildren(...(state.bots.length ? state.bots.map(botEntry) : [make("li", { textContent: word("noBots") })]));
  if (focused) $("bot-list").querySelector(`[data-key="${focused}"]`)?.focus();
}

function botEntry(bot) {
  const entry = make("li", {}, make("strong", { textContent: bot.user.first_name }), make("small", { textContent: `@${bot.user.username}` }));
  if (bot.revoked) {
    entry.append(make("span", { className: "alarm", textContent: word("revoked") }));
    return entry;
  }
  const gauge = make("meter", { min: 0, max: bot.gauge.count, high: bot.gauge.count * 0.8, value: bot.gauge.used });
  gauge.setAttribute("aria-label", `${word("gauge")}: ${bot.user.first_name}`);
  entry.append(
    make("code", { className: "token", textContent: bot.token }),
    gauge,
    make("small", { textContent: `${bot.gauge.used}/${bot.gauge.count} · ${bot.accepted} ${word("sent")} · ${bot.refused} ${word("refused")}` }),
  );
  if (bot.gauge.held) {
    entry.append(make("span", { className: "alarm", textContent: `${bot.gauge.held} ${word("held")} ${bot.gauge.longest} ${word("seconds")}` }));
  }
  const privacy = make("input", { type: "checkbox", checked: bot.privacy, onchange: (event) => act("privacy", { bot: bot.user.id, privacy: event.target.checked }) });
  privacy.dataset.key = `privacy-${bot.user.id}`;
  const copy = button(word("copy"), async () => {
    await navigator.clipboard.writeText(bot.token);
    tell(word("copied"));
  });
  copy.dataset.key = `copy-${bot.user.id}`;
  const revoke = button(word("revoke"), () => act("revocations", { bot: bot.user.id }));
  revoke.dataset.key = `revoke-${bot.user.id}`;
  entry.append(make("label", { className: "switch" }, privacy, word("privacy")), make("div", { className: "bar" }, copy, revoke));
  return entry;
}

function showChat() {
  const item = chat();
  for (const id of ["composer", "membership"]) $(id).hidden = !item;
  $("block").hidden = item?.chat.type !== "private";
  $("migrate").hidden = item?.chat.type !== "group" || item.migrated_to !== null;
  if (!item) {
    $("chat-title").textContent = word("choose");
    return;
  }
  const here = Object.entries(item.members).filter(([, status]) => !["left", "kicked"].includes(status));
  const kind = item.chat.is_forum ? "forum" : item.chat.type;
  $("chat-title").textContent = titleOf(item);
  $("chat-about").textContent = item.migrated_to ? word("moved") : `${word(kind)} · ${here.length} ${word("people")} · ${item.chat.id}`;
  $("members").replaceChildren(...Object.entries(item.members).map(([id, status]) => make("li", { textContent: `${nameOf(id)} · ${word(status)}` })));
  $("membership").hidden = item.chat.type === "private";
  $("topic-field").hidden = $("new-topic").hidden = !item.chat.is_forum;
  options($("topic-field").querySelector("select"), [[1, word("general")], ...Object.entries(item.topics).map(([id, topic]) => [id, topic.name])]);
  const speaker = $("composer").querySelector("[name=person]");
  const speakers = item.bot ? [item.chat.id] : here.map(([id]) => Number(id));
  options(speaker, state.people.filter((person) => speakers.includes(person.id)).map((person) => [person.id, person.first_name]));
  const bot = state.bots.find((one) => one.user.id === item.bot);
  if (bot) $("block").textContent = word(bot.blocked_by.includes(item.chat.id) ? "unblock" : "block");
}

function formatted(text, entities = []) {
  const edges = new Set([0, text.length]);
  for (const entity of entities) edges.add(entity.offset).add(entity.offset + entity.length);
  const sorted = [...edges].sort((a, b) => a - b);
  const tags = { bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "code", text_link: "u", url: "u", blockquote: "q" };
  return sorted.slice(0, -1).map((start, index) => {
    const end = sorted[index + 1];
    let piece = document.createTextNode(text.slice(start, end));
    for (const entity of entities) {
      if (entity.offset > start || entity.offset + entity.length < end) continue;
      if (entity.type === "spoiler") piece = make("span", { className: "spoiler" }, piece);
      else if (tags[entity.type]) piece = make(tags[entity.type], { title: entity.url ?? "" }, piece);
    }
    return piece;
  });
}

function happened(message) {
  if (message.new_chat_members) return `${word("joined")} ${message.new_chat_members.map((user) => user.first_name).join(", ")}`;
  if (message.left_chat_member) return `${word("parted")} ${message.left_chat_member.first_name}`;
  if (message.pinned_message) return word("pinned");
  if (message.forum_topic_created) return `${word("topicMade")} ${message.forum_topic_created.name}`;
  if (message.forum_topic_edited) return `${word("topicNamed")} ${message.forum_topic_edited.name}`;
  if (message.forum_topic_closed) return word("topicClosed");
  if (message.forum_topic_reopened) return word("topicReopened");
  return message.migrate_to_chat_id ? word("migratedTo") : message.migrate_from_chat_id ? word("migratedFrom") : "";
}

function entryOf(message) {
  const who = message.from?.first_name ?? message.chat.title ?? "";
  const media = ["photo", "video", "audio", "voice", "document", "sticker", "poll"].find((kind) => message[kind]);
  if (message.text === undefined && !media) return make("p", { className: "message service", textContent: `${who} ${happened(message)}` });
  const time = new Date(message.date * 1000).toLocaleTimeString(word("locale"), { hour: "2-digit", minute: "2-digit" });
  const topic = chat()?.topics[message.message_thread_id]?.name;
  const head = [who, topic && `# ${topic}`, time, message.edit_date && word("edited")].filter(Boolean).join(" · ");
  const entry = make("article", { className: `message${message.from?.is_bot ? " bot" : ""}` }, make("small", { textContent: head }), make("br"));
  const answered = message.reply_to_message;
  if (answered) entry.append(make("small", { textContent: `↩ ${answered.text ?? answered.caption ?? ""}`.slice(0, 80) }), make("br"));
  if (media) entry.append(make("em", { textContent: `[${word(media)}${message.document?.file_name ? `: ${message.document.file_name}` : ""}] ` }));
  entry.append(...formatted(message.text ?? message.caption ?? message.poll?.question ?? "", message.entities ?? message.caption_entities));
  const tools = make("div", { className: "tools" });
  for (const row of message.reply_markup?.inline_keyboard ?? []) {
    for (const item of row) tools.append(button(item.text, () => item.callback_data && act("presses", { ...place(message), data: item.callback_data })));
  }
  message.poll?.options.forEach((option, number) => {
    const vote = button(`${option.text} · ${option.voter_count}`, () => act("votes", { ...place(message), options: [number] }));
    vote.disabled = message.poll.is_closed;
    tools.append(vote);
  });
  const given = Object.values(messages.reactions[message.message_id] ?? {}).flat();
  const like = button(`👍${given.length ? ` ${given.map((one) => one.emoji).join("")}` : ""}`, () => act("reactions", { ...place(message), emoji: "👍" }));
  like.setAttribute("aria-label", `${word("like")} ${given.map((one) => one.emoji).join(" ")}`);
  tools.append(like, button(word("reply"), () => reply(message)));
  entry.append(tools);
  return entry;
}

const place = (message) => ({ chat: chosen, person: Number($("composer").person.value), message: message.message_id });

function showMessages() {
  const list = $("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const shown = messages.messages.map(entryOf);
  list.replaceChildren(...(shown.length ? shown : [make("p", { className: "message service", textContent: word("empty") })]));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function reply(message) {
  answering = message?.message_id ?? null;
  $("replying").hidden = answering === null;
  $("replying").querySelector("span").textContent = message ? `${word("replying")} ${(message.text ?? message.caption ?? "").slice(0, 60)}` : "";
  if (message) $("composer").text.focus();
}

async function loadMessages() {
  const key = chosen;
  const told = key && (await ask(`messages?chat=${encodeURIComponent(key)}`));
  if (told && key === chosen) {
    messages = told;
    showMessages();
  }
}

async function load() {
  const told = await ask("state");
  if (!told) return;
  state = told;
  showWorld();
}

async function choose(key) {
  chosen = key;
  keep("chat", key);
  reply(null);
  view("talk");
  showWorld();
  await loadMessages();
  $("messages").scrollTop = $("messages").scrollHeight;
}

async function act(command, body) {
  const told = await ask(command, body);
  if (told !== null || $("trouble").textContent === "") await load();
  return told;
}

function view(name) {
  document.body.dataset.view = name;
  for (const tab of all("[data-show]")) tab.setAttribute("aria-pressed", String(tab.dataset.show === name));
}

async function submit(event) {
  event.preventDefault();
  const form = event.target;
  const command = form.dataset.command;
  const body = {};
  for (const field of form.elements) {
    if (field.name && !field.closest("[hidden]") && field.value !== "") body[field.name] = field.dataset.number === undefined ? field.value : Number(field.value);
  }
  if (["messages", "members", "topics"].includes(command)) body.chat = chosen;
  if (command === "messages" && answering) body.reply_to = answering;
  if (body.type === "forum") Object.assign(body, { type: "supergroup", forum: true });
  await act(command, body);
  if ($("trouble").textContent) return;
  for (const field of form.querySelectorAll("input:not([type=number])")) field.value = "";
  if (command === "messages") reply(null);
  if (command === "starts") await choose(`${body.bot}:${body.person}`);
}

let waiting = null;
function soon(work) {
  // many hints in a moment are one look
  waiting ??= setTimeout(async () => {
    waiting = null;
    await work();
  }, 150);
}

function listen() {
  const news = new EventSource("/_fake/events");
  news.onopen = () => soon(refresh);
  news.onmessage = (event) => {
    const { kind, key } = JSON.parse(event.data);
    if (kind === "answer") tell(key || word("answered"));
    else if (kind === "action") tell(key === chosen ? word("busy") : "");
    else soon(refresh);
  };
  news.onerror = () => ($("trouble").textContent = word("lost"));
}

async function refresh() {
  await load();
  await loadMessages();
}

for (const form of all("form")) form.addEventListener("submit", submit);
for (const tab of all("[data-show]")) tab.addEventListener("click", () => view(tab.dataset.show));
$("replying").querySelector("button").addEventListener("click", () => reply(null));
$("all-well").addEventListener("click", () => act("failures/clear", {}));
$("limits").addEventListener("change", (event) => act("limits", { ...state.limits, enforced: event.target.checked }));
$("migrate").addEventListener("click", async () => {
  const told = await act("migrations", { chat: chosen });
  if (told) await choose(told.chat);
});
$("block").addEventListener("click", () => {
  const item = chat();
  const bot = state.bots.find((one) => one.user.id === item.bot);
  act("blocks", { bot: item.bot, person: item.chat.id, blocked: !bot.blocked_by.includes(item.chat.id) });
});
$("language").addEventListener("click", () => {
  language = language === "tr" ? "en" : "tr";
  keep("language", language);
  speak();
  showWorld();
  showMessages();
});
$("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  keep("theme", theme);
  paint(theme);
});
paint(kept("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
speak();
view("chats");
await refresh();
listen();
// gauges fall while nothing happens
setInterval(() => {
  if (!document.hidden && state?.bots.some((bot) => bot.gauge.used || bot.gauge.held)) load();
}, 1000);
