// Shapes: every state has its own, so that no meaning hangs on colour alone. 24 by 24.

import { s } from "./dom.js";

const SHAPES = {
  running: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z", "M13.6 5.2 7.6 13h3.6l-1 5.8 6.2-8h-3.8z"],
  starting: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2.4a7.6 7.6 0 1 1 0 15.2z", "", "evenodd"],
  stopping: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2.4v15.2a7.6 7.6 0 1 1 0-15.2z", "", "evenodd"],
  off: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2.6a7.4 7.4 0 1 1 0 14.8 7.4 7.4 0 0 1 0-14.8z", "", "evenodd"],
  faulted: ["M7.8 2h8.4L22 7.8v8.4L16.2 22H7.8L2 16.2V7.8z", "M8.3 6.6 6.6 8.3l3.7 3.7-3.7 3.7 1.7 1.7 3.7-3.7 3.7 3.7 1.7-1.7-3.7-3.7 3.7-3.7-1.7-1.7-3.7 3.7z"],
  tripped: ["M12 2 23 21.5H1z", "M10.8 8.5h2.4v6.6h-2.4zm0 8h2.4v2.4h-2.4z"],
  "locked-out": ["M6 10V7.5a6 6 0 0 1 12 0V10h1.5v12h-15V10zm2.6 0h6.8V7.5a3.4 3.4 0 0 0-6.8 0z", "", "evenodd"],
  unknown: ["M3 3h18v18H3z", "M12 5.6c-2.4 0-4 1.5-4 3.7h2.4c0-.9.6-1.5 1.5-1.5s1.6.6 1.6 1.4c0 1.6-2.7 1.8-2.7 4.6h2.3c0-2 2.9-2.3 2.9-4.8 0-2-1.7-3.4-4-3.4zm-1.3 10.3h2.6v2.5h-2.6z"],
  alarm: ["M12 2 23 21.5H1z", "M10.8 8.5h2.4v6.6h-2.4zm0 8h2.4v2.4h-2.4z"],
  warning: ["M12 1 23 12 12 23 1 12z", "M10.8 6h2.4v7h-2.4zm0 8.6h2.4V17h-2.4z"],
  info: ["M2 2h20v20H2z", "M10.8 5h2.4v2.6h-2.4zm0 4.4h2.4V19h-2.4z"],
  good: ["M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20z", "m10.4 16.8-4.6-4.6 1.8-1.8 2.8 2.8 6-6L18.2 9z"],
  person: ["M12 3a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zm0 2.2a2.3 2.3 0 1 1 0 4.6 2.3 2.3 0 0 1 0-4.6zM3.5 21c0-4.4 3.8-7.5 8.5-7.5s8.5 3.1 8.5 7.5h-2.4c-.3-3-2.9-5.1-6.1-5.1S6.2 18 5.9 21z", "", "evenodd"],
  "person-in": ["M12 3a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM3.5 21c0-4.4 3.8-7.5 8.5-7.5s8.5 3.1 8.5 7.5z"],
  "view-now": ["M3 13h8V3H3zm0 8h8v-6H3zm10 0h8V11h-8zm0-18v6h8V3z", ""],
  "view-history": ["M3 3h2.4v15.6H21V21H3zm4.2 10.2 4-5 3.4 3 4.6-6 1.9 1.5-6.2 8-3.5-3-2.3 3z", ""],
  "view-journal": ["M4 2h14l2 2v18H4zm3 5h10V9H7zm0 4h10v2H7zm0 4h7v2H7z", "", "evenodd"],
  "view-energy": ["M13.5 1 4 13.5h6L8.5 23 20 9.5h-7z", ""],
  "view-system": ["M4 3h16v11H4zm2.3 2.3v6.4h11.4V5.3zM2 17h20v3.5H2z", "", "evenodd"],
  "view-guide": ["M3 3h5v5H3zm7 1.3h11v2.4H10zM3 10h5v5H3zm7 1.3h11v2.4H10zM3 17h5v5H3zm7 1.3h11v2.4H10z", ""],
  sun: ["M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11 1h2v4h-2zm0 18h2v4h-2zM1 11h4v2H1zm18 0h4v2h-4zM3.5 5l1.5-1.5 2.8 2.8-1.5 1.5zm12.7 12.7 1.5-1.5 2.8 2.8-1.5 1.5zM3.5 19l2.8-2.8 1.5 1.5L5 20.5zm12.7-12.7L19 3.5 20.5 5l-2.8 2.8z"],
  moon: ["M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"],
};

/** The shape of a state or a severity; an unknown one gets the question mark. */
export function icon(name, size = 20) {
  const [body, sign, rule] = SHAPES[name] ?? SHAPES.unknown;
  return s(
    "svg",
    { viewBox: "0 0 24 24", width: size, height: size, class: `shape s-${name}`, "aria-hidden": "true" },
    s("path", { d: body, class: "body", "fill-rule": rule || null }),
    sign ? s("path", { d: sign, class: "sign" }) : null,
  );
}

/** The same inside another drawing. */
export function iconAt(name, x, y, size) {
  const drawn = icon(name, size);
  drawn.setAttribute("x", x);
  drawn.setAttribute("y", y);
  return drawn;
}

/** Turn an icon's place into another icon, where it changes. */
export function setIcon(place, name, size = 20) {
  if (place.dataset.icon === name) return;
  place.dataset.icon = name;
  place.replaceChildren(icon(name, size));
}
