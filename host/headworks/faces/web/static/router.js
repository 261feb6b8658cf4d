// Which view is shown: the address says so (#/history), and each view is fetched when it is opened.

import { byId, h, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { t } from "./words.js";

const VIEWS = {
  now: null,
  history: () => import("./history.js"),
  journal: () => import("./journal.js"),
  energy: () => import("./energy.js"),
  system: () => import("./system.js"),
  guide: () => import("./guide.js"),
};

let shown = null; // what the view in place has to say for itself
let name = "";
let pictureOf = () => null;
let waiting = null; // for the first picture, which says how the site's clock runs
const PATIENCE_MS = 3000; // then a view opens without: records can be read while no station runs

/** Begin: `latest` gives the latest picture. */
export function startRouter(latest) {
  pictureOf = latest;
  addEventListener("hashchange", () => turn());
}

function wanted() {
  const [, asked] = location.hash.match(/^#\/(\w+)/) ?? [];
  return asked in VIEWS ? asked : "now";
}

/** Show what the address asks for; `anew` also where it is there already, in another language. */
export async function turn(anew = false) {
  const next = wanted();
  paint(next);
  if (next === name && !anew) return;
  const changed = next !== name;
  shown?.end?.();
  shown = null;
  name = next;
  const place = byId("view");
  place.replaceChildren();
  byId("main").hidden = next !== "now";
  place.hidden = next === "now";
  put(document.body, "data-view", next);
  if (next === "now") {
    document.querySelector(/^#[a-z]+$/.test(location.hash) ? location.hash : "nothing")?.scrollIntoView();
    return;
  }
  if (!pictureOf()?.site && !waiting) await new Promise((done) => setTimeout((waiting = done), PATIENCE_MS));
  try {
    const module = await VIEWS[next]();
    if (name !== next || place.firstChild) return;
    shown = module.open(place, pictureOf());
    if (changed) {
      scrollTo(0, 0);
      place.focus({ preventScroll: true });
    }
  } catch (error) {
    place.replaceChildren(h("p", { class: "card said", role: "alert" }, error.message));
  }
}

/** Hand a new picture to the view that is shown. */
export function pass(picture) {
  waiting?.();
  waiting ??= () => {};
  shown?.see?.(picture);
}

function paint(current) {
  const nav = byId("views");
  put(nav, "aria-label", t("views"));
  if (!nav.firstChild) {
    for (const view of Object.keys(VIEWS)) {
      nav.append(h("a", { href: view === "now" ? "#/" : `#/${view}`, "data-view": view }, h("span", { class: "glyph" }), h("span"), h("b", { class: "count", hidden: true })));
    }
  }
  for (const link of nav.children) {
    setIcon(link.children[0], `view-${link.dataset.view}`, 22);
    say(link.children[1], t(`nav_${link.dataset.view}`));
    put(link, "aria-current", link.dataset.view === current ? "page" : null);
  }
}

/** The number at a view's name; `seen` where it asks for nothing. */
export function count(view, value, seen = false) {
  const mark = byId("views").querySelector(`[data-view="${view}"] .count`);
  if (!mark) return;
  mark.hidden = !value;
  say(mark, String(value));
  put(mark, "data-seen", seen);
}
