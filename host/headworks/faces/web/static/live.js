// Pictures as they come: by server-sent events, by polling where those do not get through.
// Says how old the picture is, counted here, so that a cut line is seen too.

import { get } from "./api.js";
import { code } from "./words.js";

const QUIET_MS = 6000; // the stream tells its age every 3 s, so this long without is a cut line
const POLL_MS = 1500;
const AGAIN_MS = 15000; // between two tries of the stream while polling

export class Live {
  constructor(onPicture) {
    this.onPicture = onPicture;
    this.picture = null;
    this.way = "none"; // stream, poll or none
    this.refused = "";
    this.at = this.stamp();
    this.lastTry = 0;
    this.lastPoll = 0;
    this.polling = false;
    this.source = null;
    setInterval(() => this.watch(), 1000);
    document.addEventListener("visibilitychange", () => {
      this.start();
      this.watch();
    });
  }

  /** Begin, or begin anew in another language or as another person; a tab that nobody sees polls. */
  start() {
    this.source?.close();
    this.lastTry = Date.now();
    // A browser has six connections for all its tabs: hidden ones with streams would leave none to act with.
    if (document.hidden) return;
    this.source = new EventSource(`/api/events?lang=${code()}`);
    this.source.onmessage = (message) => this.take(JSON.parse(message.data), "stream");
    this.source.onerror = () => {
      if (this.picture === null && !this.polling) this.poll(); // no stream gets through: the first picture does not wait for it
      this.watch();
    };
  }

  stamp() {
    return { steady: performance.now(), wall: Date.now() };
  }

  /** Seconds since something came. A sleeping phone stops one of its clocks, so take the worst. */
  quietFor() {
    const now = this.stamp();
    return Math.max(now.steady - this.at.steady, now.wall - this.at.wall) / 1000;
  }

  /** Age of the picture in s, or null before the first. */
  age() {
    return this.picture === null || this.picture.age_s === null
      ? null
      : this.picture.age_s + this.quietFor();
  }

  /** live, old, gone, never or cut. */
  link() {
    if (this.quietFor() * 1000 > QUIET_MS) return "cut";
    if (this.picture === null) return "never";
    if (this.picture.link !== "live") return this.picture.link;
    return this.age() > 5 ? "old" : "live";
  }

  take(picture, way) {
    this.at = this.stamp();
    this.way = way;
    this.refused = "";
    this.picture = { ...this.picture, ...picture };
    this.onPicture();
  }

  watch() {
    const stopped = this.source?.readyState === EventSource.CLOSED;
    if (stopped || this.quietFor() * 1000 > QUIET_MS) {
      if (Date.now() - this.lastPoll > POLL_MS) this.poll();
      if (Date.now() - this.lastTry > AGAIN_MS) this.start();
    }
    this.onPicture();
  }

  async poll() {
    if (this.polling) return;
    this.polling = true;
    this.lastPoll = Date.now();
    try {
      this.take(await get(`/api/state?lang=${code()}`), "poll");
    } catch (error) {
      this.refused = error.status === 401 ? "sign-in" : error.status === 429 ? error.message : "";
    } finally {
      this.polling = false;
    }
  }
}
