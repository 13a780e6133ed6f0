/** A server that answers as a test says, on a real socket. */

import { createServer } from "node:http";

/** Quick, and without chance: what is tried again is tried again at once. */
export const TIMING = { timeout: 2_000, silence: 200, first: 1, longest: 1, steady: 60_000, attempts: 4 };

/**
 * @param {import("node:test").TestContext} test
 * @param {(request: import("node:http").IncomingMessage & {json: any}, response: import("node:http").ServerResponse,
 *   count: number) => void} answer
 */
export async function desk(test, answer) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    requests.push(request);
    answer(Object.assign(request, { json: body ? JSON.parse(body) : null }), response, requests.length);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

export function tell(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

export const refuse = (response, status, code, headers) => tell(response, status, { code, detail: code }, headers);
