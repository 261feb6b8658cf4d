// The ledger of a month, day by day, and the month as a signed statement.

import { allowed } from "./account.js";
import { fetched, get } from "./api.js";
import { h, say } from "./dom.js";
import { apart, code, t } from "./words.js";

export const open = (root, picture) => new View(root, picture);

class View {
  constructor(root, picture) {
    this.month = (picture?.time ?? new Date().toISOString()).slice(0, 7);
    this.asked = 0;
    this.title = h("b", { class: "fig" });
    this.body = h("section", { class: "card", "aria-label": t("energy") });
    const step = (name, sign, by) => h("button", { type: "button", class: "choice icon", "aria-label": t(name), title: t(name), onclick: () => this.turn(by) }, sign);
    const bar = h("div", { class: "controls" }, h("div", { class: "choices", dir: "ltr" }, step("earlier_month", "◀", -1), step("later_month", "▶", 1)), this.title);
    root.append(h("h1", { class: "view-title" }, t("energy")), bar, this.body, statement(() => this.month));
    this.load();
  }

  turn(by) {
    const [year, month] = this.month.split("-").map(Number);
    const next = new Date(Date.UTC(year, month - 1 + by, 1));
    this.month = next.toISOString().slice(0, 7);
    this.load();
  }

  async load() {
    const asked = ++this.asked;
    const [year, month] = this.month.split("-").map(Number);
    const name = new Intl.DateTimeFormat(`${code()}-u-nu-latn`, { month: "long", year: "numeric", timeZone: "UTC" });
    say(this.title, name.format(Date.UTC(year, month - 1, 1)));
    this.body.replaceChildren(h("p", { role: "status" }, t("loading")));
    try {
      const told = await get(`/api/energy?month=${this.month}`);
      if (asked === this.asked) this.body.replaceChildren(...table(told));
    } catch (error) {
      if (asked === this.asked) this.body.replaceChildren(h("p", { class: "said", role: "status" }, error.message));
    }
  }

  end() {
    this.asked += 1;
  }
}

const kwh = (value) => (value === null || value === undefined ? "–" : apart(value < 100 ? value.toFixed(1) : grouped(value.toFixed(0))));
const grouped = (digits) => (digits.length > 4 ? digits.replace(/\B(?=(\d{3})+$)/g, "\u202f") : digits);
const share = (row) => (row.racks_kwh ? apart(`${Math.round((100 * (row.covered_kwh ?? 0)) / row.racks_kwh)} %`) : "–");

/** What stands in a row of the table, in its order: what racks drew first, since that is asked for. */
const COLUMNS = [
  { name: "energy_racks", cell: (row) => kwh(row.racks_kwh) },
  { name: "energy_covered", cell: (row) => kwh(row.covered_kwh), kind: "roomy" },
  { name: "energy_surplus_share", cell: share },
  { name: "energy_import", cell: (row) => kwh(row.import_kwh) },
  { name: "energy_export", cell: (row) => kwh(row.export_kwh) },
];
const INCREMENTAL = { name: "energy_incremental", cell: (row) => kwh(row.incremental_kwh) };

function table(told) {
  if (!told.days.length) return [h("p", { class: "quiet" }, t("energy_none"))];
  const most = Math.max(...told.days.map((day) => day.racks_kwh ?? 0), 0.001);
  const columns = told.days.some((day) => day.incremental_kwh !== null) ? [...COLUMNS, { ...INCREMENTAL, kind: "roomy" }] : COLUMNS;
  const head = h("tr", {}, h("th", { scope: "col" }, t("energy_day")), h("th", { class: "bar-head", "aria-hidden": "true" }), columns.map(({ name, kind }) => h("th", { scope: "col", class: kind }, t(name))));
  const rows = [...told.days.map((day) => line(day, most, columns)), line({ ...told.total, date: t("energy_total") }, 0, columns)];
  rows.at(-1).className = "total";
  const { partial, intervals } = told.total;
  const about = h("p", {}, h("small", {}, t("energy_about"), " ", partial ? t("energy_about_partial", { partial, all: intervals }) : ""));
  const body = h("table", { class: "energy" }, h("caption", {}, apart("kWh")), h("thead", {}, head), h("tbody", {}, rows));
  return [totals(told.total), h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("energy") }, body), about];
}

/** The month at a glance. */
function totals(total) {
  const figure = (name, value, unit = "kWh") => h("div", {}, h("dt", {}, t(name)), h("dd", { class: "fig" }, unit && value !== "–" ? [value, " ", h("small", {}, unit)] : value));
  return h("dl", { class: "figures totals" }, figure("energy_racks", kwh(total.racks_kwh)), figure("energy_surplus_share", share(total), ""), figure("energy_import", kwh(total.import_kwh)), figure("energy_export", kwh(total.export_kwh)));
}

function line(day, most, columns) {
  const bar = h("div", { class: "bar" }, h("div", { class: "covered" }), h("div", { class: "rest" }));
  const width = (value) => `${(100 * value) / (most || 1)}%`;
  bar.children[0].style.inlineSize = width(day.covered_kwh ?? 0);
  bar.children[1].style.inlineSize = width((day.racks_kwh ?? 0) - (day.covered_kwh ?? 0));
  const name = /^\d{4}-/.test(day.date) ? apart(String(Number(day.date.slice(8)))) : day.date;
  const mark = day.partial ? h("span", { title: t("energy_partial", { partial: day.partial, all: day.intervals }) }, " *") : "";
  const cells = columns.map(({ cell, kind }) => h("td", { class: `fig ${kind ?? ""}` }, cell(day)));
  if (!most) return h("tr", {}, h("th", { scope: "row", colspan: 2 }, name, mark), cells); // of the month: it has no bar
  return h("tr", {}, h("th", { scope: "row" }, name, mark), h("td", { class: "bar-cell", "aria-hidden": "true" }, bar), cells);
}

function statement(month) {
  const said = h("p", { class: "said", role: "status" });
  const button = (form) => h("button", { type: "button", class: "act", onclick: () => fetchIt(form, month(), said) }, form.toUpperCase());
  const may = allowed("auto");
  return h("section", { class: "card", "aria-label": t("statement") }, h("h2", {}, t("statement")), h("p", {}, t("statement_about")), may ? h("div", { class: "buttons" }, ["pdf", "html", "csv"].map(button)) : h("p", { class: "said" }, t("statement_role")), said);
}

/** Fetched by script, so that a refusal is a sentence here and not a page of JSON. */
async function fetchIt(form, month, said) {
  say(said, t("making"));
  try {
    const answer = await fetched(`/api/statement?month=${month}&form=${form}&lang=${code()}`);
    const name = answer.headers.get("content-disposition")?.match(/filename="([^"]+)"/)?.[1] ?? `statement.${form}`;
    const address = URL.createObjectURL(await answer.blob());
    h("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    say(said, t("statement_made"));
  } catch (error) {
    say(said, error.message);
  }
}
