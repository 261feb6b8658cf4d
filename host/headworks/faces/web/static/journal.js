// The journal: what happened and who did what, by kind, time and words, the newest first.

import { get } from "./api.js";
import { h, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { code, dateTime, dayAt, named, t } from "./words.js";

const CATEGORIES = ["", "alarms", "acts", "racks", "orders", "guide", "system"];

export const open = (root, picture) => new View(root, picture?.site?.timezone ?? "UTC");

class View {
  constructor(root, zone) {
    this.zone = zone;
    this.last = null; // number of the last entry that is shown
    this.asked = 0;
    const field = (id, node) => h("div", { class: "field" }, h("label", { for: id }, t(node.label)), node.input);
    this.category = h("select", { id: "category" }, CATEGORIES.map((name) => h("option", { value: name }, t(`category_${name || "all"}`))));
    this.words = h("input", { id: "words", type: "search", maxlength: 100, autocomplete: "off" });
    this.from = h("input", { id: "from-day", type: "date" });
    this.to = h("input", { id: "to-day", type: "date" });
    const form = h(
      "form",
      { class: "filter", role: "search", onsubmit: (event) => (event.preventDefault(), this.load()) },
      field("category", { label: "category", input: this.category }),
      field("words", { label: "words", input: this.words }),
      field("from-day", { label: "from_day", input: this.from }),
      field("to-day", { label: "to_day", input: this.to }),
      h("button", { class: "act go" }, t("search")),
    );
    this.category.addEventListener("change", () => this.load());
    this.said = h("p", { class: "said", role: "status" });
    this.list = h("ol", { class: "entries" });
    this.older = h("button", { type: "button", class: "act", hidden: true, onclick: () => this.load(this.last) }, t("older"));
    root.append(h("h1", { class: "view-title" }, t("journal_all")), form, h("section", { class: "card", "aria-label": t("journal_all") }, this.said, this.list, this.older));
    this.load();
  }

  address(before) {
    const asked = new URLSearchParams({ lang: code(), category: this.category.value, words: this.words.value });
    const day = (input, later) => input.value && asked.set(later ? "to" : "from", String(dayAt(input.value, this.zone, later ? 1 : 0)));
    day(this.from, false);
    day(this.to, true);
    if (before) asked.set("before", String(before));
    return `/api/journal?${asked}`;
  }

  async load(before = null) {
    const asked = ++this.asked;
    try {
      const told = await get(this.address(before));
      if (asked !== this.asked) return;
      if (!before) this.list.replaceChildren();
      this.list.append(...told.entries.map((entry) => row(entry, this.zone)));
      this.last = told.entries.at(-1)?.seq ?? this.last;
      this.older.hidden = !told.more;
      say(this.said, this.list.children.length ? "" : t("nothing_found"));
    } catch (error) {
      say(this.said, error.message);
    }
  }

  end() {
    this.asked += 1;
  }
}

function row(entry, zone) {
  const glyph = h("span", { class: "glyph" });
  setIcon(glyph, entry.grave ? "alarm" : entry.kind === "refused" ? "warning" : "info", 20);
  const when = entry.wall_s === null ? t("without_clock") : dateTime(entry.wall_s, zone);
  const who = entry.who ? h("small", {}, `${entry.who}${entry.role ? ` · ${t(`role_${entry.role}`)}` : ""}`) : null;
  const found = h(
    "li",
    {},
    glyph,
    h("div", {}, h("p", { class: "head" }, h("b", {}, entry.source), h("span", { class: "kind" }, entry.kind_word), h("small", { class: "fig" }, when)), h("p", {}, entry.text, entry.note ? ` (${named(entry.note)})` : ""), h("p", { class: "small" }, who, who ? " · " : "", h("small", { class: "fig", title: entry.hash }, t("entry_number", { seq: entry.seq })))),
  );
  put(found, "data-grave", entry.grave);
  return found;
}
