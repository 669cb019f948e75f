//! A guest written in JavaScript, with its interpreter inside.

use cordon_core::limits::LimitClass;
use cordon_runtime::ComponentError;

use crate::room::{engine, guest, message, run, run_with, said};

#[test]
fn a_javascript_guest_answers_like_a_rust_guest_in_the_class_of_interpreters() {
    let component = cordon_guest_build::javascript_guest("reads_the_labs").unwrap();
    let reply = run_with(&component, message(&component, LimitClass::Interpreted));
    assert_eq!(said(&reply), said(&run(&guest("reads_the_labs"))));
    assert_eq!(reply, run_with(&component, message(&component, LimitClass::Interpreted)));
    let refused = engine().check(&component, LimitClass::Compiled).unwrap_err();
    assert!(matches!(refused, ComponentError::TooMany { .. } | ComponentError::Construct(_)), "{refused:?}");
}
