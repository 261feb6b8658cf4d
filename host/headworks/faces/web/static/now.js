// The first glance: do racks run, how much may they draw, and which limit binds.

import { byId, h, keyed, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { counted, kw, named, t } from "./words.js";

/** What to say about the whole, and how grave it is. */
function verdict(picture, link) {
  if (link === "never" || !picture.racks) return ["unknown", t("verdict_never")];
  if (link !== "live" && link !== "old") return ["unknown", t("verdict_unknown")];
  const all = picture.racks.length;
  const on = picture.racks.filter((rack) => rack.on).length;
  if (picture.starting && !on) return ["starting", t("verdict_starting")];
  if (!picture.healthy) return ["tripped", t("verdict_ill", { on, all })];
  if (on === all) return ["running", counted("verdict_all", all, { all })];
  if (on > 0) return ["running", t("verdict_some", { on, all })];
  const held = picture.racks.some((rack) => ["faulted", "tripped"].includes(rack.state));
  return [held ? "tripped" : "off", counted("verdict_none", all, { all })];
}

function figures(picture) {
  const surplus = picture.surplus_kw;
  return [
    { key: "may", name: t("may_draw"), value: kw(picture.envelope.kw), about: t("may_draw_about") },
    { key: "draw", name: t("drawn"), value: kw(picture.drawn_kw), about: t("drawn_about") },
    surplus !== null && surplus < 0
      ? { key: "left", name: t("short"), value: kw(-surplus), about: t("short_about"), bad: true }
      : { key: "left", name: t("spare"), value: kw(surplus), about: t("spare_about") },
  ];
}

function gauge(node, picture) {
  const most = Math.max(picture.rated_kw, picture.envelope.kw, 1);
  const share = (value) => `${Math.min(100, Math.max(0, (100 * (value ?? 0)) / most))}%`;
  if (!node.firstChild) {
    node.append(h("div", { class: "may" }), h("div", { class: "draw" }), h("div", { class: "mark" }));
  }
  const [may, draw, mark] = node.children;
  may.style.inlineSize = share(picture.envelope.kw);
  draw.style.inlineSize = share(picture.drawn_kw);
  mark.style.insetInlineStart = share(picture.envelope.kw);
  put(node, "role", "img");
  put(node, "aria-label", `${t("drawn")} ${kw(picture.drawn_kw)}, ${t("may_draw")} ${kw(picture.envelope.kw)}`);
}

function gravest(picture) {
  const node = byId("gravest");
  const alarm = picture.alarms.find((one) => !one.acked_by) ?? picture.alarms[0];
  node.hidden = !alarm;
  if (!alarm) return;
  if (!node.firstChild) node.append(h("span"), h("span"), h("span", { class: "more" }));
  const more = picture.alarms.length - 1;
  setIcon(node.children[0], alarm.severity, 22);
  const told = alarm.cause.includes(alarm.source) ? alarm.cause : `${named(alarm.source)}: ${alarm.cause}`;
  say(node.children[1], told);
  say(node.children[2], more ? t("and_more", { more }) : "");
  put(node, "data-severity", alarm.severity);
}

/** Commissioning that is not finished stands on the first screen until it is. */
function unfinished(picture) {
  const node = byId("unfinished");
  const told = picture.commissioning;
  node.hidden = !told || told.passed === told.of;
  if (node.hidden) return;
  if (!node.firstChild) node.append(h("span", { class: "glyph" }), h("span"));
  setIcon(node.children[0], told.failed ? "warning" : "info", 20);
  say(node.children[1], t(told.failed ? "unfinished_failed" : "unfinished", told));
}

export function showNow(picture, link) {
  const [tone, text] = verdict(picture, link);
  const title = byId("verdict");
  if (!title.firstChild) title.append(h("span", { class: "glyph" }), h("span"));
  setIcon(title.children[0], tone, 34);
  say(title.children[1], text);
  put(byId("now"), "data-tone", tone);
  if (!picture?.envelope) return;
  keyed(
    byId("figures"),
    figures(picture),
    (one) => one.key,
    () => h("div", {}, h("dt"), h("dd", { class: "fig" }), h("dd", { class: "about" })),
    (node, one) => {
      say(node.children[0], one.name);
      say(node.children[1], one.value);
      say(node.children[2], one.about);
      put(node, "data-bad", one.bad);
    },
  );
  gauge(byId("gauge"), picture);
  const binding = byId("binding");
  if (!binding.firstChild) binding.append(h("b"), " ", h("span"));
  say(binding.children[0], t("binds", { source: picture.envelope.source_word }));
  say(binding.children[1], picture.envelope.why);
  gravest(picture);
  unfinished(picture);
}
