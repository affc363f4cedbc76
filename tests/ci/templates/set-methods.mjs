// Methods of sets that gitlab-ci-local calls and that Node has only since version 22.
const P = Set.prototype;
const define = (name, f) => { if (!P[name]) Object.defineProperty(P, name, { value: f, writable: true, configurable: true }); };
define("union", function (o) { return new Set([...this, ...o.keys()]); });
define("intersection", function (o) { return new Set([...this].filter((x) => o.has(x))); });
define("difference", function (o) { return new Set([...this].filter((x) => !o.has(x))); });
define("isSubsetOf", function (o) { return [...this].every((x) => o.has(x)); });
define("isSupersetOf", function (o) { return [...o.keys()].every((x) => this.has(x)); });
define("isDisjointFrom", function (o) { return ![...this].some((x) => o.has(x)); });
