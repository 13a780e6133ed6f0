/**
 * Files on their way to the desk. With `XMLHttpRequest`, which alone tells how far they are; a session's cookie goes along.
 *
 * Source: api.md, Resources (attachments).
 */

import { HandoffError } from "./transport.js";

/** Milliseconds after which an upload is not waited for any more; the desk takes no longer ones. */
const WITHIN = 330_000;

/**
 * Uploads a file.
 *
 * @param {string} url the desk's address
 * @param {Record<string, string>} headers that say who uploads
 * @param {Blob & {name: string}} file
 * @param {(share: number) => void} [onProgress] from 0 to 1
 * @param {AbortSignal} [signal]
 * @returns {Promise<{url: string, name: string, size: number, type: string}>}
 */
export function upload(url, headers, file, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${url}/v1/attachments`);
    const type = file.type || "application/octet-stream";
    const disposition = `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`;
    const all = { ...headers, "Content-Type": type, "Content-Disposition": disposition };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total ? loaded / total : 0);
    request.onload = () => {
      const { status, response } = request;
      if (status < 300 && response) resolve(response);
      else reject(new HandoffError(status, response ?? {}));
    };
    const lost = () => reject(new HandoffError(0, { detail: "No answer." }));
    request.onabort = request.ontimeout = request.onerror = lost;
    request.timeout = WITHIN;
    signal?.addEventListener("abort", () => request.abort());
    if (signal?.aborted) lost();
    else request.send(file);
  });
}
