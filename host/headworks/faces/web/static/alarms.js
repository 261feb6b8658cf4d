// Alarms: what it is, why, what to do, and who has seen it. Below, what happened lately.

import { post } from "./api.js";
import { allowed } from "./account.js";
import { byId, h, keyed, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { count } from "./router.js";
import { duration, named, t } from "./words.js";

export function showAlarms(picture) {
  const unseen = picture.alarms.filter((alarm) => !alarm.acked_by).length;
  count("now", picture.alarms.length, unseen === 0);
  put(byId("alarms"), "data-some", picture.alarms.length > 0);
  const none = picture.alarms.length === 0 ? [{ source: "", code: "none" }] : picture.alarms;
  keyed(
    byId("alarm-list"),
    none,
    (alarm) => `${alarm.source} ${alarm.code} ${alarm.severity}`,
    (alarm) => (alarm.code === "none" ? nothing() : row(alarm)),
    (node, alarm) => alarm.code === "none" || fill(node, alarm),
  );
}

function nothing() {
  const glyph = h("span", { class: "glyph" });
  setIcon(glyph, "good", 24);
  return h("li", { class: "quiet" }, glyph, h("span", {}, t("no_alarms")));
}

function row(alarm) {
  const told = h("small", { role: "status" });
  const button = (kind, action) =>
    h("button", { type: "button", class: "act", onclick: () => act(kind, alarm.source, action, told) }, t(`act_${action}`));
  return h(
    "li",
    { class: "alarm" },
    h("span", { class: "glyph" }),
    h("div", {}, h("p", { class: "head" }, h("b"), " ", h("small")), h("p", { class: "cause" }), h("p", { class: "todo" }, h("b", {}, t("todo")), " ", h("span"))),
    h("div", { class: "seen" }, button("alarms", "ack"), button("latches", "reset"), told),
  );
}

function fill(node, alarm) {
  const [glyph, body, side] = node.children;
  setIcon(glyph, alarm.severity, 24);
  put(node, "data-severity", alarm.severity);
  say(body.querySelector(".head b"), alarm.source);
  say(body.querySelector(".head small"), t(`severity_${alarm.severity}`));
  say(body.querySelector(".cause"), alarm.cause);
  say(body.querySelector(".todo span"), alarm.todo);
  const [see, reset, told] = side.children;
  see.hidden = Boolean(alarm.acked_by) || !allowed("ack");
  reset.hidden = !LATCHING.has(alarm.code) || !allowed("reset");
  if (told.dataset.answer === undefined) say(told, alarm.acked_by ? t("seen_by", { who: alarm.acked_by }) : "");
}

/** What a person may have to reset when its cause is gone. */
const LATCHING = new Set([
  "interlock", "tripped", "welded", "chatter", "fails-to-close", "readback",
  "board-quarantined", "board-latch",
]);

async function act(kind, source, action, told) {
  try {
    await post(`/api/${kind}/${encodeURIComponent(source)}/${action}?lang=${document.documentElement.lang}`);
    delete told.dataset.answer;
  } catch (error) {
    told.dataset.answer = "refused";
    say(told, error.message);
  }
}

const KINDS = { alarm: "event_alarm", "alarm-end": "event_over", refused: "event_refused" };

export function showEvents(picture) {
  const shown = picture.events.map((event, index) => ({ ...event, key: `${index}` }));
  keyed(
    byId("event-list"),
    shown,
    (event) => event.key,
    () => h("li", {}, h("span", { class: "fig ago" }), h("span", {}, h("b"), " ", h("span"))),
    (node, event) => {
      say(node.children[0], duration(event.ago_s));
      const [name, text] = node.children[1].children;
      say(name, event.source);
      say(text, `${KINDS[event.kind] ? `${t(KINDS[event.kind])} ` : ""}${event.text}${event.note ? ` (${named(event.note)})` : ""}`);
    },
  );
}
