// What is shown and asked in each step of commissioning. A panel sees every picture.

import { get } from "./api.js";
import { h, keyed, put, say } from "./dom.js";
import { channelText } from "./sensors.js";
import { twice } from "./twice.js";
import { answered, apart, duration, kw, number, t, wordOf } from "./words.js";

const clock = (picture) => picture.time?.slice(11, 19) ?? new Date().toTimeString().slice(0, 8); // as it is at the site
const path = (row) => `/api/guide/${encodeURIComponent(row.target)}/${row.step}`;

/** The panel of a step: `node`, and `see` for live readings. */
export function panelOf(row, send, allowed) {
  const made = { meter, sign, sensor, relay, trip, deadman }[row.step](row, send, allowed);
  if (!allowed("lock")) for (const node of made.node.querySelectorAll("button, input")) node.disabled = true;
  return made;
}

const facts = () => h("dl", { class: "facts" });
const fill = (list, pairs) =>
  keyed(list, pairs, (pair) => pair[0], () => h("div", {}, h("dt"), h("dd", { class: "fig" })), (node, [name, value, bad]) => {
    say(node.children[0], name);
    say(node.children[1], value);
    put(node, "data-bad", Boolean(bad));
  });

/** Note, passed, failed. `ready` says what must have been seen before it may pass. */
function verdict(row, send, seen = () => "") {
  const id = `note-${row.step}-${row.target}`;
  const note = h("input", { id, maxlength: 200, autocomplete: "off" });
  const button = (result, kind) => h("button", { type: "button", class: `act ${kind}`, onclick: () => send(path(row), { result, note: note.value, seen: seen() }) }, t(`say_${result}`));
  const pass = button("pass", "go");
  return { pass, node: h("div", { class: "acts" }, h("label", { for: id }, t("guide_note")), note, h("div", { class: "buttons" }, pass, button("fail", "warn"))) };
}

function meterFacts(list, row, picture) {
  const one = picture.meters.find((each) => each.name === row.target);
  if (!one) return;
  const hertz = one.frequency_hz === null ? t("not_known") : apart(`${one.frequency_hz.toFixed(2)} Hz`);
  fill(list, [[t("power_now"), kw(one.power_kw)], [t("frequency"), hertz], [t("quality"), t(`quality_${one.quality}`), one.quality !== "good"], [t("age"), duration(one.age_s)]]);
}

const UNITS = { kw: "kW", kwh: "kWh", kvar: "kvar", kvarh: "kvarh", kva: "kVA", v: "V", a: "A", hz: "Hz" };

/** "voltage L1" and "230 V" of voltage_l1_v. */
function valueOf(name, value) {
  const end = name.slice(name.lastIndexOf("_") + 1);
  const stem = UNITS[end] ? name.slice(0, -end.length - 1) : name;
  const [, what, phase] = stem.match(/^(.*?)(?:_(l\d\w*))?$/);
  return [`${wordOf("value", what)}${phase ? ` ${apart(phase.toUpperCase())}` : ""}`, apart(`${number(value)} ${UNITS[end] ?? ""}`.trim())];
}

function meter(row, send) {
  const list = facts();
  const values = h("dl", { class: "facts values" });
  const found = h("ul", { class: "findings" });
  const told = h("p", { role: "status" });
  const read = async () => {
    try {
      const answer = await get(`/api/meters/${encodeURIComponent(row.target)}`);
      fill(values, Object.entries(answer.values).map(([name, value]) => valueOf(name, value)));
      found.replaceChildren(...answer.findings.map((one) => h("li", { "data-bad": !one.ok }, `${one.ok ? "✓" : "✗"} `, answered(one.text))));
      say(told, Object.keys(answer.values).length ? "" : t("not_known"));
    } catch (error) {
      say(told, error.message);
    }
  };
  const ask = verdict(row, send, () => found.textContent.slice(0, 200));
  const node = h("div", {}, list, h("button", { type: "button", class: "act", onclick: read }, t("read_values")), told, found, values, ask.node);
  return { node, see: (picture) => meterFacts(list, row, picture) };
}

function sign(row, send) {
  const list = facts();
  const id = `load-${row.target}`;
  const load = h("input", { id, type: "number", step: "any", inputmode: "decimal", required: true });
  let began = null; // when the power before the step was noted
  let power = null;
  const before = h("output", { class: "fig" });
  const mark = h("button", { type: "button", class: "act" }, t("sign_mark"));
  const judge = h("button", { type: "submit", class: "act go", disabled: true }, t("sign_judge"));
  mark.onclick = () => {
    began = performance.now();
    judge.disabled = true; // until the load has had its time
    say(before, t("sign_before", { power: kw(power) }));
  };
  const form = h(
    "form",
    { class: "acts", onsubmit: (event) => (event.preventDefault(), send(path(row), { load_kw: load.value, ago_s: String((performance.now() - began) / 1000) })) },
    h("ol", { class: "recipe" }, h("li", {}, h("label", { for: id }, t("sign_load")), load), h("li", {}, mark, " ", before), h("li", {}, t("sign_switch")), h("li", {}, judge)),
  );
  const see = (picture) => {
    meterFacts(list, row, picture);
    power = picture.meters.find((each) => each.name === row.target)?.power_kw ?? null;
    const ago = began === null ? 0 : (performance.now() - began) / 1000;
    if (!mark.disabled) judge.disabled = ago < 5 || ago > 150;
  };
  return { node: h("div", {}, list, form), see };
}

function sensor(row, send) {
  const list = facts();
  const ask = verdict(row, send, () => list.textContent.slice(0, 200));
  const see = (picture) => {
    const board = picture.boards.find((one) => one.name === row.target);
    if (!board) return;
    const channels = Object.entries(board.channels).map(([name, one]) => {
      const { label, text, known } = channelText(name, one);
      return [label, text, !known];
    });
    fill(list, [[board.name, `${board.model} · ${board.state_word}`, board.state !== "runs"], ...channels]);
  };
  return { node: h("div", {}, list, ask.node), see };
}

/** Racks are switched by the station's own orders: what it refuses is not switched. */
function relay(row, send, allowed) {
  const list = facts();
  let seenOn = "";
  let seenOff = "";
  const order = (action) => h("button", { type: "button", class: "act", hidden: !allowed(action) }, t(`act_${action}`));
  const go = (action) => send(`/api/racks/${encodeURIComponent(row.target)}/${action}?lang=${document.documentElement.lang}`, { note: t("guide") });
  const on = order("auto");
  twice(on, () => go("auto"));
  const off = order("off");
  off.addEventListener("click", () => go("off"));
  const ask = verdict(row, send, () => [seenOn && `on ${seenOn}`, seenOff && `off ${seenOff}`].filter(Boolean).join(", "));
  const see = (picture) => {
    const rack = picture.racks.find((one) => one.name === row.target);
    if (!rack) return;
    if (rack.on && rack.state === "running") [seenOn, seenOff] = [seenOn || clock(picture), ""];
    if (!rack.on && rack.state === "off" && seenOn) seenOff ||= clock(picture);
    fill(list, [[t("state"), rack.state_word, ["faulted", "tripped"].includes(rack.state)], [t("power_now"), kw(rack.power_kw)], [t("seen_on"), seenOn || "–"], [t("seen_off"), seenOff || "–"]]);
    say(why, rack.why);
  };
  const why = h("p", { class: "why" });
  return { node: h("div", {}, list, why, h("div", { class: "buttons" }, on, off), ask.node), see };
}

function trip(row, send, allowed) {
  const list = facts();
  let seen = "";
  const ask = verdict(row, send, () => seen && `acted ${seen}`);
  const see = (picture) => {
    const one = (picture.interlocks ?? []).find((each) => each.name === row.target);
    if (one && one.sees !== "nothing") seen ||= clock(picture);
    fill(list, [[t("interlock"), one ? `${one.when} · ${t(one.sees === "nothing" ? "quiet" : "active")}` : t("quiet")], [t("seen_acting"), seen || "–"], [t("racks"), racksOn(picture)]]);
  };
  return { node: h("div", {}, list, ask.node), see };
}

function deadman(row, send) {
  const list = facts();
  const ask = verdict(row, send);
  const see = (picture) => fill(list, [[t("racks"), racksOn(picture)]]);
  return { node: h("div", {}, list, h("ol", { class: "recipe" }, [1, 2, 3, 4].map((number) => h("li", {}, t(`deadman_${number}`)))), ask.node), see };
}

function racksOn(picture) {
  const on = picture.racks.filter((rack) => rack.on).length;
  return t("racks_on", { on, all: picture.racks.length });
}
