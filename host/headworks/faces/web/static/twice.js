// What gives power back is pressed twice: its button may come up where "off" was pressed just now,
// and somebody may stand at the rack.

import { say } from "./dom.js";
import { t } from "./words.js";

const AGAIN_MS = 5000;

/** The button, so that it carries out `act` when it is pressed again soon; it says so meanwhile. */
export function twice(button, act) {
  const label = button.textContent;
  let until = 0;
  const rest = () => {
    until = 0;
    say(button, label);
  };
  button.addEventListener("click", () => {
    if (performance.now() < until) {
      rest();
      act();
      return;
    }
    until = performance.now() + AGAIN_MS;
    say(button, t("press_again", { what: label }));
    setTimeout(() => performance.now() < until || rest(), AGAIN_MS + 50);
  });
  return button;
}
