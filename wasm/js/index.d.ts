/** Passerelle: whether an email is what it claims to be, decided in WebAssembly without any I/O of its own. */

/** Types of DNS records that a verification asks for or a transcript holds. */
export type RecordType = "A" | "AAAA" | "MX" | "PTR" | "CNAME" | "NS" | "SOA" | "TLSA" | "TXT";

/** How a lookup ended. `NOERROR` without records says that the name has no records of the type. */
export type Status = "NOERROR" | "NXDOMAIN" | "SERVFAIL" | "TIMEOUT";

/**
 * A record in presentation form, such as `10 mx.example.com`. TXT is its text without quotes, or its
 * character-strings to be joined, or its octets where they are not UTF-8.
 */
export type RecordData = string | string[] | Uint8Array;

/** The answer to a DNS question, CNAME records followed. */
export interface Answer {
  /** `NOERROR` when it is left out. */
  status?: Status;
  /** None when left out. */
  records?: RecordData[];
  /** How long it may be kept, in seconds. */
  ttl?: number;
  /** Whether DNSSEC validated it. */
  secure?: boolean;
}

/** An answer that may tell of the CNAME records that led to it. */
export interface FollowedAnswer extends Answer {
  /** The records in their order; the last leads to the canonical name. Left out where there are none. */
  aliases?: Alias[];
}

/** One step of a chain of CNAME records. */
export interface Alias {
  /** The name that the record points to. */
  target: string;
  /** Whether DNSSEC validated that record. */
  secure?: boolean;
}

/** An answer as the engine gives it. */
export type KnownAnswer = Required<Answer> & { aliases?: Required<Alias>[] };

/** Looks records up. A rejection counts as SERVFAIL, or as TIMEOUT where the error says so. */
export type Resolve = (name: string, recordType: RecordType, context: { signal?: AbortSignal }) => Promise<FollowedAnswer>;

/** The forms in which a message can be handed in. A string is taken as UTF-8; mail has CRLF as line ending. */
export type Message =
  | Uint8Array
  | ArrayBuffer
  | string
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>;

/** What is known of the SMTP transaction. What is left out is not checked. */
export interface Envelope {
  /** The client's address. */
  ip?: string;
  /** What the client said at HELO or EHLO. */
  helo?: string;
  /** The reverse-path without angle brackets; empty is the null reverse-path. */
  mailFrom?: string;
}

/** What a verification goes by, apart from the message and the answers. */
export interface Settings {
  /** The name that stands in Authentication-Results; `localhost` when it is left out. */
  authservId?: string;
  /**
   * Servers of your own or of your provider's, by the name in the Authentication-Results that they write: what they say is shown
   * beside the results here, in `provider_results`, and decides nothing.
   */
  trustedAuthservIds?: string[];
  /** Whether a DKIM signature with `l=`, which leaves part of the body unsigned, may pass. It may not by default. */
  acceptBodyLength?: boolean;
  /** Whether the report has a trail, as it has when this is left out. It takes time. */
  trail?: boolean;
}

/**
 * What of the message's own Received and Return-Path fields is believed. Whoever wrote the message can have written them.
 */
export interface Believed {
  /**
   * Your own server wrote the field that the client is taken from: the topmost with `true`, those behind hops of your own
   * aside, or the one with this number, counted from the top, from 1.
   */
  trustReceived?: boolean | number;
  /** Networks of your own relays, such as `192.0.2.0/24`: fields that name one of them as the client are passed over. */
  trustedRelays?: string[];
}

export interface VerifyOptions extends Envelope, Believed, Settings {
  /**
   * Takes what is missing of the envelope from the message, or from this header section. SPF of it is shown as `derived`
   * and counts only where `trustReceived` says so. The message has to be at hand then, not a stream.
   */
  envelopeFromMessage?: boolean | Uint8Array | ArrayBuffer;
  /** Called with what is certain before the report, such as SPF before the message begins. */
  onResult?: (result: EarlyResult) => void;
  resolve: Resolve;
  /** The time by which signatures are judged: a Date, or seconds since 1970. It is now when it is left out. */
  now?: Date | number;
  /** Milliseconds that answers are waited for once the message is complete; 20,000 when left out. */
  timeout?: number;
  /** Breaks the verification off. */
  signal?: AbortSignal;
  /** Steps to stand at the front of the trail, such as those of {@link fromFile}. */
  notes?: Step[];
}

/** The report on a message. */
export function verify(message: Message, options: VerifyOptions): Promise<Report>;

/** The report, and what belongs to it. */
export function examine(message: Message, options: VerifyOptions): Promise<Examination>;

export interface Examination {
  report: Report;
  /** The report's JSON, octet for octet as every other face of the engine gives it. */
  json: string;
  authenticated: Authenticated;
}

/**
 * `yes`: DMARC passes, or there is no policy and an aligned SPF or DKIM result passes. `temporarily`: a temporary
 * error stands in the way; trying again later can help. `undecided`: it depends on something that is not known here: from
 * which address the message came, for which nobody vouches, or its body.
 */
export type Authenticated = "yes" | "no" | "temporarily" | "undecided";

/** Something that is certain before the report, and that the report says again. Each comes once. More types may come. */
export type EarlyResult =
  /** SPF of MAIL FROM, or of HELO with a null reverse-path; of HELO, where it is checked besides. */
  | { type: "spf" | "spf_helo"; result: SpfResult; value: Omit<Spf, "aligned"> }
  | { type: "iprev"; result: string; value: Iprev }
  /** The header section is complete. */
  | { type: "header"; value: HeaderSection }
  /** One of the report's `dkim`, and its place there. */
  | { type: "signature"; index: number; result: DkimResult; value: Omit<Dkim, "aligned"> };

/** What the header section shows. */
export interface HeaderSection {
  /** The author's domain, where it is certain. */
  author: string | null;
  /** Why it is not. */
  reason?: string;
  /** One for each member of the report's `dkim`, in the same order. */
  signatures: Pick<Dkim, "domain" | "selector" | "identity" | "algorithm">[];
}

/**
 * A message as a file has it, as it would be on the wire, by the rules of the command: an mbox separator is dropped,
 * and where the first line ends with LF alone, every LF without CR becomes CRLF. `notes`, handed to {@link verify},
 * makes the report say so. In browsers {@link init} comes first.
 */
export function fromFile(file: Uint8Array | ArrayBuffer | string): { octets: Uint8Array; notes: Step[] };

/**
 * What a file is that was handed in as a message: anything but `message` is not to be verified, and `what`, `why` and
 * `advice` tell its owner so. In browsers {@link init} comes first.
 */
export function recognize(file: Uint8Array | ArrayBuffer | string): Recognized;

/**
 * The message in a file for which {@link recognize} says `holdsMessage`, of an mbox the one of this number, the first
 * being 1; or the message that a message carries as a part. Recognize it again: a message may be wrapped twice. Throws an
 * Error where there is none.
 */
export function extract(file: Uint8Array | ArrayBuffer | string, number?: number): Uint8Array;

export type FileKind =
  | "message"
  | "empty"
  | "outlook"
  | "image"
  | "document"
  | "archive"
  | "web-page"
  | "json"
  | "binary"
  | "no-header"
  | "mbox"
  | "byte-order-mark"
  | "utf-16"
  | "emlx"
  | "indented";

export interface Recognized {
  kind: FileKind;
  /** To stand behind "this is": `a PNG picture`. */
  what: string;
  /** Why it can't be judged as it is; empty for a message. */
  why: string;
  /** What to do instead; empty for a message. */
  advice: string;
  /** Whether {@link extract} takes a message out of it. */
  holdsMessage: boolean;
  /** How many messages an mbox has. */
  messages?: number;
  /** Where in an mbox they begin, of the first 10,000. */
  starts?: number[];
  /** The message that a message carries as a part. */
  carried?: { subject: string };
}

/** Looks records up at a resolver that speaks DNS over HTTPS (RFC 8484). */
export function dohResolver(url: string | URL, options?: DohOptions): Resolve;

export interface DohOptions {
  /** Used in the place of the global `fetch`. */
  fetch?: (url: string, init: { headers: Record<string, string>; signal: AbortSignal }) => Promise<Response>;
  /** Milliseconds for one lookup; 10,000 when left out. */
  timeout?: number;
}

/**
 * The DNS message that asks for the records of a name and type, for a transport of one's own. Its ID is 0; over UDP, set the
 * first two octets, and compare them.
 */
export function encodeQuery(name: string, recordType: RecordType): Uint8Array;

/**
 * What a resolver's DNS message answers to that: CNAME records followed, `secure` by its AD bit. Throws an Error where
 * there is no answer in it: it is malformed, truncated, or answers another question.
 */
export function decodeResponse(
  message: Uint8Array | ArrayBuffer,
  name: string,
  recordType: RecordType,
): KnownAnswer;

/** Answers from a transcript. */
export function transcriptResolver(transcript: Transcript): Resolve;

/** Answers as `resolve` does, and notes each answer in the transcript, failures included. */
export function recordingResolver(resolve: Resolve, transcript: Transcript): Resolve;

/**
 * Loads the engine. In Node and in edge workers it is loaded with the package. In browsers {@link verify} loads it
 * when it is first called; only whoever uses the classes below needs to call this before.
 *
 * @param source where the WebAssembly module is, its bytes, or the compiled module; needed only where the package's
 *   own file cannot be found
 */
export function init(source?: URL | string | Response | BufferSource | WebAssembly.Module): Promise<void>;

/** Answers of the DNS as JSON: to answer from, and to record into. */
export class Transcript {
  /** Reads a transcript; without its JSON it is empty. Throws an Error that names what is wrong. */
  constructor(json?: string);
  answer(name: string, recordType: RecordType): KnownAnswer;
  /** Notes an answer; a later one to the same question takes its place. */
  record(name: string, recordType: RecordType, answer: FollowedAnswer): void;
  /** The transcript as JSON text, an answer a line. */
  toString(): string;
  /** The same as a value, for `JSON.stringify`. */
  toJSON(): unknown;
  /** Gives the memory back at once; otherwise the garbage collector does. */
  free(): void;
}

/**
 * One message being verified, for programs that have a loop of their own; {@link verify} is one.
 *
 * Hand it input, then `poll()` until it is idle; look up what it asks for, hand the answers in, and poll again. It
 * asks while the message still comes in, and reports once the message is complete and every answer is there.
 */
export class Verification {
  constructor(options: Envelope & Believed & Settings & {
    /** Seconds since 1970. */
    now: number;
    /** The message, or its header section, from which what is missing of the envelope is taken. */
    envelopeFromMessage?: Uint8Array | ArrayBuffer;
    /** Whether {@link poll} gives what is certain before the report. */
    early?: boolean;
  });
  /** The next octets of the message, in chunks of any size. */
  octets(chunk: Uint8Array | ArrayBuffer): void;
  /** The message is complete. */
  end(): void;
  /** The answer to a question, in any order. When it is malformed this throws, and the question still waits. */
  answer(id: number, answer: FollowedAnswer): void;
  /** No more answers are waited for: what is missing counts as timed out. */
  deadline(): void;
  /** Adds a step to the front of the trail. */
  note(step: Step): void;
  poll(): Output;
  /** Gives the memory back at once; otherwise the garbage collector does. */
  free(): void;
}

/** One output of a {@link Verification}. */
export type Output =
  | { type: "ask"; id: number; kind: "dns"; name: string; recordType: RecordType }
  | { type: "report"; report: string; authenticated: Authenticated }
  /** With `early`, what {@link EarlyResult} has as a value, as JSON. */
  | { type: "spf" | "spf_helo" | "iprev"; result: string; json: string }
  | { type: "header"; json: string }
  | { type: "signature"; index: number; result: string; json: string }
  | { type: "idle"; wake?: number };

/** What came of the checks. Fields are only ever added. */
export interface Report {
  /** The verdict in a word. */
  authenticated: Authenticated;
  /** By what the message was judged; what is not known is null. */
  envelope: {
    ip: EnvelopePart | null;
    helo: EnvelopePart | null;
    mail_from: EnvelopePart | null;
    /** Which Received field the client was taken from, counted from the top, from 1. */
    received_field?: number;
    /** Whether all of it is the host's word. */
    trusted: boolean;
  };
  /** There is no body, though a signature covers one. */
  header_only?: true;
  /** SPF of MAIL FROM, or of HELO with a null reverse-path. */
  spf: Spf;
  /** SPF of HELO, where it was checked besides MAIL FROM. */
  spf_helo?: Spf;
  /** One for each signature, in the order of the message. */
  dkim: Dkim[];
  /** By RFC 9989; the module has no evaluation by RFC 7489. */
  dmarc: Dmarc;
  /** Missing when the client's address is not known. */
  iprev?: Iprev;
  /** What a trusted server said, beside what is said here, where one is named. */
  provider_results?: ProviderResults;
  /** The header field, folded, ready to be put in front of the message. */
  authentication_results: string;
  /** Not there where `trail: false` asked for none. */
  trail: Step[];
}

export interface EnvelopePart {
  value: string;
  source: "given" | "received" | "return-path";
}

/** The topmost Authentication-Results of a trusted server, and how it compares. */
export interface ProviderResults {
  authserv_id: string;
  compared: {
    method: string;
    /** A domain, or an address. */
    of?: string;
    theirs: string;
    /** Null where it was not checked here. */
    ours: string | null;
    differs: boolean;
  }[];
  /** What stands in the field and is no result. */
  skipped?: string[];
  /** Why the field could not be read. */
  reason?: string;
}

export interface Spf {
  result: SpfResult;
  /** Which identity was checked. */
  identity: "mailfrom" | "helo";
  /** Empty when there was nothing to check. */
  domain: string;
  /** How the domain stands to the author's. */
  aligned: Alignment;
  /** What the domain has to say about a fail. It comes from a stranger. */
  explanation?: string;
  /** The mechanism that matched. */
  mechanism?: string;
  /** The client or its name was taken from the message, for which nobody vouches: it counts for nothing. */
  derived?: true;
  lookups: number;
  void_lookups: number;
  reason?: string;
}

/**
 * How a domain stands to the author's, whether it is authenticated or not: the same domain, the same organizational
 * domain, another one, or not known (RFC 9989 §3.2.10).
 */
export type Alignment = "strict" | "relaxed" | "no" | "unknown";

/** RFC 7208 §2.6. */
export type SpfResult = "pass" | "fail" | "softfail" | "neutral" | "none" | "temperror" | "permerror";

export interface Dkim {
  result: DkimResult;
  /** Null, as the fields below, where the signature could not be read so far. */
  domain: string | null;
  /** How the domain stands to the author's, whether the signature passes or not. */
  aligned: Alignment;
  selector: string | null;
  identity: string | null;
  /** Such as `rsa-sha256`. */
  algorithm: string | null;
  /** Null where no key was found. */
  key_bits: number | null;
  /** Of header and body, such as `relaxed/simple`. */
  canonicalization: string | null;
  /** Octets of the canonical body that `l=` covers. */
  body_length?: number;
  /** Octets of the body that are not signed: behind what `l=` covers, or those of a footer. */
  body_uncovered?: number;
  /** Until when it is valid, in seconds since 1970 (`x=`). */
  expires?: number;
  /** Why it does not pass, in one word. More words may come. */
  cause?: DkimCause;
  /** Where the body hash does not match: whether the signature over the header fields verifies. */
  header_intact?: boolean;
  /** Why it does not pass, or what is to be said about a pass. */
  reason?: string;
  /** The key's owner is testing DKIM: a failure is to be treated as no signature. */
  testing?: boolean;
  /** Fields that a reader sees, of which some are not covered. */
  unsigned?: string[];
}

export type DkimCause =
  | "expired"
  | "future"
  | "no-key"
  | "key-unavailable"
  | "key-revoked"
  | "key-unusable"
  | "weak-key"
  | "footer"
  | "body-absent"
  | "body-cut"
  | "body-line-ends"
  | "body-changed"
  | "bad-signature"
  | "body-length"
  | "malformed"
  | "not-examined";

/** RFC 8601 §2.7.1. */
export type DkimResult = "pass" | "fail" | "none" | "policy" | "neutral" | "temperror" | "permerror";

/**
 * What a message shows of itself, decoded. Nothing of it is proven. Its header section is enough; a string is taken as UTF-8.
 * Texts have U+FFFD in the place of what cannot be decoded, and may hold anything that a character can do: show them with care.
 */
export function face(message: Uint8Array | ArrayBuffer | string): Face;

export interface Face {
  /** The From fields from top to bottom; an honest message has one. */
  from: ShownAddresses[];
  reply_to: ShownAddresses | null;
  subject: string | null;
  /** As written, and in seconds since 1970 where it is a date. */
  date: { text: string; unix: number | null } | null;
  /** The List-Id, and what is in angle brackets. */
  list_id: { text: string; id: string | null } | null;
  /** The steps that the message took by its own account, the oldest first. */
  received: Hop[];
  /** There is no body, nor an empty line: no signature can be judged. */
  headers_only: boolean;
  /** The header section exceeds a bound, and nothing of it is shown. */
  over_limit: boolean;
}

export interface ShownAddresses {
  /** The whole field. */
  text: string;
  /** None where the field is malformed. */
  mailboxes: ShownMailbox[];
}

export interface ShownMailbox {
  name: string | null;
  /** With the domain in A-labels. */
  address: string;
  /** In A-labels; null for an address literal. */
  domain: string | null;
  /** In the letters that people see, where they are others. */
  domain_unicode: string | null;
}

export interface Hop {
  /** Which Received field it is, counted from the top, from 1 on. */
  field: number;
  from: string | null;
  ip: string | null;
  by: string | null;
  /** The protocol, such as ESMTPS. */
  with: string | null;
  /** Whether the field says that the connection was encrypted. */
  tls: boolean;
  /** In seconds since 1970. */
  time: number | null;
  /** Seconds since the step before; less than none where clocks differ. */
  delay: number | null;
}

export interface Dmarc {
  result: DmarcResult;
  /** The author's domain; null when it is not certain. */
  domain: string | null;
  /** The domain whose record applies; null when there is none. */
  policy_domain: string | null;
  /** The policy that applies to the author's domain; null when there is none. */
  policy: DmarcPolicy | null;
  /**
   * What the owner asks for in this case; where the author is not certain, the strictest of what the owners of the candidates
   * ask for. The package's README says what to do with it.
   */
  disposition: DmarcPolicy;
  /** That is one level less than the policy because of `t=y`. */
  lowered?: true;
  /** What is aligned with the author's domain. */
  aligned_by: ("spf" | "dkim")[];
  /** How certain it is whose domain the author's is. If it is not, the result is permerror. */
  author: DmarcAuthor;
  /** The domains that some reader may take for the author's, in order of appearance; none where the author is certain. */
  candidates: DmarcCandidate[];
  /** What keeps the result from being pass or fail. More words may come. */
  cause?: DmarcCause;
  reason?: string;
}

export type DmarcResult = "pass" | "fail" | "none" | "temperror" | "permerror";
/**
 * Every reader finds the same domain; readers may find one of the candidates; or another one besides, since there are too many
 * or a bound was met; no reader finds a domain.
 */
export type DmarcAuthor = "certain" | "candidates" | "incomplete" | "none";

/** A domain that some reader may take for the author's, and what DMARC says were it the author's. */
export interface DmarcCandidate {
  domain: string;
  result: DmarcResult;
  policy: DmarcPolicy | null;
  policy_domain: string | null;
  disposition: DmarcPolicy;
  aligned_by: ("spf" | "dkim")[];
}

export type DmarcCause =
  | "no-record"
  | "several-records"
  | "record-unusable"
  | "record-unavailable"
  | "no-address"
  | "derived-envelope";
export type DmarcPolicy = "none" | "quarantine" | "reject";

/** RFC 8601 §2.7.3. */
export interface Iprev {
  result: "pass" | "fail" | "temperror" | "permerror";
  ip: string;
  /** The name that has the address. */
  name?: string;
  /** The address was taken from the message, for which nobody vouches. */
  derived?: true;
  reason?: string;
}

/** One step on the way to the verdicts. */
export interface Step {
  step: string;
  outcome: string;
  why: string;
  /** The rule, such as `RFC 7208 §5.2`. */
  rfc: string;
}
