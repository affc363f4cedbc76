// read.cjs SCRIPT < questions.json: how the script of a copy reads questions: the words that are looked for, and notes.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");

const context = vm.createContext({ atob, console });
vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), context);
const { inNames, readQuestion, wanted } = context.recastSearch;
const plain = (it) => [it.word, Boolean(it.whole), Boolean(it.names)];
const answers = JSON.parse(fs.readFileSync(0, "utf8")).map((text) => {
  const question = readQuestion(text);
  return [wanted(question).map(plain), inNames(question).map(plain), question.notes];
});
process.stdout.write(JSON.stringify(answers));
