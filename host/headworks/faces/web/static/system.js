// How the box is: scans, records, disk, clock, versions; and the site file as it was read.

import { get } from "./api.js";
import { h, keyed, put, say } from "./dom.js";
import { allowed } from "./account.js";
import { answered, apart, bytes, duration, number, t, unitWord } from "./words.js";

const AGAIN_MS = 5000;

export const open = (root, picture) => new View(root, picture);

class View {
  constructor(root, picture) {
    this.picture = picture;
    this.said = h("p", { class: "said", role: "alert" });
    this.cards = h("div", { class: "cards" });
    root.append(h("h1", { class: "view-title" }, t("system")), this.said, this.cards, siteCard(picture));
    this.timer = setInterval(() => document.hidden || this.load(), AGAIN_MS);
    this.load();
  }

  see(picture) {
    this.picture = picture;
  }

  async load() {
    try {
      const told = await get("/api/system");
      say(this.said, "");
      keyed(this.cards, cards(told, this.picture), (card) => card.title, made, filled);
    } catch (error) {
      say(this.said, error.message);
    }
  }

  end() {
    clearInterval(this.timer);
  }
}

const made = (card) => h("section", { class: "card", "aria-label": card.title }, h("h2", {}, card.title), h("dl", { class: "facts" }));

function filled(node, card) {
  keyed(node.children[1], card.rows, (row) => row[0], () => h("div", {}, h("dt"), h("dd", { class: "fig" })), (pair, [name, value, bad]) => {
    say(pair.children[0], name);
    say(pair.children[1], value);
    put(pair, "data-bad", Boolean(bad));
  });
}

const ms = (us) => (us === null || us === undefined ? t("not_known") : apart(`${number(us / 1000)}\u00a0${unitWord("ms")}`));
const plain = (value) => (value === null || value === undefined ? t("not_known") : apart(value));
const share = (free, all) => (all ? apart(`${bytes(free)} (${Math.round((100 * free) / all)} %)`) : t("not_known"));

const NAMES = { python: "Python", sqlite: "SQLite", pymodbus: "pymodbus", starlette: "Starlette", hypercorn: "Hypercorn" };

function cards(told, picture) {
  const { scan, records, disk, clock, machine, versions } = told;
  const { station, page, system, ...others } = versions;
  const heat = machine.temperature_c === null ? t("not_known") : apart(`${machine.temperature_c} °C`);
  return [
    {
      title: t("system_scan"),
      rows: [
        [t("scan_period"), plain(scan.scan_s && `${number(scan.scan_s)} ${unitWord("s")}`)],
        [t("scan_last"), ms(scan.last_us)],
        [t("scan_p99"), ms(scan.p99_us)],
        [t("scan_count"), plain(scan.count)],
        [t("scan_late_count"), plain(scan.late), scan.late > 0],
        [t("scan_worst"), ms(scan.worst_late_s === undefined ? null : scan.worst_late_s * 1e6)],
        [t("station_up"), duration(picture?.uptime_s)],
      ],
    },
    {
      title: t("system_records"),
      rows: [
        [t("records_queue"), plain(records.waiting)],
        [t("records_dropped"), plain(records.dropped), records.dropped > 0],
        [t("records_trouble"), records.trouble ? answered(records.trouble) : t("none"), Boolean(records.trouble)],
        [t("records_journal"), bytes(records.bytes["journal.db"])],
        [t("records_samples"), bytes(records.bytes["samples.db"])],
        [t("records_recorder"), bytes(records.bytes.recorder)],
      ],
    },
    {
      title: t("system_disk"),
      rows: [
        [t("disk_free"), share(disk.free_bytes, disk.total_bytes), disk.free_bytes !== null && disk.free_bytes < 5e8],
        [t("memory_free"), share(machine.memory_free_bytes, machine.memory_bytes)],
        [t("load"), machine.load === null ? t("not_known") : t("load_of", { load: machine.load, cores: machine.cores })],
        [t("processor_c"), heat, machine.temperature_c > 80],
        [t("machine_up"), duration(machine.up_s)],
      ],
    },
    {
      title: t("system_clock"),
      rows: [
        [t("clock_site"), clock.time ? apart(clock.time.slice(0, 19).replace("T", " ")) : t("no_clock"), !clock.time],
        [t("clock_zone"), plain(clock.timezone)],
        [t("clock_synced"), clock.synchronised === null ? t("not_known") : t(clock.synchronised ? "yes" : "no"), clock.synchronised === false],
      ],
    },
    {
      title: t("system_versions"),
      rows: [[t("version_station"), plain(station)], [t("version_page"), plain(page), station && station !== page], [t("version_system"), plain(system)], ...Object.entries(others).map(([name, value]) => [NAMES[name] ?? name, apart(value)])],
    },
  ];
}

/** The site file: its hash for everybody, its text for those who may work on the site. */
function siteCard(picture) {
  const said = h("p", { role: "status" });
  const text = h("pre", { class: "site-text", dir: "ltr", tabindex: "0", "aria-label": t("site_file"), hidden: true });
  const hash = h("code", { class: "hash" }, picture?.site?.sha256 ?? t("not_known"));
  const show = async () => {
    try {
      const told = await get("/api/site");
      text.replaceChildren(...told.lines.map((line) => h("span", {}, `${line}\n`)));
      text.hidden = false;
      say(said, told.runs ? t("site_runs") : t("site_other", { hash: picture.site.sha256.slice(0, 12) }));
    } catch (error) {
      say(said, error.message);
    }
  };
  const button = allowed("off") ? h("button", { type: "button", class: "act", onclick: show }, t("site_show")) : h("p", {}, h("small", {}, t("site_role")));
  return h("section", { class: "card", "aria-label": t("site_file") }, h("h2", {}, t("site_file")), h("p", {}, h("small", {}, "SHA-256 "), hash), button, said, text);
}
