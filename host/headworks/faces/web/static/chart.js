// One chart over time: lines with their least and most, events as ticks, a legend that has words.
// Time runs from left to right in every language.

import uPlot from "./uplot.js";
import { h, put, s, say } from "./dom.js";
import { apart, clockOf, number, t, unitWord } from "./words.js";

export const GUTTER = 56; // left of the drawing, for figures and for the names of racks
export const MARGIN = 20; // right of it
const HEIGHT = 190;
const style = h("link", { rel: "stylesheet", href: "/static/uplot.css" });
document.head.append(style);
await new Promise((done) => {
  style.onload = style.onerror = done; // it has been there before the first drawing is measured
});
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 5]];
const TONES = ["--in", "--run", "--wait", "--lock", "--bad", "--soft"];

const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How a line looks; every line of a chart has a dash of its own beside its colour. */
function looks(lines) {
  return lines.map((line, index) => ({
    tone: line.tone ?? TONES[index % TONES.length],
    dash: line.dash ?? DASHES[index % DASHES.length],
    width: line.width ?? 2,
  }));
}

export class Chart {
  /** `lines`: name, label, mean, least and most (or none), and how it looks. */
  constructor(given) {
    this.given = given;
    this.looks = looks(given.lines);
    this.legend = h("ul", { class: "legend" });
    this.place = h("div", { class: "plot", dir: "ltr" });
    this.node = h("section", { class: "card chart", "aria-label": given.title }, h("h2", {}, given.title, " ", h("small", {}, `(${apart(unitWord(given.unit))})`)), this.place, this.legend);
    this.values = given.lines.map((line, index) => this.entry(line, this.looks[index]));
  }

  entry(line, look) {
    const sample = s("svg", { width: 28, height: 10, class: "sample", "aria-hidden": "true" });
    const stroke = s("line", { x1: 0, y1: 5, x2: 28, y2: 5, "stroke-width": look.width + 0.5, "stroke-dasharray": look.dash.join(" ") || null });
    stroke.style.stroke = `var(${look.tone})`;
    sample.append(stroke);
    const value = h("b", { class: "fig" });
    this.legend.append(h("li", {}, sample, h("span", {}, line.label), value));
    return value;
  }

  /** Draw into the page; it must be there, since the width is that of its place. */
  draw(range, events, zone, onSelect, sync) {
    const { lines } = this.given;
    const data = [this.given.times];
    const series = [{}];
    const bands = [];
    lines.forEach((line, index) => {
      const look = this.looks[index];
      const stroke = tone(look.tone);
      data.push(line.mean);
      series.push({ stroke, width: look.width, dash: look.dash, paths: line.steps ? uPlot.paths.stepped({ align: 1 }) : undefined, points: { show: false }, spanGaps: false });
      if (!line.least) return;
      data.push(line.most, line.least);
      series.push({ stroke: null, width: 0, points: { show: false } }, { stroke: null, width: 0, points: { show: false } });
      bands.push({ series: [data.length - 2, data.length - 1], fill: `${stroke}2e` });
    });
    this.plot?.destroy();
    this.plot = new uPlot(this.options(range, series, bands, events, zone, onSelect, sync), data, this.place);
    this.tell(null);
  }

  options(range, series, bands, events, zone, onSelect, sync) {
    const axis = { stroke: tone("--soft"), grid: { stroke: tone("--line"), width: 1 }, ticks: { stroke: tone("--line"), width: 1 }, font: "12px system-ui" };
    const length = range.to - range.from;
    return {
      width: this.place.clientWidth,
      height: HEIGHT,
      padding: [10, MARGIN, 0, 0],
      series,
      bands,
      legend: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
      scales: { x: { time: true, min: range.from, max: range.to }, y: { range: this.given.scale ?? ((_, low, high) => uPlot.rangeNum(Math.min(low ?? 0, 0), Math.max(high ?? 1, 1), 0.1, true)) } },
      axes: [
        { ...axis, size: 32, values: (_, marks) => marks.map((at) => clockOf(at, zone, length)), space: 70 },
        { ...axis, size: GUTTER, values: (_, marks) => marks.map((mark) => String(Number(mark.toFixed(2)))) },
      ],
      cursor: { sync: { key: sync, scales: ["x", null] }, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      hooks: {
        setCursor: [(plot) => this.tell(plot.cursor.idx)],
        setSelect: [(plot) => plot.select.width > 6 && onSelect(plot.posToVal(plot.select.left, "x"), plot.posToVal(plot.select.left + plot.select.width, "x"))],
        draw: [(plot) => ticks(plot, events)],
      },
    };
  }

  /** The figures at the cursor, else the last that are known. */
  tell(at) {
    this.given.lines.forEach((line, index) => {
      const place = at ?? line.mean.findLastIndex((value) => value !== null);
      const value = line.mean[place];
      const digits = this.given.digits;
      const text = value === null || value === undefined ? t("not_known") : apart(`${digits ? value.toFixed(digits) : number(value)} ${unitWord(this.given.unit)}`);
      say(this.values[index], text);
    });
  }

  /** Show another stretch of what is loaded already, while a finger pulls. */
  slide(from, to) {
    this.plot?.setScale("x", { min: from, max: to });
  }

  resize() {
    this.plot?.setSize({ width: this.place.clientWidth, height: HEIGHT });
  }

  /** Put the cursor at a time. */
  point(at) {
    this.plot?.setCursor({ left: this.plot.valToPos(at, "x"), top: 10 });
  }

  end() {
    this.plot?.destroy();
    this.plot = null;
  }
}

/** Events as ticks: a grave one has a triangle at its top, so that it is more than a colour. */
function ticks(plot, events) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  for (const event of events) {
    const x = plot.valToPos(event.wall_s, "x", true);
    if (!(x >= bbox.left && x <= bbox.left + bbox.width)) continue;
    ctx.strokeStyle = ctx.fillStyle = tone(event.grave ? "--bad" : "--soft");
    ctx.lineWidth = ratio;
    ctx.setLineDash(event.grave ? [] : [2 * ratio, 3 * ratio]);
    ctx.globalAlpha = event.grave ? 0.5 : 0.4;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (!event.grave) continue;
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(x - 4 * ratio, bbox.top - 8 * ratio);
    ctx.lineTo(x + 4 * ratio, bbox.top - 8 * ratio);
    ctx.lineTo(x, bbox.top);
    ctx.fill();
  }
  ctx.restore();
}

/** When each rack ran: a bar where it was on, a hatch where nothing is known. */
export function strips(racks, count, title) {
  const rows = racks.map((rack) => {
    const drawn = s("svg", { viewBox: `0 0 ${count} 10`, preserveAspectRatio: "none", class: "strip", "aria-hidden": "true" });
    for (const [kind, from, length] of runs(rack.on)) drawn.append(s("rect", { x: from, y: kind === "none" ? 4 : 0, width: length, height: kind === "none" ? 2 : 10, class: `run-${kind}` }));
    const known = rack.on.filter((share) => share !== null);
    const share = known.length ? known.reduce((sum, one) => sum + one, 0) / known.length : null;
    const told = share === null ? t("not_known") : apart(`${Math.round(share * 100)} %`);
    return h("li", {}, h("b", {}, rack.name), drawn, h("span", { class: "fig" }, told));
  });
  return h("section", { class: "card chart", "aria-label": title }, h("h2", {}, title, " ", h("small", {}, `(${t("share_on")})`)), h("ul", { class: "strips", dir: "ltr" }, rows));
}

function runs(values) {
  const found = [];
  values.forEach((value, index) => {
    const kind = value === null ? "none" : value > 0.99 ? "on" : value > 0 ? "part" : "off";
    const last = found.at(-1);
    if (last && last[0] === kind) last[2] += 1;
    else found.push([kind, index, 1]);
  });
  return found.filter(([kind]) => kind !== "off");
}
