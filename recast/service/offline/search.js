/* The search of a copy: the rules of recast/search (docs/reference/pages.md), on shards that are loaded as scripts.
   A classic script: pages from a disk may load neither modules nor data. */
"use strict";
(function (scope) {
  // texts as words: recast/search/fold.py ---------------------------------------------------------------------------

  const LONGEST_WORD = 64;
  const NAMES_OF_GREEK = ("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma " +
    "tau upsilon phi chi psi omega").split(" ");
  const GREEK = new Map(Array.from("αβγδεζηθικλμνξοπρστυφχψω", (letter, at) => [letter, NAMES_OF_GREEK[at]]));
  const ALIKE = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ł": "l", "ı": "i", "þ": "th", "ς": "σ",
  };
  const TEX_WORDS = { ell: " l ", prime: "'" };
  const UNSPACED = "\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\u{20000}-\\u{3ffff}";
  const PRIME = /(?<![\p{L}\p{N}])([a-z])[\^{]*['’′]+/gu;
  const WRITTEN_PRIME = /(?<![\p{L}\p{N}])([wz])[ \-]prime(?![\p{L}\p{N}])/gu;
  const GREEK_LETTERS = /(?<![α-ω])[α-ω]{1,2}(?![α-ω])/gu;
  const UNIT = /([0-9])(?=(?:[kmgt]ev|[fp]b)(?![\p{L}\p{N}]))/gu;
  const WORD = new RegExp(`[0-9]+(?:\\.[0-9]+)+|[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{N}])+`, "gu");
  const IS_UNSPACED = new RegExp(`^[${UNSPACED}]$`, "u");

  function folded(text) {
    if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
    const bare = text.normalize("NFKD").replace(/[\p{Pd}\u2212]/gu, "-").replace(/[\p{M}\p{Cf}\p{Cs}]/gu, "");
    return Array.from(bare.toLowerCase(), (letter) => ALIKE[letter] ?? letter).join("");
  }

  function foldedWords(text) {
    if (text.includes("\\")) {
      text = text.replace(/\\([a-z]+)/g, (_, name) => {
        name = name.replace(/^var/, "");
        return NAMES_OF_GREEK.includes(name) ? ` ${name} ` : TEX_WORDS[name] ?? " ";
      });
    }
    text = text.replace(PRIME, "$1prime ").replace(WRITTEN_PRIME, "$1prime");
    text = text.replace(GREEK_LETTERS, (letters) => Array.from(letters, (it) => ` ${GREEK.get(it) ?? it} `).join(""));
    return (text.replace(UNIT, "$1 ").match(WORD) ?? []).map((word) => cut(word, LONGEST_WORD));
  }

  function cut(text, most) {
    return text.length <= most ? text : Array.from(text).slice(0, most).join("");
  }

  // numbers of papers: recast/search/numbers.py ----------------------------------------------------------------------

  const LONGEST_NUMBER = 64;
  const DOI = /(?<![0-9])10\.[0-9]{4,9}\/[^\s"<>]{1,200}/gu;
  const ARXIV = /(?<![\p{L}\p{N}_.])([0-9]{4}\.[0-9]{4,5})(?:v[0-9]{1,3})?(?![0-9])/u;
  const OLD_ARXIV = new RegExp("(?<![a-z0-9])((?:astro-ph|cond-mat|gr-qc|hep-(?:ex|lat|ph|th)|math(?:-ph)?|nucl-(?:ex|th)|" +
    "physics|quant-ph)(?:\\.[a-z]{2})?)/([0-9]{7})(?![0-9])", "u");
  const INSPIRE = /(?:(?<![a-z0-9])ins|inspirehep\.net\/(?:literature|record)\/)([0-9]{3,9})(?![0-9])/u;
  const REPORT = /(?<![a-z0-9])((?:[a-z]{2,12}[\-_/]){0,5}[a-z]{2,12})[\-_/]((?:19|20)?[0-9]{2})[\-_/]([0-9]{1,4})(?![0-9])/u;

  function numberIn(text) {
    const found = text.match(DOI);
    if (found) return ofDoi(found[0]);
    let match;
    if ((match = ARXIV.exec(text))) return match[1];
    if ((match = OLD_ARXIV.exec(text))) return plain(match[1]) + match[2];
    if ((match = INSPIRE.exec(text))) return `ins${match[1]}`;
    if ((match = REPORT.exec(text))) return (match[1].replace(/[\-_/]/g, "") + match[2] + match[3]).slice(0, LONGEST_NUMBER);
    return "";
  }

  function ofDoi(text) {
    const inside = /^10\.48550\/arxiv\./.exec(text);
    if (inside) {
      const rest = text.slice(inside[0].length);
      return numberIn(rest) || plain(rest);
    }
    const doi = text.replace(/(10\.17182\/hepdata\.[0-9]+).*/, "$1");
    const at = doi.indexOf("/");
    return (doi.slice(0, at) + plain(doi.slice(at + 1))).slice(0, LONGEST_NUMBER);
  }

  function plain(text) {
    return text.replace(/[^a-z0-9]/g, "");
  }

  // fields: recast/search/fields.py ----------------------------------------------------------------------------------

  const FIELDS = {
    title: ["t", "name"],
    number: ["arxiv", "doi", "eprint", "inspire", "hepdata", "report", "r", "id"],
    collaboration: ["collab", "experiment", "cn"],
    sqrts_tev: ["sqrts", "energy", "ecm", "tev"],
    luminosity_inv_fb: ["luminosity", "lumi"],
    final_state: ["final", "final_states", "fs", "signature"],
    model: ["models"],
    tool: ["tools"],
    status: [],
    validated: ["valid"],
    policy: [],
    accepts: ["requests"],
  };
  const WHOLE = new Set(["sqrts_tev", "luminosity_inv_fb", "status", "validated", "accepts"]);
  const BY_NAME = new Map(Object.entries(FIELDS).flatMap(([field, names]) => [field, ...names].map((it) => [it, field])));
  const YES = { yes: "yes", true: "yes", 1: "yes", y: "yes", no: "no", false: "no", 0: "no", n: "no" };

  function fieldNamed(name) {
    return BY_NAME.get(name.replaceAll("-", "_")) ?? "";
  }

  function valuesOf(field, words) {
    if (field === "validated" || field === "accepts") return words.map((word) => (Object.hasOwn(YES, word) ? YES[word] : word));
    return WHOLE.has(field) ? words.filter((word) => word !== "tev" && word !== "fb") : words;
  }

  // questions: recast/search/question.py -----------------------------------------------------------------------------

  const LONGEST = 1000, MOST_WORDS = 16;
  const PART = /(?:([\p{L}\p{Nl}\p{No}][\p{L}\p{N}_\-]{0,30}):)?"([^"]*)"?|([^\s\x1c-\x1f\x85"]+)/gu;
  const FIELD = /^([\p{L}\p{Nl}\p{No}][\p{L}\p{N}_\-]{0,30}):(?!\/\/)(.+)$/su;
  const LABELS = new Set(["arxiv", "doi", "eprint", "inspire", "hepdata"]);

  function readQuestion(text) {
    const notes = [];
    const begins = cut(text, LONGEST).replace(/[“”„‟«»＂]/g, '"')
      .replace(/(?<![\p{L}\p{N}_])([wz])[ \-]prime(?![\p{L}\p{N}_])/giu, "$1'");
    let parts = [];
    for (const [typed, field, phrase, chunk] of begins.matchAll(PART)) {
      parts.push(phrase !== undefined ? ofPhrase(typed, field ?? "", phrase, notes) : ofChunk(chunk, notes));
    }
    parts = withoutLabels(parts.filter((part) => part.words.length));
    const kept = some(parts);
    if (kept.length < parts.length || Array.from(text).length > LONGEST) {
      notes.push(`Only the first ${MOST_WORDS} words were looked for.`);
    }
    return { parts: kept, notes: [...new Set(notes)] };
  }

  function part(typed, words, kind = "words", field = "", number = "") {
    return { typed, words, kind, field, number };
  }

  function ofPhrase(typed, name, text, notes) {
    const bare = folded(text);
    const field = name ? known(folded(name), notes) : "";
    const number = !field || field === "number" ? numberIn(bare) : "";
    if (number) return part(typed, foldedWords(bare), "number", "", number);
    if (field && field !== "title" && field !== "number") return part(typed, valuesOf(field, foldedWords(bare)), "words", field);
    const before = name && !field ? foldedWords(folded(name)) : [];
    return part(typed, [...before, ...foldedWords(bare)], "phrase", field === "number" ? "" : field);
  }

  function ofChunk(typed, notes) {
    const bare = folded(typed);
    const named = FIELD.exec(bare);
    const field = named ? fieldNamed(named[1]) : "";
    if (named && !field && !numberIn(bare)) known(named[1], notes);
    if (field && field !== "number") return part(typed, valuesOf(field, foldedWords(named[2])), "words", field);
    const value = named && field ? named[2] : bare;
    const number = numberIn(bare) || (named && named[1] === "inspire" && /^\p{Nd}+$/u.test(value) ? `ins${value}` : "");
    const words = foldedWords(value);
    if (number) return part(typed, words.length ? words : [number], "number", "", number);
    return part(typed, words, words.length > 1 && words.some((it) => IS_UNSPACED.test(it)) ? "phrase" : "words");
  }

  function known(name, notes) {
    const field = fieldNamed(name);
    if (!field) notes.push(`There is no field ${name}: it was looked for as a word.`);
    return field;
  }

  function withoutLabels(parts) {
    const number = (at) => parts[at] !== undefined && parts[at].kind === "number";
    return parts.filter((it, at) => number(at) || !(
      (it.words.every((word) => LABELS.has(word)) && number(at + 1)) ||
      (number(at - 1) && /^\[[a-z.\-]{2,20}\]$/.test(folded(it.typed)))
    ));
  }

  function some(parts) {
    const kept = [];
    let left = MOST_WORDS;
    for (let it of parts) {
      if (it.kind === "number") {
        left -= 1;
      } else if (it.words.length > left) {
        it = { ...it, words: it.words.slice(0, Math.max(0, left)) };
        left = 0;
      } else {
        left -= it.words.length;
      }
      if (left < 0 || !it.words.length) break;
      kept.push(it);
    }
    return kept;
  }

  function wanted(question) {
    return unique(question.parts.flatMap((it) => {
      if (it.kind === "number") return [{ word: it.number }];
      if (it.field && it.field !== "title") {
        return it.words.map((word) => ({ word: `:${it.field}:${word}`, whole: WHOLE.has(it.field) }));
      }
      if (it.kind === "phrase" && it.words.length > 1) {
        const pairs = it.words.slice(1).map((word, at) => ({ word: `_${it.words[at]}_${word}`, whole: true }));
        return it.field ? [...pairs, ...namesOf(it)] : pairs;
      }
      return it.words.map((word) => ({ word, whole: it.kind === "phrase", names: Boolean(it.field) }));
    }));
  }

  function inNames(question) {
    return unique(question.parts.flatMap((it) => {
      if (it.kind === "number") return [{ word: it.number, names: true }];
      return !it.field || it.field === "title" ? namesOf(it) : [];
    }));
  }

  function namesOf(it) {
    return it.words.map((word) => ({ word, whole: it.kind === "phrase", names: true }));
  }

  function unique(found) {
    return [...new Map(found.map((it) => [`${it.word} ${Boolean(it.whole)} ${Boolean(it.names)}`, it])).values()];
  }

  function textOf(question) {
    return question.parts.map((it) => it.typed).join(" ");
  }

  function loosened(question) {
    if (!question.parts.some((it) => it.kind === "number")) return null;
    return { ...question, parts: question.parts.map((it) => ({ ...it, kind: "words", number: "" })) };
  }

  function withWords(question, pairs) {
    let parts = question.parts;
    for (const [old, other] of pairs) parts = parts.map((it) => (it.words.includes(old) ? withWord(it, old, other) : it));
    return { ...question, parts };
  }

  function withWord(it, old, other) {
    const words = it.words.map((word) => (word === old ? other : word));
    let text = words.join(" ");
    if (it.kind === "phrase" || (it.field && words.length > 1)) text = `"${text}"`;
    return { ...it, words, typed: it.field ? `${it.field}:${text}` : text };
  }

  // what somebody may have meant: recast/search/near.py and corrected.py ---------------------------------------------

  const MOST_WRONG = 3, MOST_OFFERED = 3, MOST_NEAR = 10;

  function tolerance(length) {
    return length < 4 ? 0 : length < 8 ? 1 : 2;
  }

  function apart(one, other, most) {
    if (Math.abs(one.length - other.length) > most) return most + 1;
    let before = new Array(other.length + 1).fill(0);
    let row = Array.from({ length: other.length + 1 }, (_, at) => at);
    for (let i = 1; i <= one.length; i += 1) {
      const above = before;
      before = row;
      row = new Array(other.length + 1).fill(i);
      for (let j = 1; j <= other.length; j += 1) {
        row[j] = Math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
          row[j] = Math.min(row[j], above[j - 2] + 1);
        }
      }
      if (Math.min(...row) > most && Math.min(...before) > most) return most + 1;
    }
    return Math.min(row[other.length], most + 1);
  }

  function nearest(word, words, most) {
    const mine = Array.from(word);
    const allowed = tolerance(mine.length);
    if (!allowed) return [];
    const found = [];
    for (const other of words) {
      if (Math.abs(other.length - word.length) > allowed || other === word) continue;
      const distance = apart(mine, Array.from(other), allowed);
      if (distance <= allowed) found.push([distance, other[0] === word[0] ? 0 : 1, other]);
    }
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : 1));
    return found.slice(0, MOST_NEAR).slice(0, most).map((it) => it[2]);
  }

  function doubtful(question) {
    const parts = question.parts.filter((it) => it.kind !== "number" && it.words.every((word) => /^\p{L}+$/u.test(word)));
    return [...new Set(parts.flatMap((it) => it.words))];
  }

  function corrections(question, words) {
    const unknown = (word) => tolerance(Array.from(word).length) && !words.some((it) => it.startsWith(word));
    const wrong = doubtful(question).filter(unknown);
    if (!wrong.length || wrong.length > MOST_WRONG) return [];
    const near = wrong.map((word) => nearest(word, words, MOST_OFFERED));
    if (near.some((it) => !it.length)) return [];
    const best = wrong.map((word, at) => [word, near[at][0]]);
    const found = [best];
    wrong.forEach((word, at) => {
      for (const other of near[at].slice(1)) found.push(best.map((pair, it) => (it === at ? [word, other] : pair)));
    });
    return found.slice(0, MOST_OFFERED).map((pairs) => withWords(question, pairs));
  }

  function neighbours(question, words) {
    return doubtful(question).slice(0, MOST_WRONG).flatMap((word) =>
      nearest(word, words, 1).filter((other) => !other.startsWith(word)).map((other) => withWords(question, [[word, other]])));
  }

  // shards -----------------------------------------------------------------------------------------------------------

  const needed = new Map(), waiting = new Map();
  scope.shard = (name, value) => waiting.get(name)?.(value);

  function need(name) {
    if (!needed.has(name)) {
      needed.set(name, new Promise((resolve, reject) => {
        waiting.set(name, resolve);
        scope.recastLoad(name, () => {
          needed.delete(name);
          reject(new Error(`search/${name}.js cannot be loaded`));
        });
      }));
    }
    return needed.get(name);
  }

  function each(packed, visit) {
    if (!packed) return;
    if (packed[0] !== "=") {
      let at = 0;
      for (const step of packed.split(" ")) visit((at += parseInt(step, 36)));
      return;
    }
    const octets = atob(packed.slice(1));
    for (let octet = 0; octet < octets.length; octet += 1) {
      const bits = octets.charCodeAt(octet);
      for (let bit = 0; bit < 8; bit += 1) if ((bits >> bit) & 1) visit(octet * 8 + bit);
    }
  }

  async function having(head, it) {
    const found = new Uint8Array(head.size);
    const after = it.whole ? it.word : `${it.word}\uffff`;
    let first = 0;
    while (first + 1 < head.words.length && head.words[first + 1] <= it.word) first += 1;
    const names = [];
    for (let at = first; at < head.words.length && head.words[at] <= after; at += 1) names.push(`w${at}`);
    for (const words of await Promise.all(names.map(need))) {
      for (const word of Object.keys(words)) {
        if (it.whole ? word === it.word : word.startsWith(it.word)) each(words[word][it.names ? 1 : 0], (at) => { found[at] = 1; });
      }
    }
    return found;
  }

  async function all(head, words, found) {
    for (const those of await Promise.all(words.map((it) => having(head, it)))) {
      for (let at = 0; at < found.length; at += 1) found[at] &= those[at];
    }
    return found;
  }

  async function ask(head, chosen, question) {
    const words = wanted(question), best = inNames(question);
    const found = await all(head, words, new Uint8Array(head.size).fill(1));
    const facets = await need("facets");
    for (const [name, value] of Object.entries(chosen)) {
      const those = new Uint8Array(head.size);
      if (Object.hasOwn(facets, name) && Object.hasOwn(facets[name], value)) each(facets[name][value], (at) => { those[at] = 1; });
      for (let at = 0; at < found.length; at += 1) found[at] &= those[at];
    }
    const first = words.length && best.length ? await all(head, best, found.slice()) : new Uint8Array(head.size);
    const places = [];
    for (const which of [1, 0]) found.forEach((is, at) => { if (is && first[at] === which) places.push(at); });
    return { places, total: places.length, found, notes: [], instead: "", meant: [] };
  }

  /* What was found, or is found instead: recast/ledger/catalogue/tolerance.py */
  async function search(text, chosen = {}) {
    const head = await need("head");
    const question = readQuestion(text);
    const notes = question.notes;
    const found = await ask(head, chosen, question);
    if (!question.parts.length || found.total > 2) return { ...found, notes };
    const words = await need("known");
    if (found.total) {
      const meant = [];
      for (const it of neighbours(question, words)) {
        if ((await ask(head, chosen, it)).total > found.total) meant.push(textOf(it));
      }
      return { ...found, notes, meant };
    }
    const loose = loosened(question);
    if (loose) {
      const those = await ask(head, chosen, loose);
      if (those.total) return { ...those, notes: [...notes, "No number is like this: it was looked for as words."] };
    }
    const others = [];
    for (const it of corrections(loose ?? question, words)) {
      const those = await ask(head, chosen, it);
      if (those.total) others.push([textOf(it), those]);
    }
    if (!others.length) return { ...found, notes };
    const [[instead, those], ...more] = others;
    return { ...those, notes, instead, meant: more.map((it) => it[0]) };
  }

  function positions(packed) {
    const found = [];
    each(packed, (at) => found.push(at));
    return found;
  }

  scope.recastSearch = { apart, folded, foldedWords, inNames, need, numberIn, positions, readQuestion, search, wanted };
})(globalThis);
