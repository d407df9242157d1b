/** The part of the address after `#`, which keeps what is chosen: `database=postgres&auth=oidc`. */

/** Return what a link chooses, and what of it cannot be chosen. */
export function read(hash, services) {
  const given = Object.fromEntries(new URLSearchParams(hash.replace(/^#/, "")));
  const { service_name: name, from, file, ...answers } = given;
  const faults = [];
  const choice = chosen(answers, services, faults);
  const base = from === undefined ? undefined : chosen(Object.fromEntries(pairsIn(from)), services, faults);
  const refused = name === undefined ? undefined : services.refusedName(name);
  if (refused) faults.push(refused);
  return { choice, base, file, name: refused ? undefined : name, faults };
}

export function write({ choice, base, file, name }, services) {
  const parts = services.pairs(choice);
  if (name !== services.data.name.default) parts.push(`service_name=${name}`);
  if (base) parts.push(`from=${services.pairs(base).join(",").replaceAll("=", ":")}`);
  if (file) parts.push(`file=${file}`);
  return `#${parts.join("&")}`;
}

function pairsIn(from) {
  return from.split(",").filter(Boolean).map((pair) => pair.split(":"));
}

/** Take the answers one by one, so that each that does not fit is left out and its reason is kept. */
function chosen(answers, services, faults) {
  let choice = services.complete({});
  const known = Object.fromEntries(services.questions.map((each) => [each.name, each]));
  for (const name of Object.keys(answers).filter((each) => !known[each])) faults.push(`There is no question '${name}'.`);
  for (const question of services.questions.filter((each) => each.name in answers)) {
    const fault = faultOf(question, answers[question.name], choice, services);
    if (fault) faults.push(fault);
    else choice = services.complete({ ...choice, [question.name]: answers[question.name] });
  }
  return choice;
}

function faultOf({ name, answers, ...question }, answer, choice, services) {
  if (!answers.includes(answer)) return `There is no answer '${answer}' to ${name}. Use ${answers.join(", ")}.`;
  const reason = services.whyNotAsked(choice, question) ?? services.obstacle(choice, name, answer);
  return reason && `${name}=${answer}: ${reason}`;
}
