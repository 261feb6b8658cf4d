// Fingers on the charts: one pulls the time along, two stretch it. Mice select a stretch to zoom in.

/** `move(shift, stretch)` while fingers move, in shares of the width; `settle()` when they leave. */
export function followFingers(node, { move, settle }) {
  const fingers = new Map();
  let before = null;

  const place = () => {
    const box = node.getBoundingClientRect();
    const at = [...fingers.values()].map((x) => (x - box.left) / box.width);
    const middle = at.reduce((sum, one) => sum + one, 0) / at.length;
    return { middle, wide: at.length > 1 ? Math.max(0.02, Math.abs(at[0] - at[1])) : null };
  };

  node.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") return;
    if (!fingers.size) listen(true);
    fingers.set(event.pointerId, event.clientX);
    before = place();
  });
  const follow = (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    const now = place();
    const stretch = now.wide && before.wide ? now.wide / before.wide : 1;
    move(now.middle - before.middle, stretch, now.middle);
    before = now;
  };
  const leave = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    before = fingers.size ? place() : null;
    if (fingers.size) return;
    listen(false);
    settle();
  };
  // At the window: what a finger was put on may be drawn anew meanwhile, and its node is gone then.
  const listen = (on) => {
    const change = on ? "addEventListener" : "removeEventListener";
    for (const [name, act] of [["pointermove", follow], ["pointerup", leave], ["pointercancel", leave]]) window[change](name, act);
  };
}
