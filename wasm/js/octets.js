// Messages in the forms in which programs have them, as octets.

/** How much goes into the engine in one call. */
const CHUNK = 256 * 1024;

/** The octets of a buffer, not copied. */
export function asOctets(value, what) {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(value);
  throw new TypeError(`${what} must be a Uint8Array`);
}

/** The chunks of a message: a buffer, a string, a Blob, a ReadableStream or anything else that can be iterated. */
export async function* chunksOf(message) {
  if (typeof message === "string") {
    yield* slices(new TextEncoder().encode(message));
  } else if (typeof message?.stream === "function") {
    yield* read(message.stream());
  } else if (typeof message?.getReader === "function") {
    yield* read(message);
  } else if (typeof message?.[Symbol.asyncIterator] === "function") {
    for await (const chunk of message) yield* slices(chunkOctets(chunk));
  } else {
    yield* slices(asOctets(message, "the message"));
  }
}

/** How much of a message is searched for its header section; the engine reads no longer one. */
const HEAD = 1024 * 1024;

/** The beginning of a message that can be read twice, its header section in it. */
export async function headOf(message) {
  if (typeof message === "string") return new TextEncoder().encode(message.slice(0, HEAD));
  if (typeof message?.slice === "function" && typeof message.arrayBuffer === "function") {
    return new Uint8Array(await message.slice(0, HEAD).arrayBuffer());
  }
  if (typeof message?.getReader === "function" || typeof message?.[Symbol.asyncIterator] === "function") {
    throw new TypeError("the envelope can be taken from a message that is at hand, not from a stream: give its header section");
  }
  return asOctets(message, "the message").subarray(0, HEAD);
}

/** Not every browser can iterate a stream, so it is read by its reader. */
async function* read(stream) {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield* slices(chunkOctets(value));
    }
  } finally {
    if (!ended) reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

function chunkOctets(chunk) {
  return typeof chunk === "string" ? new TextEncoder().encode(chunk) : asOctets(chunk, "a chunk of the message");
}

function* slices(octets) {
  for (let start = 0; start < octets.length; start += CHUNK) yield octets.subarray(start, start + CHUNK);
}
