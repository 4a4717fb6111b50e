// DNS messages for tests, put together by hand (RFC 1035 §4).

export const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, TLSA: 52 };

const u16 = (number) => [(number >> 8) & 0xff, number & 0xff];
const u32 = (number) => [...u16(number >>> 16), ...u16(number & 0xffff)];

/** A name, uncompressed. */
export function name(text) {
  const labels = text.split(".").filter((label) => label !== "");
  return [...labels.flatMap((label) => [label.length, ...Buffer.from(label, "latin1")]), 0];
}

export function record(owner, type, data, ttl = 60) {
  return [...name(owner), ...u16(TYPES[type]), ...u16(1), ...u32(ttl), ...u16(data.length), ...data];
}

/** A response to one question; the flags are QR, RD and RA unless told. */
export function response(asked, type, answers = [], { flags = 0x8180, authorities = [], questions = 1 } = {}) {
  const question = [...name(asked), ...u16(TYPES[type]), ...u16(1)];
  const counts = [questions, answers.length, authorities.length, 0].flatMap(u16);
  return Uint8Array.from([...u16(0), ...u16(flags), ...counts, ...question, ...answers.flat(), ...authorities.flat()]);
}

/** What a query asks for. */
export function asked(query) {
  const labels = [];
  let at = 12;
  while (query[at] !== 0) {
    labels.push(Buffer.from(query.subarray(at + 1, at + 1 + query[at])).toString("latin1"));
    at += 1 + query[at];
  }
  const number = query[at + 1] * 256 + query[at + 2];
  return { name: labels.join("."), type: Object.keys(TYPES).find((type) => TYPES[type] === number) };
}
