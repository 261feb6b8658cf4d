// Who is signed in. The page holds no password; the session's key is in a cookie no script reads.

import { get, post, remove, useSession } from "./api.js";
import { byId, h, put, say } from "./dom.js";
import { setIcon } from "./icons.js";
import { t } from "./words.js";

const RANK = ["viewer", "technician", "operator", "admin"];
const NEEDS = { off: 1, lock: 1, ack: 1, auto: 2, unlock: 2, reset: 2 };
let session = { name: "", role: "viewer", anybody: false, fingerprint: "" };
let onChange = () => {};

/** Whether the person who is signed in may do this. The box decides; this only hides buttons. */
export const allowed = (action) => Boolean(session.name) && RANK.indexOf(session.role) >= NEEDS[action];

export async function whoAmI(changed) {
  onChange = changed ?? onChange;
  session = await get("/api/session");
  useSession(session);
  const button = byId("account");
  setIcon(button.children[0], session.name ? "person-in" : "person", 20);
  say(button.children[1], session.name || t("sign_in"));
  put(button, "aria-label", session.name || t("sign_in"));
  button.onclick = openAccount;
  onChange(session);
  return session;
}

export function openAccount() {
  const dialog = byId("account-dialog");
  const said = h("p", { class: "said", role: "status" });
  const close = h("form", { method: "dialog" }, h("h2", {}, session.name || t("sign_in")), h("button", { class: "close", "aria-label": t("close") }, "×"));
  dialog.replaceChildren(close, session.name ? signedIn() : signIn(said), said, own());
  if (!session.name && !session.anybody) say(said, t("nobody_yet"));
  if (!dialog.open) dialog.showModal();
}

function own() {
  return session.fingerprint
    ? h("p", { class: "fingerprint" }, t("fingerprint"), " ", h("code", {}, session.fingerprint))
    : h("p", { class: "fingerprint" }, t("no_tls"));
}

function signedIn() {
  const out = h("button", { type: "button", class: "act", onclick: leave }, t("sign_out"));
  return h("div", { class: "acts" }, h("p", {}, t("your_role", { role: t(`role_${session.role}`) })), out);
}

function signIn(said) {
  const name = h("input", { id: "name", name: "name", autocomplete: "username", maxlength: 64, required: true });
  const password = h("input", { id: "password", name: "password", type: "password", autocomplete: "current-password", maxlength: 256, required: true });
  const enter = async (event) => {
    event.preventDefault();
    say(said, t("asking"));
    try {
      await post("/api/session", { name: name.value, password: password.value });
      byId("account-dialog").close();
      await whoAmI();
    } catch (error) {
      say(said, error.message);
      password.value = "";
      password.focus();
    }
  };
  return h(
    "form",
    { class: "acts", onsubmit: enter },
    h("label", { for: "name" }, t("user_name")),
    name,
    h("label", { for: "password" }, t("password")),
    password,
    h("button", { class: "act go" }, t("sign_in")),
  );
}

async function leave() {
  try {
    await remove("/api/session");
  } finally {
    byId("account-dialog").close();
    await whoAmI();
  }
}
