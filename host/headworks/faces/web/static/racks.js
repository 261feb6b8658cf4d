// Each rack: state, power and one sentence why; and what a person may do with it.

import { post } from "./api.js";
import { byId, h, keyed, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { allowed } from "./account.js";
import { twice } from "./twice.js";
import { answered, apart, duration, kw, named, number, t, unitWord } from "./words.js";

let opened = null; // name of the rack in the dialog
let picture = null;

export function showRacks(next) {
  picture = next;
  keyed(
    byId("rack-list"),
    next.racks,
    (rack) => rack.name,
    (rack) => row(rack.name),
    (node, rack) => fill(node.firstChild, rack),
  );
  filter(next.racks);
  if (opened !== null) refresh();
}

const ORDER = ["running", "starting", "stopping", "off", "locked-out", "tripped", "faulted"];
const MANY = 16; // racks; more are easier to read in two columns, and by their states
let chosen = ""; // the state that alone is shown; none shows all

/** Where there are many racks: how many are in each state, and those of one state alone. */
function filter(racks) {
  const list = byId("rack-list");
  put(list, "data-many", racks.length > MANY);
  const states = ORDER.filter((state) => racks.some((rack) => rack.state === state));
  if (!states.includes(chosen)) chosen = "";
  const place = byId("rack-states");
  place.hidden = racks.length <= MANY || states.length < 2;
  const rows = states.map((state) => ({ state, all: racks.filter((rack) => rack.state === state) }));
  keyed(place, place.hidden ? [] : rows, (row) => row.state, chip, (node, row) => {
    say(node.children[1], `${row.all.length} ${row.all[0].state_word}`);
    put(node, "aria-pressed", String(row.state === chosen));
  });
  racks.forEach((rack, index) => (list.children[index].hidden = chosen !== "" && rack.state !== chosen));
}

function chip({ state }) {
  const press = () => {
    chosen = chosen === state ? "" : state;
    filter(picture.racks);
  };
  const node = h("button", { type: "button", class: "chip", onclick: press }, h("span", { class: "glyph" }), h("span"));
  setIcon(node.firstChild, state, 18);
  return node;
}

function row(name) {
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "rack", onclick: () => openRack(name) },
      h("span", { class: "glyph" }),
      h("span", { class: "who" }, h("b"), h("small")),
      h("span", { class: "state" }),
      h("span", { class: "fig power" }),
      h("span", { class: "why" }),
    ),
  );
}

function fill(button, rack) {
  const [glyph, who, state, power, why] = button.children;
  setIcon(glyph, rack.state, 24);
  say(who.children[0], rack.name);
  say(who.children[1], rack.kind.toUpperCase());
  say(state, rack.state_word);
  say(power, kw(rack.power_kw));
  say(why, rack.why);
  put(button, "data-state", rack.state);
}

export function openRack(name) {
  opened = name;
  const dialog = byId("rack-dialog");
  const note = h("input", { id: "note", maxlength: 200, autocomplete: "off" });
  dialog.replaceChildren(
    h("form", { method: "dialog" }, h("h2", { id: "rack-title" }), h("button", { class: "close", "aria-label": t("close") }, "×")),
    h("p", { class: "why big" }),
    h("dl", { class: "facts" }),
    h("div", { class: "acts" }, h("label", { for: "note" }, t("note")), note, h("div", { class: "buttons" })),
    h("p", { class: "said", role: "status" }),
  );
  put(dialog, "aria-labelledby", "rack-title");
  dialog.addEventListener("close", () => (opened = null), { once: true });
  refresh();
  if (!dialog.open) dialog.showModal();
}

const ACTS = [
  { action: "off", when: (rack) => !rack.off_by && !rack.locked_by, kind: "warn" },
  { action: "auto", when: (rack) => rack.off_by && !rack.locked_by, kind: "go" },
  { action: "lock", when: (rack) => !rack.locked_by, kind: "lock" },
  { action: "unlock", when: (rack) => rack.locked_by, kind: "go" },
  { action: "reset", when: (rack) => rack.latched, kind: "go", path: "latches" },
];

function refresh() {
  const rack = picture?.racks.find((one) => one.name === opened);
  if (!rack) return;
  const dialog = byId("rack-dialog");
  say(dialog.querySelector("h2"), `${named(rack.name)} · ${rack.state_word}`);
  say(dialog.querySelector(".why"), rack.why);
  keyed(dialog.querySelector(".facts"), facts(rack), (one) => one[0], pair, (node, [name, value]) => {
    say(node.children[0], name);
    say(node.children[1], value);
  });
  const able = ACTS.filter((act) => act.when(rack) && allowed(act.action));
  keyed(dialog.querySelector(".buttons"), able, (act) => act.action, button, () => {});
  const note = dialog.querySelector(".acts");
  note.hidden = able.length === 0;
  if (!able.length) say(dialog.querySelector(".said"), t(allowed("off") ? "nothing_to_do" : "sign_in_to_act"));
}

const pair = () => h("div", {}, h("dt"), h("dd"));

function facts(rack) {
  return [
    [t("power"), apart(`${kw(rack.power_kw)} / ${kw(rack.rated_kw)}`)],
    [t("since"), duration(rack.since_s)],
    [t("starts_today"), String(rack.starts_today)],
    [t("switchings"), String(rack.switchings)],
    [t("hours_on"), rack.on_total_s === undefined ? t("not_known") : apart(`${number(rack.on_total_s / 3600)} ${unitWord("h")}`)],
    [t("wear"), wear(rack)],
    ...(rack.locked_by ? [[t("locked_by"), rack.locked_by]] : []),
    ...(rack.off_by ? [[t("off_by"), rack.off_by]] : []),
    ...(rack.note ? [[t("note_left"), rack.note]] : []), // here too: another reason may be told first
  ];
}

/** How often it was switched for each hour on: what wears a contactor is the switching. */
function wear(rack) {
  const hours = (rack.on_total_s ?? 0) / 3600;
  return hours < 1 ? t("not_known") : apart(`${number(rack.switchings / hours)} / ${unitWord("h")}`);
}

function button(act) {
  const name = opened;
  const node = h("button", { type: "button", class: `act ${act.kind}` }, t(`act_${act.action}`));
  const go = () => carryOut(act, name);
  if (act.kind === "go") return twice(node, go);
  node.addEventListener("click", go);
  return node;
}

async function carryOut(act, name) {
  const said = byId("rack-dialog").querySelector(".said");
  const note = byId("note").value.trim();
  if (act.action === "lock" && !note) {
    say(said, t("note_wanted"));
    byId("note").focus();
    return;
  }
  say(said, t("asking"));
  try {
    const answer = await post(`/api/${act.path ?? "racks"}/${encodeURIComponent(name)}/${act.action}?lang=${document.documentElement.lang}`, { note });
    say(said, answer.warning ? answered(answer.warning) : t("done"));
    byId("note").value = "";
  } catch (error) {
    say(said, error.message);
  }
}
