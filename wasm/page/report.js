// The report, drawn. All of it comes from strangers: it is set as text, never as markup, and characters that could
// make it look like something else are shown as what they are.

/** Control and format characters, such as those that turn the direction of writing; not tab and line ends. */
const UNSEEN = /[^\P{C}\t\r\n]|[\p{Zl}\p{Zp}]/gu;

const GOOD = new Set(["pass", "yes"]);
const BAD = new Set(["fail", "no"]);

const WHOLE = {
  yes: ["Authenticated", "The domain in From vouches for this message."],
  no: ["Not authenticated", "Nothing shows that this message is of the domain in From."],
  temporarily: ["Undecided", "A lookup failed for now. The same check can end otherwise later."],
  undecided: ["Undecided", "It depends on where the message was sent from, or on text that is missing here."],
};

/** Draws an examination into a section. */
export function showReport(section, { report, json, authenticated }, { problems, transcript }) {
  const [title, sentence] = WHOLE[authenticated];
  section.replaceChildren(
    make("div", { className: `whole ${colour(authenticated)}` },
      make("h2", { id: "report-title", textContent: title }),
      make("p", { textContent: sentence })),
    make("dl", { className: "verdicts" }, ...verdicts(report)),
    ...failedLookups(problems),
    bar("Header field", copyButton(report.authentication_results)),
    make("pre", { id: "authentication-results", textContent: report.authentication_results.trimEnd() }),
    bar("How it came to that"),
    trail(report.trail),
    bar("Report as JSON", copyButton(json), saveLink("report.json", json)),
    make("details", {},
      make("summary", { textContent: "Show it" }),
      make("pre", { id: "json", textContent: JSON.stringify(report, undefined, 2) })),
    bar("Answers of the DNS", copyButton(transcript), saveLink("dns.json", transcript)),
    make("p", { className: "hint", textContent: "With this transcript anyone gets the same report again, here or with passerelle verify --dns." }),
  );
  section.hidden = false;
  section.focus();
}

function verdicts(report) {
  const rows = [verdict("SPF", report.spf, spfFacts(report.spf))];
  if (report.spf_helo !== undefined) rows.push(verdict("SPF of HELO", report.spf_helo, spfFacts(report.spf_helo)));
  if (report.dkim.length === 0) rows.push(verdict("DKIM", { result: "none", reason: "there is no signature" }, []));
  for (const signature of report.dkim) rows.push(verdict("DKIM", signature, dkimFacts(signature)));
  rows.push(verdict("DMARC", report.dmarc, dmarcFacts(report.dmarc)));
  if (report.iprev !== undefined) rows.push(verdict("Reverse DNS", report.iprev, [report.iprev.ip, report.iprev.name]));
  return rows;
}

function verdict(name, { result, reason }, facts) {
  const text = facts.filter((fact) => fact !== undefined && fact !== null && fact !== "").join(" · ");
  return make("div", {},
    make("dt", { textContent: name }),
    make("dd", { className: `result ${colour(result)}`, textContent: result }),
    make("dd", {},
      make("div", { textContent: reason ?? "" }),
      make("div", { className: "facts", textContent: text })));
}

function spfFacts({ domain, identity, mechanism, explanation }) {
  const says = explanation === undefined ? undefined : `the domain says: “${explanation}”`;
  return [domain && `${domain} (${identity})`, mechanism && `matched ${mechanism}`, says];
}

function dkimFacts(signature) {
  const { domain, selector, algorithm, key_bits: bits, canonicalization, body_length: length, testing } = signature;
  return [
    domain && `d=${domain}`,
    selector && `s=${selector}`,
    algorithm && (bits === null ? algorithm : `${algorithm}, ${bits} bits`),
    canonicalization,
    length === undefined ? undefined : `only the first ${length} octets of the body are signed`,
    testing ? "the key is for testing" : undefined,
  ];
}

function dmarcFacts({ domain, policy_domain: owner, policy, disposition, aligned_by: by, result }) {
  return [
    domain && `From: ${domain}`,
    policy && `policy of ${owner}: ${policy}`,
    result === "fail" ? `asks to ${{ none: "do nothing", quarantine: "quarantine it", reject: "reject it" }[disposition]}` : undefined,
    by.length > 0 ? `aligned by ${by.map((method) => method.toUpperCase()).join(" and ")}` : undefined,
  ];
}

function failedLookups(problems) {
  if (problems.length === 0) return [];
  const items = problems.map((problem) => make("li", { textContent: problem }));
  return [bar("Lookups that failed"), make("ul", { className: "problems", id: "problems" }, ...items)];
}

function trail(steps) {
  const head = ["Step", "Outcome", "Why", "Rule"].map((title) => make("th", { scope: "col", textContent: title }));
  const rows = steps.map(({ step, outcome, why, rfc }) =>
    make("tr", {}, ...[step, outcome, why, rfc].map((text) => make("td", { textContent: text }))));
  return make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Trail" },
    make("table", { id: "trail" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
}

function bar(title, ...tools) {
  return make("div", { className: "bar" }, make("h3", { textContent: title }), ...tools);
}

function copyButton(text) {
  const button = make("button", { type: "button", textContent: "Copy" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed to copy";
    }
  });
  return button;
}

function saveLink(name, text) {
  const link = make("a", { className: "button", href: "#", download: name, textContent: "Save" });
  // The file is made when it is asked for, and not kept.
  link.addEventListener("click", () => {
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  return link;
}

function colour(word) {
  if (GOOD.has(word)) return "good";
  if (BAD.has(word)) return "bad";
  return word === "none" || word === "neutral" ? "" : "unsure";
}

function make(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (properties.textContent !== undefined) made.textContent = properties.textContent.replace(UNSEEN, escaped);
  made.append(...children);
  return made;
}

/** Written as JSON would write it. */
function escaped(character) {
  return Array.from({ length: character.length }, (_, at) =>
    `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}
