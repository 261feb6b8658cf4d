// Boards and their sensors, meters, and all limits, each with the age of what is shown.

import { allowed } from "./account.js";
import { post } from "./api.js";
import { byId, h, keyed, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { twice } from "./twice.js";
import { apart, duration, kw, named, number, rightToLeft, t, unitWord, wordOf } from "./words.js";

const UNITS = { _c: "°C", _rh: "%", _pct: "%", _percent: "%", _rpm: "rpm", _hz: "Hz", _kw: "kW", _v: "V", _k: "K" };

export function showSensors(picture) {
  byId("no-boards").hidden = picture.boards.length > 0;
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
    h("div", { class: "latch" }, h("b"), twice(h("button", { type: "button", class: "act" }, t("act_reset")), () => reset(board.name, told)), told),
    h("dl", { class: "channels" }),
    h("details", {}, h("summary", {}, t("link_counters")), h("dl", { class: "counters" })),
  );
}

function fillBoard(node, board) {
  const [head, cause, latch, channels, details] = node.children;
  const latched = Object.entries(board.latches).map(([output, why]) => `${named(output)} (${wordOf("channel", why)})`);
  latch.hidden = latched.length === 0 && !(board.state === "quarantined" && allowed("reset"));
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
  const link = [["port", board.port], ["firmware", board.firmware], ...Object.entries(board.counters)].filter(([, value]) => value !== "" && value !== null);
  keyed(details.children[1], link, ([name]) => name, () => h("div", {}, h("dt"), h("dd", { class: "fig" })), (pair, [name, value]) => {
    say(pair.children[0], wordOf("counter", name));
    say(pair.children[1], apart(value));
  });
}

async function reset(name, told) {
  try {
    await post(`/api/latches/${encodeURIComponent(name)}/reset?lang=${document.documentElement.lang}`);
    say(told, t("done"));
  } catch (error) {
    say(told, error.message);
  }
}

/** A channel's name in words, without its unit: "exhaust dew point" of exhaust_dew_point_c. */
export function channelName(name) {
  const unit = Object.keys(UNITS).find((end) => name.endsWith(end)) ?? "";
  const stem = unit ? name.slice(0, -unit.length) : name;
  const [, place, quantity] = stem.match(/^(.*?)(?:_(humidity|dew_point|margin))?$/);
  const [, what, which] = place.match(/^(.*?)(\d*)$/);
  const first = `${wordOf("channel", what)}${which && ` ${which}`}`;
  const second = quantity ?? (/^fan/.test(stem) ? { _rpm: "speed", _percent: "of_nominal" }[unit] : "");
  return second ? t("channel_of", { place: first, quantity: wordOf("channel", second) }) : first;
}

/** A channel's name without its unit, its value with it, and whether there is one. */
export function channelText(name, channel) {
  const unit = Object.keys(UNITS).find((end) => name.endsWith(end));
  const { value } = channel;
  const known = value !== null && value !== undefined;
  const text = typeof value === "boolean" ? t(value ? "active" : "quiet") : `${number(value)} ${unitWord(UNITS[unit] ?? "")}`;
  return { label: channelName(name), text: known ? apart(text.trim()) : t("not_known"), known };
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
  say(quality, t(`quality_${meter.quality}`));
  say(age, duration(meter.age_s));
  put(node, "data-bad", meter.quality !== "good");
}

const limitRow = () => h("li", { class: "limit" }, h("b"), h("span", { class: "fig" }), h("span", { class: "why" }));

function fillLimit(node, limit) {
  say(node.children[0], limit.binds ? `${rightToLeft() ? "◀" : "▶"} ${named(limit.source_word)}` : named(limit.source_word));
  say(node.children[1], limit.kw === null ? t("no_limit") : kw(limit.kw));
  say(node.children[2], limit.why);
  put(node, "data-binds", limit.binds);
}
