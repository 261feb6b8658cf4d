// The words of the page in the chosen language, and figures with their units.

import { get } from "./api.js";

let words = { code: "en", direction: "ltr", texts: {}, refusals: {}, answers: {}, units: {} };
let answers = []; // what other parts of the box say in English, and how that is said here
const START = "\u2068"; // figures keep left to right inside a line from right to left
const END = "\u2069";

export const code = () => words.code;
export const rightToLeft = () => words.direction === "rtl";

/** Load a language and turn the page its way. */
export async function speak(wanted) {
  words = await get(`/api/languages/${encodeURIComponent(wanted)}`);
  answers = Object.entries(words.answers).map(([english, text]) => [pattern(english), text]);
  document.documentElement.lang = words.code;
  document.documentElement.dir = words.direction;
  for (const node of document.querySelectorAll("[data-t]")) {
    node.textContent = t(node.dataset.t);
  }
}

const pattern = (text) => new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>.+?)")}$`, "s");

/** What the box refuses or denies, by its code; its values may be such sentences too. */
export function refusal({ code, values = {}, error = "" }) {
  const form = words.refusals[code];
  if (form === undefined) return answered(error);
  const word = ([name, value]) => [name, typeof value === "object" ? refusal(value) : name === "role" ? wordOf("role", value) : answered(value)];
  return filled(form, Object.fromEntries(Object.entries(values).map(word)));
}

/** What another part of the box says in English, in the chosen language where that has it. */
export function answered(text) {
  for (const [english, ours] of answers) {
    const found = text.match(english);
    if (found) return filled(ours, Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, value]) => [name, answered(value)])));
  }
  return text;
}

/** A text, with {names} filled in. */
export function t(key, values = {}) {
  return filled(words.texts[key] ?? key, values);
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => apart(values[name] ?? "?"));
}

export function apart(text) {
  return rightToLeft() ? `${START}${text}${END}` : String(text);
}

/** A name of the site, which keeps its own direction inside a line of the other. */
export const named = apart;

/** What stands for both one and many: `key_one` where there is one. */
export const counted = (key, count, values) => t(count === 1 && words.texts[`${key}_one`] ? `${key}_one` : key, values);

/** A long name with its middle left out: its end tells it from its neighbours. */
export function shorten(text, most) {
  const letters = [...text];
  if (letters.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return `${letters.slice(0, most - 1 - tail).join("")}…${tail ? letters.slice(-tail).join("") : ""}`;
}

/** A word of a table in the language file, else what was given, readable. */
export const wordOf = (table, name) => words.texts[`${table}_${name}`] ?? name.replaceAll("_", " ");

/** A figure as people read it: one decimal below ten. */
export function number(value) {
  if (value === null || value === undefined) return "?";
  const size = Math.abs(value);
  return size < 9.95 ? String(Number(value.toFixed(1))) : value.toFixed(0);
}

export const kw = (value) => apart(`${number(value)} ${words.units.kW ?? "kW"}`);

/** Seconds as 4 s, 3 min or 2 h 5 min. */
export function duration(value) {
  if (value === null || value === undefined) return "?";
  const { s = "s", min = "min", h = "h" } = words.units;
  if (value < 60) return apart(`${Math.floor(value)} ${s}`);
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return apart(`${minutes} ${min}`);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return apart(`${hours} ${h} ${minutes % 60} ${min}`);
  return t("days", { days: Math.floor(hours / 24) });
}

export const unitWord = (unit) => words.units[unit] ?? unit;

/** Figures in Western digits in every language, as on the meters. */
const format = (zone, how) => new Intl.DateTimeFormat(`${words.code}-u-nu-latn`, { timeZone: zone, hourCycle: "h23", ...how });

/** A mark on an axis of time, as long as what it is part of. */
export function clockOf(at, zone, length) {
  const how = length > 3 * 86400 ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit", ...(length < 600 ? { second: "2-digit" } : {}) };
  return format(zone, how).format(at * 1000);
}

/** Day and time at the site; without seconds where they say nothing. */
export const dateTime = (at, zone, seconds = true) => apart(format(zone, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) }).format(at * 1000));

/** Unix seconds at which a day (2026-11-27) begins at the site, so many days later. */
export function dayAt(day, zone, later = 0) {
  const [year, month, date] = day.split("-").map(Number);
  const wanted = Date.UTC(year, month - 1, date + later);
  const clock = new Intl.DateTimeFormat("en-u-nu-latn", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  const shown = (at) => {
    const part = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  };
  let at = wanted;
  for (let turn = 0; turn < 2; turn += 1) at += wanted - shown(at); // twice: the first guess may lie on the other side of a change of the clock
  return at / 1000;
}

/** kB, MB or GB. */
export function bytes(value) {
  if (value === null || value === undefined) return t("not_known");
  const [size, unit] = value < 1e6 ? [value / 1e3, "kB"] : value < 1e9 ? [value / 1e6, "MB"] : [value / 1e9, "GB"];
  return apart(`${number(size)}\u00a0${unit}`);
}
