// ask.cjs FOLDER < questions.json: what the script of a copy finds, without a browser: shards are files that are run.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const folder = process.argv[2];
const context = vm.createContext({ atob, console });
const run = (name) => vm.runInContext(fs.readFileSync(path.join(folder, name), "utf8"), context, { filename: name });
const loaded = new Set();
context.recastLoad = (name, failed) => {
  loaded.add(name);
  setImmediate(() => { // as a browser does: later, so that others may need the same meanwhile
    try {
      run(`${name}.js`);
    } catch (error) {
      failed(error);
    }
  });
};

async function main() {
  run("search.js");
  const questions = JSON.parse(fs.readFileSync(0, "utf8"));
  const answers = [];
  for (const { q, chosen } of questions) {
    const before = process.hrtime.bigint();
    const found = await context.recastSearch.search(q, chosen ?? {});
    const took = Number(process.hrtime.bigint() - before) / 1e6;
    answers.push({ places: found.places, notes: found.notes, instead: found.instead, meant: found.meant, took, loaded: loaded.size });
  }
  process.stdout.write(JSON.stringify(answers));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
