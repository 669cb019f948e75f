//! Guests written in JavaScript and Python, with their interpreters inside.

use cordon_core::limits::LimitClass;
use cordon_runtime::ComponentError;

use crate::room::{engine, guest, message, run, run_with, said};

/// Runs a guest twice and compares with the Rust guest of the same name.
fn answers_like_the_rust_guest(component: &[u8]) {
    let reply = run_with(component, message(component, LimitClass::Interpreted));
    assert_eq!(said(&reply), said(&run(&guest("reads_the_labs"))));
    assert_eq!(reply, run_with(component, message(component, LimitClass::Interpreted)));
    let imports = engine().check(component, LimitClass::Interpreted).unwrap().imports;
    assert!(imports.iter().all(|name| name.starts_with("cordon:clinical/")), "{imports:?}");
    let refused = engine().check(component, LimitClass::Compiled).unwrap_err();
    let shape =
        matches!(refused, ComponentError::Size { .. } | ComponentError::TooMany { .. } | ComponentError::Construct(_));
    assert!(shape, "{refused:?}");
}

#[test]
fn a_javascript_guest_answers_like_a_rust_guest_in_the_class_of_interpreters() {
    answers_like_the_rust_guest(&cordon_guest_build::javascript_guest("reads_the_labs").unwrap());
}

#[test]
fn a_python_guest_answers_like_a_rust_guest_in_the_class_of_interpreters() {
    answers_like_the_rust_guest(&cordon_guest_build::python_guest("reads_the_labs").unwrap());
}
