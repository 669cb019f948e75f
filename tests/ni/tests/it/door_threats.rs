//! The attacks of the threat model that begin at the host's door: what a client says, and what discovery says to it.

use std::collections::BTreeSet;

use cordon_core::call::Purpose;
use cordon_core::grant::GrantedNeed;
use cordon_core::ids::PluginId;
use cordon_ni::generate::{need, tenant};
use cordon_ni::kept::OTHER;
use cordon_ni::world::{PATIENT, TENANT, World};
use cordon_server::cds::{IssuerSettings, RolePattern};
use serde_json::{Value, json};

use crate::attacks::attacks;
use crate::door::{CLIENT, Door, SERVICE, SERVICES, STRANGER};
use crate::threats::{PLANTED, hiv, plain, planted, signed_cards};

/// A world whose record holds this.
fn holding(row: Value) -> World {
    let mut world = plain();
    world.stored.push((tenant(TENANT), row));
    world
}

/// A restricted row, and a plugin that was granted what only a broken glass shows.
fn behind_glass() -> World {
    let mut world = signed_cards(holding(hiv()));
    world.grant.purposes = BTreeSet::from([Purpose::BreakGlass]);
    world
}

fn broken_glass() -> Value {
    json!({ "purpose_of_use": { "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "BTG" } })
}

/// A client that may break the glass and claim any role.
fn trusted() -> IssuerSettings {
    IssuerSettings {
        claimed_purposes: BTreeSet::from([Purpose::BreakGlass]),
        break_glass: true,
        claimed_roles: vec![RolePattern::parse("*").unwrap()],
        ..IssuerSettings::default()
    }
}

fn nothing() -> Value {
    json!({})
}

attacks! {
    rd_03_a_need_that_was_not_granted without GrantOverasked => || {
        let mut world = plain();
        world.grant.needs.remove(&need("letters"));
        let asked = Door::new(&world, trusted()).discover().to_string();
        assert!(asked.contains("Observation"), "{asked}");
        asked.contains("DocumentReference")
    };
    rd_03_more_of_a_need_than_was_granted without GrantOverasked => || {
        let mut world = plain();
        let narrower = "patient/Observation.rs?category=laboratory&code=http://loinc.org|2160-0";
        world.manifest = cordon_ni::generate::limited(2);
        world.grant.needs.insert(need("labs"), GrantedNeed { within: Some(narrower.to_owned()) });
        let asked = Door::new(&world, trusted()).discover();
        !asked["services"][0]["prefetch"]["labs"].as_str().unwrap().contains("2160-0")
    };
    rd_11_a_glass_broken_by_a_claim_that_the_client_did_not_sign without SignatureIgnored => || {
        let door = Door::new(&behind_glass(), trusted());
        door.call(&door.forged(CLIENT, SERVICE, &broken_glass()));
        door.told(PLANTED)
    };
    rd_11_a_glass_broken_by_a_client_that_may_not without ClaimUnconfigured => || {
        let door = Door::new(&behind_glass(), IssuerSettings::default());
        door.call(&door.token(CLIENT, SERVICE, &broken_glass()));
        door.told(PLANTED)
    };
    rd_11_a_role_claimed_by_a_client_that_may_not without ClaimUnconfigured => || {
        let mut world = signed_cards(holding(hiv()));
        world.manifest.id = PluginId::new("com.example.reviewed.tells").unwrap();
        let roles = json!({ "subject_role": [{ "code": "restricted-records" }, { "code": "hiv-care" }] });
        let door = Door::new(&world, IssuerSettings::default());
        door.call(&door.token(CLIENT, SERVICE, &roles));
        door.told(PLANTED)
    };
    // The patient of the other tenant's call has the same id here.
    co_02_a_client_that_asks_for_another_tenants_patient without TenantIgnored => || {
        let mut world = plain();
        world.stored.push((tenant(OTHER), planted(PATIENT)));
        let door = Door::new(&world, trusted());
        door.call(&door.token(CLIENT, SERVICE, &nothing()));
        door.told(PLANTED)
    };
    co_04_the_token_of_a_call_used_for_another_call without TokenReused => || {
        let door = Door::new(&plain(), trusted());
        let token = door.token(CLIENT, SERVICE, &nothing());
        assert!(door.call(&token));
        door.call(&token)
    };
    co_04_the_token_of_another_endpoint without AudienceIgnored => || {
        let door = Door::new(&plain(), trusted());
        door.call(&door.token(CLIENT, SERVICES, &nothing()))
    };
}

#[test]
fn what_the_attacks_plant_is_told_to_whom_it_may_be() {
    let _whole = cordon_faults::without(None);
    let glass = Door::new(&behind_glass(), trusted());
    assert!(glass.call(&glass.token(CLIENT, SERVICE, &broken_glass())));
    assert!(glass.told(PLANTED));
    let door = Door::new(&holding(planted(PATIENT)), trusted());
    assert!(door.call(&door.token(STRANGER, SERVICE, &nothing())));
    assert!(!door.told(PLANTED), "the other tenant holds nothing");
    assert!(door.call(&door.token(CLIENT, SERVICE, &nothing())));
    assert!(door.told(PLANTED));
}
