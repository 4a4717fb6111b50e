// DNS over HTTPS (RFC 8484), by GET and in the wire format, which every such resolver speaks and which says exactly
// what a TXT record holds. The engine writes and reads the messages.

import { decodeResponse, encodeQuery } from "./dns.js";
import { init } from "./engine.js";

const MEDIA_TYPE = "application/dns-message";
/** Octets of the largest DNS message (RFC 8484 §6). */
const MAX_MESSAGE = 65535;
/** Milliseconds for one lookup: resolvers give up after some 5 to 10 seconds themselves. */
const TIMEOUT = 10_000;

/** Looks records up at the resolver with this URL. */
export function dohResolver(url, { fetch = globalThis.fetch, timeout = TIMEOUT } = {}) {
  const resolver = resolverUrl(url);
  return async (name, recordType, { signal } = {}) => {
    await init();
    signal?.throwIfAborted(); // Not every `fetch` looks at a signal that was given before.
    const target = new URL(resolver);
    target.searchParams.set("dns", base64url(encodeQuery(name, recordType)));
    const limit = AbortSignal.timeout(timeout);
    const response = await fetch(target.href, {
      headers: { accept: MEDIA_TYPE },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    return decodeResponse(await messageOf(response), name, recordType);
  };
}

function resolverUrl(given) {
  // Resolvers are also published as URI templates.
  const text = String(given).replace(/\{\?dns\}$/, "");
  if (!URL.canParse(text)) throw new TypeError(`'${text}' is no URL; it has the form https://resolver.example/dns-query`);
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw new TypeError("the resolver's URL must begin with https:");
  return url;
}

async function messageOf(response) {
  if (!response.ok) throw new Error(`the resolver answers with HTTP status ${response.status}`);
  const type = response.headers.get("content-type")?.split(";")[0].trim().toLowerCase();
  if (type !== MEDIA_TYPE) throw new Error(`the resolver answers with ${type ?? "no media type"}, not with ${MEDIA_TYPE}`);
  const octets = new Uint8Array(await response.arrayBuffer());
  if (octets.length > MAX_MESSAGE) throw new Error("the resolver's answer is too large for a DNS message");
  return octets;
}

function base64url(octets) {
  return btoa(String.fromCharCode(...octets)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
