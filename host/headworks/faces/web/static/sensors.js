// Boards and their sensors, meters, and all limits, each with the age of what is shown.

import { allowed } from "./account.js";
import { post } from "./api.js";
import { byId, h, keyed, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { apart, duration, kw, number, t } from "./words.js";

const UNITS = { _c: "°C", _rh: "%", _pct: "%", _percent: "%", _rpm: "rpm", _hz: "Hz", _kw: "kW", _v: "V", _k: "K" };

export function showSensors(picture) {
  keyed(byId("board-list"), picture.boards, (board) => board.name, boardCard, fillBoard);
  heads(["name", "power_now", "frequency", "quality", "age"]);
  keyed(byId("meter-list"), picture.meters, (meter) => meter.name, meterRow, fillMeter);
  keyed(byId("limit-list"), picture.envelope.limits.map((limit, index) => ({ ...limit, index })), (limit) => limit.index, limitRow, fillLimit);
}

function boardCard(board) {
  const told = h("small", { role: "status" });
  return h(
    "li",
    {},
    h("p", { class: "head" }, h("span", { class: "glyph" }), h("b"), h("span", { class: "state" }), h("small", { class: "fig" })),
    h("p", { class: "cause" }),
    h("div", { class: "latch" }, h("b"), h("button", { type: "button", class: "act", onclick: () => reset(board.name, told) }, t("act_reset")), told),
    h("dl", { class: "channels" }),
    h("details", {}, h("summary", {}, t("link_counters")), h("p", { class: "fig counters" })),
  );
}

function fillBoard(node, board) {
  const [head, cause, latch, channels, details] = node.children;
  const latched = Object.entries(board.latches).map(([output, why]) => `${output} (${why})`);
  latch.hidden = latched.length === 0 && board.state !== "quarantined";
  say(latch.children[0], latched.length ? t("board_latched", { what: latched.join(", ") }) : "");
  latch.children[1].hidden = !allowed("reset");
  const well = board.state === "runs" && Object.keys(board.latches).length === 0;
  setIcon(head.children[0], well ? "good" : board.state === "stale" ? "warning" : "alarm", 20);
  say(head.children[1], board.name);
  say(head.children[2], board.state_word);
  say(head.children[3], board.age_s === null ? t("never_heard") : t("ago", { age: duration(board.age_s) }));
  say(cause, board.cause);
  cause.hidden = !board.cause;
  keyed(channels, Object.entries(board.channels), ([name]) => name, () => h("div", {}, h("dt"), h("dd", { class: "fig" }, h("span"), h("small"))), fillChannel);
  const link = Object.entries(board.counters).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`);
  say(details.children[1], [board.port, board.firmware, ...link].filter(Boolean).join(" · "));
}

async function reset(name, told) {
  try {
    await post(`/api/latches/${encodeURIComponent(name)}/reset?lang=${document.documentElement.lang}`);
    say(told, t("done"));
  } catch (error) {
    say(told, error.message);
  }
}

/** A channel's name without its unit, its value with it, and whether there is one. */
export function channelText(name, channel) {
  const unit = Object.keys(UNITS).find((end) => name.endsWith(end));
  const { value } = channel;
  const known = value !== null && value !== undefined;
  const text = typeof value === "boolean" ? t(value ? "active" : "quiet") : `${number(value)} ${UNITS[unit] ?? ""}`;
  return { label: (unit ? name.slice(0, -unit.length) : name).replaceAll("_", " "), text: known ? apart(text.trim()) : t("not_known"), known };
}

function fillChannel(node, [name, channel]) {
  const { label, text, known } = channelText(name, channel);
  say(node.children[0], label);
  say(node.children[1].children[0], text);
  say(node.children[1].children[1], channel.age_s === null ? "" : duration(channel.age_s));
  put(node, "data-bad", !known);
}

function heads(names) {
  const row = byId("meter-head");
  keyed(row, [names], () => "head", () => h("tr", {}, names.map(() => h("th", { scope: "col" }))), (node) => {
    names.forEach((name, index) => say(node.children[index], t(name)));
  });
}

const meterRow = () => h("tr", {}, h("th", { scope: "row" }), ...[1, 2, 3, 4].map(() => h("td", { class: "fig" })));

function fillMeter(node, meter) {
  const [name, power, frequency, quality, age] = node.children;
  say(name, meter.name);
  say(power, kw(meter.power_kw));
  say(frequency, meter.frequency_hz === null ? "–" : apart(`${meter.frequency_hz.toFixed(2)} Hz`));
  say(quality, meter.quality_word);
  say(age, duration(meter.age_s));
  put(node, "data-bad", meter.quality !== "good");
}

const limitRow = () => h("li", { class: "limit" }, h("b"), h("span", { class: "fig" }), h("span", { class: "why" }));

function fillLimit(node, limit) {
  say(node.children[0], limit.binds ? `▶ ${limit.source}` : limit.source);
  say(node.children[1], limit.kw === null ? t("no_limit") : kw(limit.kw));
  say(node.children[2], limit.why);
  put(node, "data-binds", limit.binds);
}
