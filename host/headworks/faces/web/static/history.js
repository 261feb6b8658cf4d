// Power, surplus, racks, temperatures and frequency over time, with what happened, and as a table.

import { get } from "./api.js";
import { Chart, strips } from "./chart.js";
import { h, put, say } from "./dom.js";
import { followFingers } from "./gestures.js";
import { setIcon } from "./icons.js";
import { channelName } from "./sensors.js";
import { code, dateTime, named, t } from "./words.js";

const SPANS = { hour: 3600, day: 86400, week: 604800, month: 2592000 };
const LEAST_S = 60;
const MOST_S = 400 * 86400;
const AGAIN_MS = 10_000;
const MOST_ROWS = 60; // below the charts; the charts have a tick for every event

let view = null;

export function open(root, picture) {
  view = new View(root, picture);
  return view;
}

class View {
  constructor(root, picture) {
    this.zone = picture?.site?.timezone ?? "UTC";
    this.length = SPANS.hour;
    this.to = null; // Unix seconds; null follows the present
    this.charts = [];
    this.asked = 0;
    this.told = null;
    this.present = { now: null, at: 0 }; // Unix seconds of the box, and when that was
    this.buttons = Object.keys(SPANS).map((name) => h("button", { type: "button", class: "choice", onclick: () => this.choose(SPANS[name]) }, t(name)));
    this.when = h("p", { class: "when", role: "status" });
    this.said = h("p", { class: "said", role: "alert" });
    this.table = h("a", { class: "act", download: "" }, t("as_csv"));
    this.body = h("div", { class: "charts" });
    root.append(h("h1", { class: "view-title" }, t("history")), this.bar(), this.when, this.said, this.body);
    followFingers(this.body, { move: (...how) => this.pull(...how), settle: () => this.settle() });
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.sizes = new ResizeObserver(() => this.charts.forEach((chart) => chart.resize()));
    this.sizes.observe(this.body);
    this.timer = setInterval(() => this.to === null && !document.hidden && this.load(), AGAIN_MS);
    this.load();
  }

  bar() {
    const button = (name, sign, act) => h("button", { type: "button", class: "choice icon", "aria-label": t(name), title: t(name), onclick: act }, sign);
    return h(
      "div",
      { class: "controls", role: "group", "aria-label": t("history") },
      h("div", { class: "choices spans" }, this.buttons),
      h("div", { class: "choices", dir: "ltr" }, button("earlier", "◀", () => this.move(-0.5)), button("zoom_out", "−", () => this.zoom(2)), button("zoom_in", "+", () => this.zoom(0.5)), button("later", "▶", () => this.move(0.5))),
      (this.live = h("button", { type: "button", class: "choice", onclick: () => this.follow() }, t("present"))),
      this.table,
    );
  }

  key(event) {
    const acts = { ArrowLeft: () => this.move(-0.25), ArrowRight: () => this.move(0.25), "+": () => this.zoom(0.5), "-": () => this.zoom(2) };
    if (event.ctrlKey || event.metaKey || event.altKey || !acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** The stretch that is shown. What is drawn may be older still, so the present is not taken from it. */
  range() {
    const to = this.to ?? this.now() ?? Date.now() / 1000;
    return { from: to - this.length, to };
  }

  /** Unix seconds of the box's clock, null before it has told them. */
  now() {
    const { now, at } = this.present;
    return now === null ? null : now + (performance.now() - at) / 1000;
  }

  choose(length) {
    this.length = length;
    this.to = null;
    this.load();
  }

  follow() {
    this.to = null;
    this.load();
  }

  move(share) {
    this.until(this.range().to + share * this.length);
    this.load();
  }

  /** Show what is up to then; what has not happened yet is not shown, so the present is followed. */
  until(to) {
    const now = this.now();
    this.to = now !== null && to >= now ? null : to;
  }

  zoom(factor) {
    const { from, to } = this.range();
    const middle = this.to === null && factor < 1 ? to : (from + to) / 2;
    this.length = Math.min(MOST_S, Math.max(LEAST_S, this.length * factor));
    if (this.to !== null) this.until(middle + this.length / 2);
    this.load();
  }

  show(from, to) {
    this.length = Math.max(LEAST_S, to - from);
    this.until(Math.max(to, from + LEAST_S));
    this.load();
  }

  pull(shift, stretch, at) {
    this.asked += 1; // what was asked for before is not drawn over what the fingers show
    const { from } = this.range();
    const fixed = from + at * this.length;
    const length = Math.min(MOST_S, Math.max(LEAST_S, this.length / stretch));
    const first = fixed - at * length - shift * length;
    this.length = length;
    this.to = first + length;
    for (const chart of this.charts) chart.slide(first, this.to);
  }

  settle() {
    if (this.to !== null) this.until(this.to);
    this.load();
  }

  address(path) {
    const { from, to } = this.range();
    const span = this.to === null ? `last=${this.length}` : `from=${from}&to=${to}`;
    const points = Math.round(Math.min(800, Math.max(120, this.body.clientWidth / 1.6)));
    return `${path}?${span}&points=${points}&lang=${code()}`;
  }

  async load() {
    const asked = ++this.asked;
    this.paintBar();
    this.body.setAttribute("aria-busy", "true");
    try {
      const told = await get(this.address("/api/history"));
      if (asked !== this.asked) return; // another has been asked for since
      this.told = told;
      if (this.to === null) this.present = { now: told.from_s + told.count * told.step_s, at: performance.now() };
      say(this.said, "");
      this.paint();
    } catch (error) {
      if (asked === this.asked) say(this.said, error.message);
    } finally {
      if (asked === this.asked) this.body.removeAttribute("aria-busy");
    }
  }

  paintBar() {
    Object.values(SPANS).forEach((length, index) => put(this.buttons[index], "aria-pressed", String(Math.abs(length - this.length) < 1)));
    put(this.live, "aria-pressed", String(this.to === null));
    put(this.table, "href", this.address("/api/history.csv"));
  }

  paint() {
    const told = this.told;
    const range = this.range();
    const events = told.events.filter((event) => event.wall_s !== null);
    const seconds = this.length < SPANS.hour;
    say(this.when, `${dateTime(range.from, this.zone, seconds)} – ${dateTime(range.to, this.zone, seconds)}`);
    for (const chart of this.charts) chart.end();
    this.charts = charts(told);
    const anything = this.charts.length > 0 || told.racks.length > 0;
    const parts = [...this.charts.map((chart) => chart.node)];
    if (told.racks.length) parts.splice(2, 0, strips(told.racks, told.count, t("racks")));
    const held = document.activeElement?.dataset.seq;
    this.body.replaceChildren(...(anything ? parts : [h("p", { class: "card quiet" }, t("nothing_kept"))]), this.events(events, told.more_events));
    for (const chart of this.charts) chart.draw(range, events, this.zone, (from, to) => this.show(from, to), "history");
    if (held) this.body.querySelector(`[data-seq="${held}"]`)?.focus();
  }

  events(events, more) {
    const rows = events.slice(0, MOST_ROWS).map((event) => {
      const glyph = h("span", { class: "glyph" });
      setIcon(glyph, event.grave ? "alarm" : "info", 18);
      const point = () => this.charts.forEach((chart) => chart.point(event.wall_s));
      return h("li", {}, h("button", { type: "button", class: "event", "data-seq": event.seq, onclick: point, onfocus: point, onmouseenter: point }, glyph, h("span", { class: "fig" }, dateTime(event.wall_s, this.zone)), h("span", {}, h("b", {}, event.source), " ", `${event.kind_word}: ${event.text}`, event.note ? ` (${named(event.note)})` : "")));
    });
    const none = h("li", { class: "quiet" }, t("no_events"));
    return h("section", { class: "card", "aria-label": t("journal") }, h("h2", {}, t("journal")), h("ol", { class: "time-line" }, rows.length ? rows : none), more || events.length > MOST_ROWS ? h("p", {}, h("small", {}, t("more_in_journal"))) : null);
  }

  end() {
    clearInterval(this.timer);
    this.sizes.disconnect();
    this.asked += 1;
    for (const chart of this.charts) chart.end();
  }
}

/** The charts that have something to show. */
function charts(told) {
  const times = Array.from({ length: told.count }, (_, index) => told.from_s + (index + 0.5) * told.step_s);
  const made = (name, title, unit, lines, more = {}) => (lines.length ? [new Chart({ name, title, unit, lines, times, ...more })] : []);
  const plain = ({ least, most, ...line }) => line; // without the spread between least and most
  return [
    ...made("power", t("chart_power"), "kW", told.charts.power.map((line) => powerLine(line, told.grid))),
    ...made("surplus", t("surplus"), "kW", told.charts.surplus.map((line) => ({ ...line, label: t("spare"), steps: true }))),
    ...made("temperature", t("temperatures"), "°C", told.charts.temperature.map((line) => ({ ...plain(line), label: sensorName(line.name), width: 1.6 })), { digits: 1, scale: near }),
    ...made("frequency", t("chart_frequency"), "Hz", told.charts.frequency.map((line) => ({ ...line, label: line.name.replace(/\.frequency_hz$/, "") })), { digits: 3, scale: near }),
  ];
}

/** "air · intake" of air.intake_c. */
function sensorName(name) {
  const place = name.lastIndexOf(".");
  return place < 0 ? channelName(name) : `${named(name.slice(0, place))} · ${channelName(name.slice(place + 1))}`;
}

/** A scale that shows small changes of a large figure. */
function near(_, low, high) {
  if (low === null) return [0, 1];
  const pad = Math.max((high - low) * 0.15, 0.02);
  return [low - pad, high + pad];
}

function powerLine(line, grid) {
  if (line.name === "envelope.kw") return { name: line.name, mean: line.mean, label: t("may_draw"), tone: "--wait", dash: [8, 4], steps: true };
  if (line.name === "racks.drawn_kw") return { ...line, label: t("drawn"), tone: "--run", dash: [], width: 2.6 };
  const meter = line.name.replace(/\.power_kw$/, "");
  if (meter === grid) return { ...line, label: `${meter} (${t("import_positive")})`, tone: "--in", dash: [2, 3], width: 2.2 };
  return { name: line.name, mean: line.mean, label: meter, width: 1.4 };
}
