// Talks to the box, and to nothing else.

import { refusal, t } from "./words.js";

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
  const answer = await fetched(path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-cache",
    signal: AbortSignal.timeout(15000),
  });
  return answer.json().catch(broken);
}

/** An answer that is no refusal. What a browser says of a line that is cut is in its own words. */
export async function fetched(path, how = {}) {
  const answer = await fetch(path, { credentials: "same-origin", ...how }).catch(broken);
  if (!answer.ok) throw new ApiError(answer.status, refusal(await answer.json().catch(broken)));
  return answer;
}

function broken() {
  throw new ApiError(0, t("no_answer"));
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

/** What every act must carry; known to this page alone. */
export function useSession(session) {
  csrf = session.csrf ?? "";
}
