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
    fingers.set(event.pointerId, event.clientX);
    before = place();
  });
  node.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    const now = place();
    const stretch = now.wide && before.wide ? now.wide / before.wide : 1;
    move(now.middle - before.middle, stretch, now.middle);
    before = now;
  });
  const leave = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    before = fingers.size ? place() : null;
    if (!fingers.size) settle();
  };
  node.addEventListener("pointerup", leave);
  node.addEventListener("pointercancel", leave);
}
