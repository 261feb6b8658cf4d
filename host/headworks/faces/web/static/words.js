// The words of the page in the chosen language, and figures with their units.

import { get } from "./api.js";

let words = { code: "en", direction: "ltr", texts: {}, units: {} };
const START = "\u2068"; // figures keep left to right inside a line from right to left
const END = "\u2069";

export const code = () => words.code;
export const rightToLeft = () => words.direction === "rtl";

/** Load a language and turn the page its way. */
export async function speak(wanted) {
  words = await get(`/api/languages/${encodeURIComponent(wanted)}`);
  document.documentElement.lang = words.code;
  document.documentElement.dir = words.direction;
  for (const node of document.querySelectorAll("[data-t]")) {
    node.textContent = t(node.dataset.t);
  }
}

/** A text, with {names} filled in. */
export function t(key, values = {}) {
  const text = words.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => apart(values[name] ?? "?"));
}

export function apart(text) {
  return rightToLeft() ? `${START}${text}${END}` : String(text);
}

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

/** Day and time at the site. */
export const dateTime = (at, zone) => apart(format(zone, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(at * 1000));

/** kB, MB or GB. */
export function bytes(value) {
  if (value === null || value === undefined) return t("not_known");
  const [size, unit] = value < 1e6 ? [value / 1e3, "kB"] : value < 1e9 ? [value / 1e6, "MB"] : [value / 1e9, "GB"];
  return apart(`${number(size)} ${unit}`);
}
