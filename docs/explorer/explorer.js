/** The page on which to choose answers: it keeps what is chosen, and shows it after each change. */
import { compare } from "./comparison.js";
import { read, write } from "./link.js";
import { Services } from "./services.js";
import { element, growth, number, showDifference, showFile, showNames, showTree, summary } from "./view.js";

const FIRST_FILE = "README.md";
const FACTS = ["dependencies", "servers", "settings"];

const page = document.getElementById("explorer");
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const form = page.querySelector("form");

const services = await Services.load(new URL("data.json", import.meta.url));
const state = { choice: services.complete({}), name: services.data.name.default, base: undefined, file: undefined };
const open = new Set();
let files = new Map();
let former; // the files of the choice that is compared with
let changes;

function follow(hash) {
  const { choice, base, file, name, faults } = read(hash, services);
  Object.assign(state, { choice, base, file, name: name ?? services.data.name.default });
  form.elements.service_name.value = state.name;
  part("faults").textContent = faults.join(" ");
  update();
}

/** Show everything again after a change of the choice. */
function update() {
  files = services.files(state.choice, state.name);
  former = state.base && services.files(state.base, state.name);
  changes = former && compare(former, files);
  showQuestions();
  showFacts();
  showProofs();
  showComparison();
  part("command").textContent = services.command(state.choice, state.name);
  showPaths();
  keepInLink();
}

function keepInLink() {
  const hash = write({ ...state, file: state.file === FIRST_FILE ? undefined : state.file }, services);
  history.replaceState(null, "", hash === "#" ? location.pathname : hash);
}

function showQuestions() {
  for (const question of services.questions) {
    const reason = services.whyNotAsked(state.choice, question);
    const fieldset = form.querySelector(`[data-question="${question.name}"]`);
    fieldset.disabled = Boolean(reason);
    fieldset.querySelector("[data-why]").textContent = reason ?? "";
    for (const input of fieldset.querySelectorAll("input")) showAnswer(question.name, input, Boolean(reason));
  }
}

function showAnswer(name, input, isIdle) {
  const obstacle = isIdle ? undefined : services.obstacle(state.choice, name, input.value);
  input.checked = state.choice[name] === input.value;
  input.disabled = Boolean(obstacle);
  const note = document.getElementById(input.getAttribute("aria-describedby"));
  note.textContent = obstacle ?? (isIdle || input.checked ? "" : whatItBrings(name, input.value));
}

function whatItBrings(name, answer) {
  const now = services.size(state.choice);
  const then = services.size(services.complete({ ...state.choice, [name]: answer }));
  return `${growth(then.files - now.files, "file")}, ${growth(then.lines - now.lines, "line")}`;
}

function showFacts() {
  const size = services.size(state.choice);
  part("files").textContent = number(size.files);
  part("lines").textContent = number(size.lines);
  for (const kind of FACTS) {
    const names = services.facts(state.choice, kind);
    part(kind).textContent = number(names.length);
    showNames(part(`${kind}-names`), names, state.base && services.facts(state.base, kind));
  }
}

function showProofs() {
  for (const [run, proofs] of Object.entries(services.proofs(state.choice))) {
    part(`${run}-count`).textContent = number(proofs.length);
    part(run).replaceChildren(...proofs.map((words) => element("li", {}, words)));
  }
}

function showComparison() {
  const isOn = Boolean(changes);
  part("compared").hidden = !isOn;
  if (isOn) part("base").textContent = services.pairs(state.base).join(" ") || "the defaults";
  const { files: count, lines } = services.size(state.choice);
  part("status").textContent = isOn ? `${summary(changes)}.` : `${number(count)} files, ${number(lines)} lines.`;
}

function showPaths() {
  const paths = changes ? [...changes.keys()] : [...files.keys()];
  if (!paths.includes(state.file)) state.file = paths.includes(FIRST_FILE) ? FIRST_FILE : paths[0];
  for (const folder of foldersOf(changes ? paths : [state.file ?? ""])) open.add(folder);
  showTree(part("tree"), paths, { chosen: state.file, open, changes });
  showText();
}

function foldersOf(paths) {
  return paths.flatMap((path) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index + 1)));
}

function showText() {
  part("path").textContent = state.file ?? "No file is different.";
  if (!state.file) part("text").replaceChildren();
  else if (changes) showDifference(part("text"), former.get(state.file), files.get(state.file));
  else showFile(part("text"), state.file, files.get(state.file));
}

function chooseFile(path) {
  state.file = path;
  for (const button of part("tree").querySelectorAll("button")) {
    if (button.dataset.path === path) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  showText();
  part("text").parentElement.scrollTo(0, 0);
  keepInLink();
}

function rename(input) {
  const refused = services.refusedName(input.value);
  input.setAttribute("aria-invalid", String(Boolean(refused)));
  part("name-refused").textContent = refused ?? "";
  if (refused) return;
  state.name = input.value;
  update();
}

async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  part("status").textContent = `${button.dataset.what} is copied.`;
}

async function download() {
  const { archive } = await import("./archive.js"); // hardly anybody needs it, so it is loaded late
  const url = URL.createObjectURL(new Blob([archive(files, state.name)], { type: "application/zip" }));
  Object.assign(document.createElement("a"), { href: url, download: `${state.name}.zip` }).click();
  URL.revokeObjectURL(url);
}

function compareWith(base) {
  state.base = base;
  update();
}

const actions = {
  "copy-command": (button) => copy(part("command").textContent, button),
  "copy-link": (button) => copy(location.href, button),
  download,
  "compare-here": () => compareWith(state.choice),
  "compare-defaults": () => compareWith(services.complete({})),
  swap: () => {
    [state.choice, state.base] = [state.base, state.choice];
    update();
  },
  stop: () => compareWith(undefined),
};

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", ({ target }) => {
  if (target.name === "service_name") return rename(target);
  part("faults").textContent = "";
  state.choice = services.complete({ ...state.choice, [target.name]: target.value });
  return update();
});
page.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.path) chooseFile(button.dataset.path);
  else actions[button?.dataset.action]?.(button);
});
part("tree").addEventListener("toggle", ({ target }) => {
  const { path } = target.querySelector("summary").dataset;
  if (target.open) open.add(path);
  else open.delete(path);
}, { capture: true });
addEventListener("hashchange", () => follow(location.hash));

for (const each of page.querySelectorAll("[data-needs-script]")) each.hidden = false;
form.elements.service_name.disabled = false;
follow(location.hash);
page.dataset.ready = "";
