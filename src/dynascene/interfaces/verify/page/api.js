// Asking the server. An answer that is no success is thrown as an Error with its one line.

export class ServerError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function ask(path, method = "GET", told = undefined) {
  const options = { method, credentials: "same-origin" };
  if (told !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(told);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ServerError(0, "the server cannot be reached");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ServerError(response.status, answer.error ?? response.statusText);
  return answer;
}

export const session = () => ask("/api/session");
export const enter = (name, token) => ask("/api/session", "POST", { name, token });
export const leave = () => ask("/api/session", "DELETE");
export const queue = () => ask("/api/queue");
export const progress = () => ask("/api/progress");
export const clip = (id) => ask(`/api/clips/${id}`);
export const points = (id) => ask(`/api/clips/${id}/points`);
export const vote = (id, choice) => ask("/api/votes", "POST", { clip: id, choice });
export const undo = () => ask("/api/undo", "POST", {});
export const videoOf = (id) => `/api/clips/${id}/video`;
export const playableVideoOf = (id) => `/api/clips/${id}/video?playable`;
