/**
 * The services of all answers, from the data that `python -m explorer` writes.
 *
 * A choice is an object with the answers to the questions that are asked, as strings: {database: "postgres", …}.
 */
export class Services {
  constructor(data) {
    this.data = data;
    this.questions = data.questions;
    this.conditions = data.conditions.map(compiled);
    // How many files and lines each condition brings.
    this.sizes = data.conditions.map(() => ({ files: 0, lines: 0 }));
    for (const [there, parts] of Object.values(data.files)) {
      this.sizes[there].files += 1;
      for (const [condition, text] of parts) this.sizes[condition].lines += countLines(text);
    }
  }

  static async load(url) {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return new Services(await response.json());
  }

  /** Return the answers to all questions that are asked after these answers, with defaults for those without one. */
  complete(answers) {
    const choice = {};
    for (const { name, asked, answers: valid, default: first } of this.questions) {
      if (!this.holds(asked, choice)) continue;
      choice[name] = valid.includes(answers[name]) ? answers[name] : first;
    }
    return choice;
  }

  /** Return why Copier refuses a choice, or undefined. */
  refusal(choice) {
    for (const { name } of this.questions) {
      for (const [condition, words] of this.data.refusals[name]?.[choice[name]] ?? []) {
        if (compiled(condition)(choice)) return { name, words };
      }
    }
    return undefined;
  }

  /** Return why an answer cannot be chosen beside the others of a choice, or undefined. */
  obstacle(choice, name, answer) {
    const refusal = this.refusal(this.complete({ ...choice, [name]: answer }));
    if (!refusal) return undefined;
    return refusal.name === name ? refusal.words : `Not with ${refusal.name}=${choice[refusal.name]}: ${refusal.words}`;
  }

  /** Return why a question is not asked, or undefined. */
  whyNotAsked(choice, question) {
    if (this.holds(question.asked, choice)) return undefined;
    const { questions, answers } = this.data.conditions[question.asked];
    const ways = answers.map((each) => each.split(" ").map((answer, at) => `${questions[at]}=${answer}`).join(" "));
    return `Only with ${ways.join(" or ")}.`;
  }

  /** Return why Copier refuses a name for the service, or undefined. */
  refusedName(name) {
    const { pattern, longest, taken, refused, words } = this.data.name;
    if (new RegExp(pattern, "u").test(name) && name.length <= longest && !taken.includes(name)) return undefined;
    return words.replaceAll(refused, name);
  }

  holds(condition, choice) {
    return this.conditions[condition](choice);
  }

  /** Return the texts of a service's files by their paths, in order. */
  files(choice, name = this.data.name.default) {
    const holds = this.conditions.map((each) => each(choice));
    const files = new Map();
    for (const [path, [there, parts]] of Object.entries(this.data.files)) {
      if (!holds[there]) continue;
      const text = parts.filter(([condition]) => holds[condition]).map((part) => part[1]).join("");
      files.set(path, text.replaceAll(this.data.name.mark, name));
    }
    return files;
  }

  size(choice) {
    const there = this.sizes.filter((_, number) => this.holds(number, choice));
    return there.reduce((sum, each) => ({ files: sum.files + each.files, lines: sum.lines + each.lines }));
  }

  /** Return the dependencies, servers or settings of a service. */
  facts(choice, kind) {
    return this.data.facts[kind].filter(([condition]) => this.holds(condition, choice)).map((entry) => entry[1]);
  }

  /** Return what the tests prove of a service in each run, and what they prove as well for each push. */
  proofs(choice) {
    const found = { default: [], every: [] };
    for (const [words, inDefault, inEvery] of this.data.proofs) {
      if (this.holds(inDefault, choice)) found.default.push(words);
      else if (this.holds(inEvery, choice)) found.every.push(words);
    }
    return found;
  }

  /** Return the answers of a choice that are not the defaults, as `question=answer`. */
  pairs(choice) {
    const given = this.questions.filter((each) => each.name in choice && choice[each.name] !== each.default);
    return given.map(({ name }) => `${name}=${choice[name]}`);
  }

  command(choice, name = this.data.name.default) {
    const { source, version, name: naming } = this.data;
    const given = [...(name === naming.default ? [] : [`service_name=${name}`]), ...this.pairs(choice)];
    const options = ["--defaults", `--vcs-ref ${version}`, ...given.map((pair) => `--data ${pair}`)];
    return `uvx copier copy ${options.join(" ")} "${source}" ${name}`;
  }
}

export function countLines(text) {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return text && !text.endsWith("\n") ? count + 1 : count;
}

/** Return a function that says whether a condition holds for a choice. */
function compiled({ questions, answers }) {
  const among = new Set(answers);
  return (choice) => among.has(questions.map((name) => choice[name] ?? "").join(" "));
}
