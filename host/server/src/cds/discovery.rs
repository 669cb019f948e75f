//! Discovery: `GET {base}/cds-services`. A host without services answers an empty list, not 404.

use axum::extract::State;
use axum::http::Uri;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::response::Response;
use cordon_core::grant::Installed;
use cordon_core::ids::TenantId;
use cordon_core::manifest::Service;
use serde_json::{Value, json};

use super::answer;
use super::door::Door;
use super::prefetch;

pub(super) async fn list(State(door): State<Door>, uri: Uri, headers: HeaderMap) -> Response {
    let open = door.settings.open_discovery.clone().filter(|_| !headers.contains_key(AUTHORIZATION));
    if let Some(tenant) = open {
        return door.blocking(move |door| describe(door, &tenant)).await;
    }
    let tenant = match door.authenticate(&uri, &headers).await {
        Ok(client) => client.tenant,
        Err(error) => return answer::unauthenticated(error),
    };
    // The list leaves no record, so the token becomes durable by itself.
    let settled = move |door: &Door| match door.nonces.settle(&tenant) {
        Ok(()) => describe(door, &tenant),
        Err(error) => answer::unauthenticated(error.into()),
    };
    door.blocking(settled).await
}

fn describe(door: &Door, tenant: &TenantId) -> Response {
    let Ok(installed) = door.services.installed(tenant) else { return answer::unavailable(None) };
    let enabled = installed.iter().filter(|installed| installed.enabled);
    let pairs =
        enabled.flat_map(|installed| installed.manifest.services.iter().map(move |service| (installed, service)));
    let mut pairs: Vec<_> = pairs.collect();
    // The same services give the same bytes, in whatever order they were installed.
    pairs.sort_by(|(_, a), (_, b)| (&a.id, a.hook.as_str()).cmp(&(&b.id, b.hook.as_str())));
    let services: Vec<Value> = pairs.into_iter().map(|(installed, service)| one(installed, service)).collect();
    answer::cards(json!({ "services": services }).to_string().into_bytes())
}

/// Members are never null or empty. `version` is of the 3.0 ballot; a 2.0 client ignores it.
fn one(installed: &Installed, service: &Service) -> Value {
    let manifest = &installed.manifest;
    let title = service.title.as_deref().unwrap_or(&manifest.title.en);
    let mut described = json!({
        "hook": service.hook.as_str(),
        "title": title,
        "description": service.description,
        "id": service.id,
        "version": manifest.version.to_string(),
    });
    let templates = prefetch::templates(installed);
    if let (Some(described), false) = (described.as_object_mut(), templates.is_empty()) {
        described.insert("prefetch".to_owned(), json!(templates));
    }
    described
}
