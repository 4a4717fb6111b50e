// DNS messages (RFC 1035 §4): one query out, one response in. The response comes from a network, and is believed in
// nothing before it was checked: names end, lengths fit, and what it answers is what was asked.

export const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, TLSA: 52 };

const CLASS_IN = 1;
const OPT = 41;
const HEADER = 12;
const MAX_NAME = 255;
const MAX_LABEL = 63;
/** Pointers followed in one name: it has no more than 127 labels that could each be behind one. */
const MAX_POINTERS = 127;
/** CNAME records followed in one response; the engine's own bound for transcripts. */
const MAX_ALIASES = 8;
const QR = 0x8000;
const TC = 0x0200;
const RD = 0x0100;
const AD = 0x0020;

/** The query for a name and type, with the message ID 0 that RFC 8484 §4.1 asks for. */
export function encodeQuery(name, recordType) {
  const type = TYPES[recordType];
  if (type === undefined) throw new TypeError(`the record type '${recordType}' is not understood`);
  const labels = encodeName(name);
  // AD in a query asks for the AD flag in the response (RFC 6840 §5.7). The OPT record lifts the limit of 512 octets.
  const header = [0, 0, (RD | AD) >> 8, (RD | AD) & 0xff, 0, 1, 0, 0, 0, 0, 0, 1];
  const opt = [0, 0, OPT, 0xff, 0xff, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...labels, 0, type, 0, CLASS_IN, ...opt]);
}

function encodeName(name) {
  const octets = [];
  for (const label of name.replace(/\.$/, "").split(".")) {
    if (label.length === 0 || label.length > MAX_LABEL || !/^[!-~]+$/.test(label)) {
      throw new TypeError(`'${name}' cannot be asked for: it is no domain name in ASCII`);
    }
    octets.push(label.length, ...Array.from(label, (c) => c.charCodeAt(0)));
  }
  octets.push(0);
  if (octets.length > MAX_NAME) throw new TypeError(`'${name}' cannot be asked for: it is too long`);
  return octets;
}

/** What a response says about the name and type that were asked for. Throws when it says nothing that can be used. */
export function decodeResponse(octets, name, recordType) {
  const reader = new Reader(octets);
  const [, flags, questions, answers, authorities] = Array.from({ length: 6 }, () => reader.u16());
  if ((flags & QR) === 0 || (flags & 0x7800) !== 0) throw new Malformed("it is no response to a query");
  if ((flags & TC) !== 0) throw new Malformed("it was truncated");
  const wanted = TYPES[recordType];
  const asked = name.replace(/\.$/, "").toLowerCase();
  if (questions !== 1 || reader.name() !== asked || reader.u16() !== wanted || reader.u16() !== CLASS_IN) {
    throw new Malformed("it answers another question");
  }
  const secure = (flags & AD) !== 0;
  const rcode = flags & 0xf;
  if (rcode !== 0 && rcode !== 3) return { status: "SERVFAIL", records: [], ttl: 0, secure: false };

  const records = Array.from({ length: answers }, () => reader.record());
  const { owner, ttl } = followAliases(asked, wanted, records);
  const found = records.filter((record) => record.owner === owner && record.type === wanted);
  if (rcode === 3 || found.length === 0) {
    const status = rcode === 3 ? "NXDOMAIN" : "NOERROR";
    return { status, records: [], ttl: Math.min(ttl, negativeTtl(reader, authorities)), secure };
  }
  return {
    status: "NOERROR",
    records: found.map((record) => presentation(reader, record)),
    ttl: Math.min(ttl, ...found.map((record) => record.ttl)),
    secure,
  };
}

/** The name at the end of the chain of CNAME records, and the least of their TTLs. */
function followAliases(name, wanted, records) {
  const aliases = new Map();
  if (wanted !== TYPES.CNAME) {
    for (const record of records) if (record.type === TYPES.CNAME) aliases.set(record.owner, record);
  }
  let owner = name;
  let ttl = 0xffffffff;
  for (let steps = 0; aliases.has(owner); steps += 1) {
    if (steps === MAX_ALIASES) throw new Malformed("its CNAME records form a loop or too long a chain");
    const alias = aliases.get(owner);
    ttl = Math.min(ttl, alias.ttl);
    owner = alias.target;
  }
  return { owner, ttl };
}

/** How long the absence may be believed (RFC 2308 §5): what the SOA record says, else not at all. */
function negativeTtl(reader, authorities) {
  for (let count = 0; count < authorities; count += 1) {
    const record = reader.record();
    if (record.type !== TYPES.SOA) continue;
    const minimum = Number(presentation(reader, record).split(" ").at(-1));
    return Math.min(record.ttl, minimum);
  }
  return 0;
}

/** A record's data in the form that transcripts have; TXT that is not UTF-8 as octets. */
function presentation(reader, { type, start, end }) {
  const data = reader.within(start, end);
  const text = format(data, type);
  if (data.at !== end) throw new Malformed("a record's data does not have its length");
  return text;
}

function format(data, type) {
  switch (type) {
    case TYPES.A:
      return data.take(4).join(".");
    case TYPES.AAAA:
      return Array.from({ length: 8 }, () => data.u16().toString(16)).join(":");
    case TYPES.MX:
      return `${data.u16()} ${data.name() || "."}`;
    case TYPES.SOA:
      return [data.name() || ".", data.name() || ".", ...Array.from({ length: 5 }, () => data.u32())].join(" ");
    case TYPES.TLSA: {
      const [usage, selector, matching] = data.take(3);
      const hex = Array.from(data.take(data.end - data.at), (octet) => octet.toString(16).padStart(2, "0"));
      return `${usage} ${selector} ${matching} ${hex.join("")}`;
    }
    case TYPES.TXT:
      return text(data);
    default:
      return data.name() || "."; // CNAME, NS, PTR
  }
}

/** The character-strings of a TXT record, joined (RFC 7208 §3.3, RFC 6376 §3.6.2.2). */
function text(data) {
  const strings = [];
  while (data.at < data.end) strings.push(...data.take(data.u8()));
  const octets = Uint8Array.from(strings);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return octets;
  }
}

/** A response that cannot be used. */
class Malformed extends Error {
  constructor(why) {
    super(`the DNS response cannot be used: ${why}`);
    this.name = "MalformedResponse";
  }
}

/** Reads a message from the front, never past `end`. */
class Reader {
  constructor(octets, at = 0, end = octets.length) {
    this.octets = octets;
    this.at = at;
    this.end = end;
  }

  /** A reader for a part of the same message, in which compressed names still point into the whole. */
  within(start, end) {
    return new Reader(this.octets, start, end);
  }

  take(length) {
    if (length > this.end - this.at) throw new Malformed("it ends too early");
    this.at += length;
    return this.octets.subarray(this.at - length, this.at);
  }

  u8() {
    return this.take(1)[0];
  }

  u16() {
    const [high, low] = this.take(2);
    return high * 0x100 + low;
  }

  u32() {
    return this.u16() * 0x10000 + this.u16();
  }

  /** A name in lower case without the trailing dot; the root is empty. */
  name() {
    const labels = [];
    let [at, limit, length] = [this.at, this.end, 1];
    let after; // where reading goes on behind the first pointer
    let pointers = 0;
    for (;;) {
      const size = this.#octet(at, limit);
      if (size === 0) break;
      if (size >= 0xc0) {
        const target = (size & 0x3f) * 0x100 + this.#octet(at + 1, limit);
        // A pointer goes to a prior occurrence (RFC 1035 §4.1.4). Each goes further back.
        if (target < HEADER || target >= at) throw new Malformed("a compressed name does not point back");
        if (++pointers > MAX_POINTERS) throw new Malformed("a name has too many pointers");
        after ??= at + 2;
        [at, limit] = [target, at];
        continue;
      }
      length += 1 + size;
      if (size > MAX_LABEL || length > MAX_NAME || at + 1 + size > limit) throw new Malformed("a name is malformed");
      labels.push(label(this.octets.subarray(at + 1, at + 1 + size)));
      at += 1 + size;
    }
    this.at = after ?? at + 1;
    return labels.join(".");
  }

  #octet(at, limit) {
    if (at >= limit) throw new Malformed("a name does not end");
    return this.octets[at];
  }

  record() {
    const owner = this.name();
    const [type, cls, ttl, length] = [this.u16(), this.u16(), this.u32(), this.u16()];
    const start = this.at;
    this.take(length);
    // A record of another class is one of no type that is looked for.
    const known = cls === CLASS_IN ? type : 0;
    const target = known === TYPES.CNAME ? this.within(start, this.at).name() : undefined;
    // A TTL with the top bit set counts as zero (RFC 2181 §8).
    return { owner, type: known, ttl: ttl > 0x7fffffff ? 0 : ttl, start, end: this.at, target };
  }
}

/** A label as text; what would make it look like something else is escaped (RFC 1035 §5.1). */
function label(octets) {
  return Array.from(octets, (octet) => {
    const character = String.fromCharCode(octet);
    if (/[!-~]/.test(character) && character !== "." && character !== "\\") return character.toLowerCase();
    return `\\${String(octet).padStart(3, "0")}`;
  }).join("");
}
