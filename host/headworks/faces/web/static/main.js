// Brings the parts together: language, theme, who is signed in, and every picture as it comes.

import { openAccount, whoAmI } from "./account.js";
import { showAlarms, showEvents } from "./alarms.js";
import { get } from "./api.js";
import { Diagram } from "./diagram.js";
import { byId, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { Live } from "./live.js";
import { showNow } from "./now.js";
import { openRack, showRacks } from "./racks.js";
import { pass, startRouter, turn } from "./router.js";
import { showSensors } from "./sensors.js";
import { answered, code, duration, speak, t } from "./words.js";

const diagram = new Diagram(byId("diagram"), openRack);
const live = new Live(show);
let languages = [];

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // then it is asked again next time
  }
}

function show() {
  const { picture } = live;
  const link = live.link();
  put(document.body, "data-link", link);
  put(document.body, "data-way", live.way);
  showLink(link);
  showNow(picture ?? {}, link);
  if (!picture?.racks) return;
  say(byId("site"), picture.site.name);
  say(byId("clock"), picture.time ? picture.time.slice(11, 16) : t("no_clock"));
  document.title = `${picture.site.name} · Headworks`;
  showRacks(picture);
  showAlarms(picture);
  showSensors(picture);
  showEvents(picture);
  showSystem(picture);
  if (!byId("main").hidden) diagram.show(picture);
  pass(picture);
}

function showLink(link) {
  const age = live.age();
  const shown = age === null ? "" : duration(age);
  const asks = link === "live" && live.way === "poll";
  say(byId("link"), t(asks ? "link_asking" : `link_${link}`, { age: shown }));
  put(byId("link"), "title", asks ? t("asking_about") : null);
  put(byId("link"), "data-link", link);
  const banner = byId("banner");
  banner.hidden = link === "live" || (link === "never" && live.quietFor() < 2);
  if (banner.hidden) return;
  const since = age === null ? "" : ` ${t("picture_age", { age: shown })}`;
  const why = link === "gone" || link === "never" ? ` (${answered(live.picture?.cause || t("link_never"))})` : "";
  const text = live.refused === "sign-in" ? t("sign_in_to_look") : live.refused || `${t(`banner_${link}`)}${since}${why}`;
  say(banner, text.trim());
}

function showSystem(picture) {
  const scan = picture.scan;
  const parts = [
    `Headworks ${picture.version}`,
    t("uptime", { age: duration(picture.uptime_s) }),
    t("scan", { ms: (scan.p99_us / 1000).toFixed(1), late: scan.late }),
    t("site_hash", { hash: picture.site.sha256.slice(0, 12) }),
  ];
  say(byId("system"), parts.join(" · "));
}

async function choose(wanted) {
  await speak(wanted);
  remember("language", code());
  const next = other();
  say(byId("language"), next ? next.name : "");
  put(byId("language"), "lang", next?.code);
  paintTheme();
  diagram.key = "";
  for (const id of ["alarm-list", "board-list"]) forget(byId(id));
  live.start();
  await whoAmI();
  await turn(true);
}

/** Lists whose fixed words were made in the language before. */
function forget(list) {
  list.replaceChildren();
  list.keyedNodes = undefined;
}

function other() {
  const place = languages.findIndex((one) => one.code === code());
  return languages.length > 1 ? languages[(place + 1) % languages.length] : null;
}

function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function paintTheme() {
  setIcon(byId("theme"), dark() ? "sun" : "moon", 20);
  put(byId("theme"), "aria-label", t(dark() ? "to_light" : "to_dark"));
}

async function begin() {
  const theme = remembered("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  languages = await get("/api/languages");
  const known = languages.map((one) => one.code);
  const wanted = [remembered("language"), ...navigator.languages.map((one) => one.slice(0, 2))];
  byId("language").onclick = () => other() && choose(other().code);
  byId("theme").onclick = () => {
    const next = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remember("theme", next);
    paintTheme();
    turn(true); // charts are drawn in the colours of the theme
  };
  startRouter(() => live.picture);
  new ResizeObserver(() => live.picture?.racks && diagram.show(live.picture)).observe(byId("diagram"));
  await choose(wanted.find((one) => known.includes(one)) ?? "en");
  let name = null;
  const session = await whoAmI((now) => {
    show();
    if (name !== null && name !== now.name) turn(true); // other buttons for another person
    name = now.name;
  });
  if (session.private && !session.name) openAccount();
}

begin().catch((error) => {
  byId("banner").hidden = false;
  say(byId("banner"), `${error.message}`);
  setTimeout(() => location.reload(), 5000);
});
