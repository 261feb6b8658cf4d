// Talks to the box, and to nothing else.

import { answered } from "./words.js";

let csrf = "";

export class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function ask(method, path, body) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  const answer = await fetch(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    cache: "no-cache",
    signal: AbortSignal.timeout(15000),
  });
  const data = await answer.json();
  if (!answer.ok) throw new ApiError(answer.status, answered(data.error ?? answer.statusText));
  return data;
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

/** What every act must carry; known to this page alone. */
export function useSession(session) {
  csrf = session.csrf ?? "";
}
