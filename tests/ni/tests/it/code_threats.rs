//! Attacks on kept code (threats ESC-04): whoever can write the host's files has native code run only if a check is missing.

use cordon_core::ids::Digest;
use cordon_core::limits::LimitClass;
use cordon_runtime::{Code, Wit};
use cordon_wall::{CodeKey, CodeOf};

use crate::attacks::attacks;

/// What the code is of.
fn of(class: LimitClass) -> CodeOf<'static> {
    CodeOf { component: Digest::of(b"renal"), class, wit: Wit::ALL[0], wasi: None, profile: "this" }
}

/// Code of this plugin, as this host keeps it.
fn kept(key: u8) -> Vec<u8> {
    let of = of(LimitClass::Interpreted);
    let code = Code::trusted(of.component, of.class, of.wit, b"native code".to_vec());
    CodeKey::new([key; 32]).seal(&code, of.profile).unwrap()
}

fn runs(class: LimitClass, kept: &[u8]) -> bool {
    CodeKey::new([7; 32]).open(&of(class), kept).is_some()
}

attacks! {
    code_that_this_host_did_not_make without CodeTagIgnored => || runs(LimitClass::Interpreted, &kept(8));
    code_that_was_admitted_in_the_wider_class without CodeUnbound => || runs(LimitClass::Compiled, &kept(7));
}
