/**
 * Files that the agent sends: uploaded, and then said like any other message.
 *
 * An upload takes its time. Where the conversation has moved on meanwhile, the file is held until the agent says so.
 *
 * Source: api.md, Resources (attachments); lifecycle.md, 2.2 (fencing).
 */

import { HandoffError } from "../headless/transport.js";
import { upload } from "../headless/upload.js";
import { at } from "./paths.js";

const MOVED_ON = "The conversation has moved on while the file was uploaded.";

/**
 * @param {object} given
 * @param {import("../headless/transport.js").Transport} given.transport
 * @param {ReturnType<typeof import("./outbox.js").createOutbox>} given.outbox
 * @param {(conversationId: string) => number | undefined} given.epochOf it grows with every change of who speaks
 * @param {AbortSignal} given.signal ends with the desk
 */
export function createFiles({ transport, outbox, epochOf, signal: life }) {
  /**
   * Uploads a file and says it in a conversation.
   *
   * @param {import("./nouns.js").Conversation} conversation
   * @param {File} file
   * @param {object} how
   * @param {boolean} how.internal for colleagues only
   * @param {(share: number) => void} how.onProgress from 0 to 1
   * @param {AbortSignal} how.signal stops the upload
   * @throws {HandoffError} it is not taken, or there was no answer
   */
  async function attach({ id: about, brand }, file, { internal, onProgress, signal }) {
    const seen = epochOf(about);
    const { limits } = await transport.request("GET", at`/v1/widget?brand=${brand}`, undefined, { signal: life });
    const most = limits.attachment_bytes;
    if (file.size > most) throw new HandoffError(413, { detail: `A file has ${most / 1e6} MB at the most.` });
    const headers = await transport.headers(false, "POST");
    const { url, name, size, type } = await upload(transport.url, headers, file, onProgress, signal);
    const content = { type: type.startsWith("image/") ? "image" : "file", url, name, size };
    if (internal || epochOf(about) === seen) outbox.say(about, content, internal);
    else outbox.hold(about, content, MOVED_ON);
  }

  return { attach };
}
