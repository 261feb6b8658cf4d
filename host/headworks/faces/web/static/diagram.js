// The single-line diagram: grid, transformer, feeders, racks; figures and direction on each.
// `shape` is laid out once for a width and a set of names, `paint` puts in the figures.

import { put, s, say } from "./dom.js";
import { iconAt } from "./icons.js";
import { kw, named, number, rightToLeft, shorten, t } from "./words.js";

const RISER = 22; // x of the line that comes down from the grid
const STEP = 24; // between a feeder and the feeders below it
const TOP = 56; // of the grid's symbol
const HEAD = 50; // of a feeder's name and bar
const TILE_H = 46;
const GAP = 4;

/** Feeders in the order in which they are drawn, each with its depth and its racks. */
export function branches(picture) {
  const found = [];
  const names = new Set(picture.feeders.map((one) => one.name));
  const below = (parent, depth) => {
    for (const feeder of picture.feeders) {
      const above = names.has(feeder.parent) ? feeder.parent : null;
      if (above !== parent || found.some((one) => one.name === feeder.name)) continue;
      const racks = picture.racks.filter((rack) => rack.feeder === feeder.name);
      const deeper = picture.feeders.some((one) => one.parent === feeder.name);
      found.push({ name: feeder.name, depth, racks: racks.map((rack) => rack.name), deeper, parent });
      below(feeder.name, depth + 1);
    }
  };
  below(null, 0);
  const loose = picture.racks.filter((rack) => !names.has(rack.feeder)).map((rack) => rack.name);
  if (loose.length) found.push({ name: "", depth: 0, racks: loose, deeper: false, parent: null });
  return found;
}

/** A name that would run into the power beside it loses its middle. */
function fit(node) {
  const key = `${node.full} ${node.power.textContent}`;
  if (node.fitted === key) return;
  node.fitted = key;
  const room = node.room - node.power.getComputedTextLength();
  for (let most = node.full.length; most >= 3; most -= 1) {
    say(node.name, named(shorten(node.full, most)));
    if (node.name.getComputedTextLength() <= room) return;
  }
}

export class Diagram {
  constructor(place, onRack) {
    this.place = place;
    this.onRack = onRack;
    this.key = "";
  }

  show(picture) {
    const width = Math.max(280, Math.floor(this.place.clientWidth));
    const rows = branches(picture);
    const key = JSON.stringify([width, rightToLeft(), rows, document.documentElement.lang]);
    if (key !== this.key) {
      this.key = key;
      this.shape(rows, width);
    }
    this.paint(picture);
  }

  /** Mirrored where the language runs from right to left. */
  x(value) {
    return rightToLeft() ? this.width - value : value;
  }

  line(x1, y1, x2, y2, kind = "wire") {
    return s("line", { x1: this.x(x1), y1, x2: this.x(x2), y2, class: kind });
  }

  text(x, y, kind, anchor = "start") {
    return s("text", { x: this.x(x), y, class: kind, "text-anchor": anchor });
  }

  shape(rows, width) {
    this.width = width;
    this.feeders = new Map();
    this.tiles = new Map();
    const parts = [];
    const risers = new Map(); // parent -> the line down from it: its x, from, to
    const apart = rows.filter((row) => row.depth === 0).length > 1 ? 1 : 0; // several below the grid hang from one line
    let y = TOP;
    for (const row of rows) {
      const at = RISER + (row.depth + apart) * STEP;
      y = this.branch(parts, row, { at, y, risers });
    }
    const wires = [...risers.values()].map(({ x, from, to }) => this.line(x, from, x, to));
    this.grid = this.source();
    const drawn = s(
      "svg",
      { viewBox: `0 0 ${width} ${y}`, width, height: y, role: "group", "aria-label": t("diagram") },
      wires,
      this.grid.parts,
      parts,
    );
    this.place.replaceChildren(drawn);
  }

  /** The grid: a circle with a wave, and what flows between it and us. */
  source() {
    const name = this.text(RISER + 26, 20, "name");
    say(name, t("grid"));
    const power = this.text(this.width - 2, 22, "power", "end");
    const word = this.text(this.width - 2, 40, "small", "end");
    const wave = s("path", {
      d: `M${this.x(RISER) - 8} 20q4 -8 8 0t8 0`,
      class: "wave",
    });
    const circle = s("circle", { cx: this.x(RISER), cy: 20, r: 14, class: "symbol" });
    const arrow = s("path", { class: "arrow" });
    return { parts: [circle, wave, name, power, word, arrow], power, word, arrow, along: true };
  }

  branch(parts, row, { at, y, risers }) {
    const middle = y + 14;
    const root = at === RISER;
    const riser = Math.max(RISER, at - STEP);
    const above = risers.get(row.parent) ?? { x: riser, from: 34, to: middle };
    risers.set(row.parent, { ...above, to: middle });
    if (row.deeper) risers.set(row.name, { x: at, from: middle + 6, to: middle + 6 });
    const node = { flow: null, power: this.text(this.width - 2, y + 19, "power", "end") };
    node.word = this.text(this.width - 2, y + 38, "small", "end");
    node.name = this.text(at + 24, y + 19, "name");
    node.full = row.name || t("no_feeder");
    node.room = this.width - at - 34; // for the name and the power beside it
    const symbol = row.depth === 0 && row.deeper ? this.transformer(riser, at, middle) : this.breaker(riser, at, middle);
    const barStart = at + 24;
    const barWidth = Math.max(40, this.width - barStart - 118);
    node.bar = { x: barStart, width: barWidth };
    node.track = s("rect", { x: this.x(barStart) - (rightToLeft() ? barWidth : 0), y: y + 29, width: barWidth, height: 8, rx: 4, class: "track" });
    node.load = s("rect", { y: y + 29, height: 8, rx: 4, class: "load" });
    node.arrow = s("path", { class: "arrow" });
    node.arrowAt = root ? [at, middle + 30] : row.depth === 0 && row.deeper ? [at - 18, middle - 6] : [at - 13, middle];
    node.along = root;
    parts.push(symbol, node.name, node.power, node.word, ...(row.name ? [node.track, node.load] : []), node.arrow);
    this.feeders.set(row.name, node);
    let bottom = y + HEAD;
    if (row.racks.length) bottom = this.rackRows(parts, row, at, middle, bottom);
    return bottom + 10;
  }

  transformer(from, to, y) {
    const circle = (shift) => s("circle", { cx: this.x(to), cy: y + shift, r: 11, class: "symbol" });
    return s("g", {}, from === to ? null : this.line(from, y - 6, to, y - 6), circle(-6), circle(8));
  }

  breaker(from, to, y) {
    const box = s("rect", { x: this.x(to) - 6, y: y - 6, width: 12, height: 12, rx: 2, class: "symbol" });
    return s("g", {}, from === to ? null : this.line(from, y, to, y), box);
  }

  rackRows(parts, row, at, middle, top) {
    const start = at + 10;
    const longest = Math.max(...row.racks.map((name) => name.length));
    const least = Math.min(96, Math.max(38, 14 + Math.min(longest, 10) * 8));
    const share = Math.floor((this.width - start + GAP) / row.racks.length) - GAP;
    const tile = Math.max(least, Math.min(share, 66));
    const fit = Math.max(1, Math.floor((this.width - start + GAP) / (tile + GAP)));
    const count = Math.ceil(row.racks.length / fit);
    row.racks.forEach((name, index) => {
      const x = start + (index % fit) * (tile + GAP);
      const y = top + Math.floor(index / fit) * (TILE_H + 12) + 8;
      parts.push(this.line(x + tile / 2, y - 8, x + tile / 2, y), this.tile(name, x, y, tile));
    });
    for (let index = 0; index < count; index += 1) {
      const y = top + index * (TILE_H + 12);
      const last = Math.min(fit, row.racks.length - index * fit) - 1;
      parts.unshift(this.line(at, y, start + last * (tile + GAP) + tile / 2, y));
    }
    parts.unshift(this.line(at, middle + 6, at, top + (count - 1) * (TILE_H + 12)));
    return top + count * (TILE_H + 12);
  }

  tile(name, x, y, width) {
    const left = rightToLeft() ? this.x(x) - width : x;
    const box = s("rect", { x: left, y, width, height: TILE_H, rx: 6, class: "box" });
    const label = this.text(x + width / 2, y + 28, "rack-name", "middle");
    const power = this.text(x + width / 2, y + 41, "rack-power", "middle");
    const shown = shorten(name, 10);
    say(label, named(shown));
    const group = s("g", { class: "tile", tabindex: 0, role: "button" }, box, label, " ", power);
    const open = () => this.onRack(name);
    group.addEventListener("click", open);
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        open();
      }
    });
    this.tiles.set(name, { group, power, shown, at: [left + width / 2 - 6.5, y + 4], state: "" });
    return group;
  }

  paint(picture) {
    const roots = picture.feeders.filter((one) => this.feeders.get(one.name) && !one.parent);
    const known = roots.length > 0 && roots.every((one) => one.power_kw !== null);
    const total = known ? roots.reduce((sum, one) => sum + one.power_kw, 0) : null;
    this.direction(this.grid, total, [RISER, 45]);
    say(this.grid.power, total === null ? t("not_known") : kw(Math.abs(total)));
    say(this.grid.word, total === null ? "" : t(total < 0 ? "to_grid" : "from_grid"));
    for (const feeder of picture.feeders) {
      const node = this.feeders.get(feeder.name);
      if (node && feeder.quality === "unmetered") this.unmetered(node, feeder, picture.racks);
      else if (node) this.feeder(node, feeder);
    }
    const loose = this.feeders.get("");
    if (loose) say(loose.power, "");
    for (const rack of picture.racks) this.rack(rack);
    for (const node of this.feeders.values()) fit(node);
  }

  /** A feeder without a meter shows what its racks draw, and says so. */
  unmetered(node, feeder, racks) {
    const own = racks.filter((rack) => rack.feeder === feeder.name);
    const power = own.reduce((sum, rack) => sum + (rack.power_kw ?? 0), 0);
    put(node.load, "width", 0);
    put(node.track, "visibility", "hidden");
    say(node.power, kw(power));
    say(node.word, t("no_meter"));
    this.direction(node, power, node.arrowAt);
  }

  feeder(node, feeder) {
    const power = feeder.power_kw;
    const share = power === null ? 0 : Math.min(1, Math.abs(power) / feeder.rating_kw);
    const size = node.bar.width * share;
    put(node.load, "width", size);
    put(node.load, "x", rightToLeft() ? this.x(node.bar.x) - size : node.bar.x);
    const over = power !== null && Math.abs(power) > feeder.rating_kw;
    put(node.load, "class", `load ${power === null ? "none" : over ? "over" : power < 0 ? "out" : "in"}`);
    say(node.power, power === null ? t("not_known") : kw(Math.abs(power)));
    put(node.power, "class", power === null ? "power bad none" : over ? "power bad" : "power");
    const percent = Math.round((100 * Math.abs(power ?? 0)) / feeder.rating_kw);
    const rated = kw(feeder.rating_kw);
    say(node.word, power === null ? feeder.quality_word : t("of_rating", { percent, rated }));
    this.direction(node, power, node.arrowAt);
  }

  /** An arrow on the line: away from the grid is drawn from it, towards it is given to it. */
  direction(node, power, [x, y]) {
    const still = power === null || Math.abs(power) < 0.05;
    const back = power < 0;
    const at = this.x(x);
    const side = back === rightToLeft() ? 1 : -1;
    const upright = back ? `M${at - 7} ${y + 5}l7 -11 7 11z` : `M${at - 7} ${y - 6}l7 11 7 -11z`;
    const level = `M${at - 5 * side} ${y - 7}l${11 * side} 7 ${-11 * side} 7z`;
    put(node.arrow, "d", still ? "" : node.along ? upright : level);
    put(node.arrow, "class", back ? "arrow out" : "arrow in");
  }

  rack(rack) {
    const tile = this.tiles.get(rack.name);
    if (!tile) return;
    say(tile.power, rack.on || rack.power_kw > 0.05 ? number(rack.power_kw) : "–");
    put(tile.group, "aria-label", `${tile.shown} ${tile.power.textContent} kW, ${tile.shown === rack.name ? "" : `${rack.name}, `}${rack.state_word}. ${rack.why}`);
    if (tile.state === rack.state) return;
    tile.state = rack.state;
    put(tile.group, "class", `tile t-${rack.state}`);
    tile.group.querySelector(".shape")?.remove();
    tile.group.append(iconAt(rack.state, ...tile.at, 13));
  }
}
