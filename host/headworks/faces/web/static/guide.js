// Commissioning, step by step with live readings. Each result is kept by the station, with who.
// What switches a rack here is the station's own order, with all its limits and interlocks.

import { allowed } from "./account.js";
import { get, post } from "./api.js";
import { h, keyed, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { panelOf } from "./guide-panels.js";
import { answered, dateTime, refusal, t } from "./words.js";

const STEPS = ["meter", "sign", "sensor", "relay", "trip", "deadman"];

export const open = (root, picture) => new View(root, picture);

class View {
  constructor(root, picture) {
    this.picture = picture;
    this.zone = picture?.site?.timezone ?? "UTC";
    this.panels = new Map(); // of the steps that are open
    this.bar = h("div", { class: "progress", role: "img", "aria-label": t("guide") }, h("div", { class: "passed" }), h("div", { class: "failed" }));
    this.count = h("p", { class: "when", role: "status" });
    this.said = h("p", { class: "said", role: "alert" });
    this.groups = h("div", { class: "groups" });
    const who = allowed("lock") ? null : h("p", { class: "card said" }, t("guide_role"));
    root.append(h("h1", { class: "view-title" }, t("guide")), h("p", {}, t("guide_about")), this.count, this.bar, who ?? "", this.said, this.groups);
    this.load();
  }

  async load() {
    try {
      const told = await get("/api/guide");
      say(this.said, "");
      this.paint(told);
    } catch (error) {
      say(this.said, error.message);
    }
  }

  paint(told) {
    const { of, passed, failed, steps } = told;
    say(this.count, t(failed ? "guide_count_failed" : passed === of ? "guide_done" : "guide_count", { passed, of, failed }));
    put(this.bar, "aria-label", this.count.textContent);
    this.bar.children[0].style.inlineSize = `${(100 * passed) / Math.max(1, of)}%`;
    this.bar.children[1].style.inlineSize = `${(100 * failed) / Math.max(1, of)}%`;
    const groups = STEPS.map((step) => ({ step, rows: steps.filter((row) => row.step === step) })).filter((group) => group.rows.length);
    keyed(this.groups, groups, (group) => group.step, (group) => h("section", { class: "card", "aria-label": t(`step_${group.step}`) }, h("h2", { class: "split" }, h("span", {}, t(`step_${group.step}`)), h("small", { class: "fig" })), h("p", { class: "about" }, t(`about_${group.step}`)), h("ul", { class: "steps" })), (node, group) => {
      const passed = group.rows.filter((row) => row.result === "pass" && !row.earlier).length;
      say(node.firstChild.children[1], t("guide_group", { passed, of: group.rows.length }));
      keyed(node.children[2], group.rows, (row) => row.target, (row) => this.row(row), (item, row) => this.fill(item, row));
    });
  }

  row(row) {
    const details = h("details", {}, h("summary", {}, h("span", { class: "glyph" }), h("span", { class: "told" }, h("b", {}, row.step === "deadman" ? t("step_deadman") : row.target), h("small"))));
    details.addEventListener("toggle", () => this.toggle(details, row));
    return h("li", {}, details);
  }

  fill(item, row) {
    const [glyph, { lastChild: told }] = item.firstChild.firstChild.children;
    const stands = row.result && !row.earlier;
    setIcon(glyph, !stands ? "off" : row.result === "pass" ? "good" : "alarm", 22);
    const when = row.wall_s ? dateTime(row.wall_s, this.zone) : t("without_clock");
    const words = !row.result ? t("result_none") : `${t(row.word ? "result_word" : `result_${row.result}`)} · ${row.who} · ${when}${row.note ? ` · ${row.note}` : ""}`;
    say(told, row.earlier ? `${t("result_earlier")} (${words})` : words);
    put(item, "data-result", stands ? row.result : null);
  }

  toggle(details, row) {
    const key = `${row.step} ${row.target}`;
    this.panels.delete(key);
    details.querySelector(".panel")?.remove();
    if (!details.open) return;
    const said = h("p", { class: "said", role: "status" });
    const panel = panelOf(row, (path, body) => this.send(path, body, said), allowed);
    details.append(h("div", { class: "panel" }, panel.node, said));
    this.panels.set(key, panel);
    if (this.picture?.racks) panel.see(this.picture);
  }

  /** Have the station keep a result, or say why it did not. */
  async send(path, body, said) {
    say(said, t("asking"));
    try {
      const answer = await post(path, body);
      const told = answer.result ? t(answer.word ? "kept_word" : `kept_${answer.result}`) : t("done");
      const why = (answer.whys ?? []).map(refusal).join(" · ");
      say(said, answer.warning ? answered(answer.warning) : why ? `${told} (${why})` : told);
      await this.load();
      return answer;
    } catch (error) {
      say(said, error.message);
      return null;
    }
  }

  see(picture) {
    this.picture = picture;
    for (const panel of this.panels.values()) panel.see(picture);
  }
}
