//! The gate and the engine refuse the same wasm features.

use cordon_core::limits::LimitClass;
use wasmtime::component::Component;

use crate::engine::config;
use crate::gate::{ComponentError, check};

/// A small core module or component for each feature that is off.
const OFF: [(&str, &str); 17] = [
    ("simd", "(module (func (drop (v128.const i64x2 0 0))))"),
    ("relaxed-simd", "(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))"),
    ("threads", "(module (memory 1 1 shared))"),
    ("atomics", "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"),
    ("exceptions", "(module (tag $t) (func (throw $t)))"),
    ("64-bit memory", "(module (memory i64 1))"),
    ("64-bit table", "(module (table i64 1 funcref))"),
    ("function references", "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))"),
    ("gc structs", "(module (type (struct (field i32))))"),
    ("gc references", "(module (func (param i31ref)))"),
    ("host references", "(module (func (param externref)))"),
    ("custom page sizes", "(module (memory 1 (pagesize 1)))"),
    ("wide arithmetic", "(module (func (param i64) (drop (drop (i64.mul_wide_u (local.get 0) (local.get 0))))))"),
    ("stack switching", "(module (type $f (func)) (type $c (cont $f)) (func (param (ref null $c))))"),
    ("async", r#"(component (import "cordon:clinical/calls@0.2.0" (instance (export "f" (func async)))))"#),
    ("streams", "(component (type (stream u8)))"),
    ("error contexts", "(component (core func (canon error-context.drop)))"),
];

/// The same for features that are on: what guests need is not refused by accident.
const ON: [&str; 6] = [
    "(module (func $f (return_call $f)))",
    "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))",
    "(module (func (result i32 i32) i32.const 1 i32.const 2))",
    "(module (func (param f64) (drop (i32.trunc_sat_f64_s (local.get 0)))))",
    "(module (table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1)))))",
    "(module (global (mut i32) (i32.const 1)) (func (drop (i32.extend8_s (i32.const 1)))))",
];

/// As a component, which is all that either accepts.
fn component(wat: &str) -> Vec<u8> {
    let wat = wat.strip_prefix("(module").map_or(wat.to_owned(), |rest| format!("(component (core module{rest})"));
    wat::parse_str(wat).unwrap()
}

/// What the engine says without the gate before it.
fn engine_accepts(component: &[u8]) -> bool {
    let engine = wasmtime::Engine::new(&config().unwrap()).unwrap();
    Component::from_binary(&engine, component).is_ok()
}

#[test]
fn each_feature_that_is_off_is_refused_by_the_gate_and_by_the_engine() {
    for (feature, wat) in OFF {
        let component = component(wat);
        let refused = check(&component, LimitClass::Interpreted, None).unwrap_err();
        assert!(
            matches!(refused, ComponentError::Feature { .. } | ComponentError::Invalid { .. }),
            "{feature}: {refused:?}"
        );
        assert!(!engine_accepts(&component), "{feature}");
    }
}

#[test]
fn what_guests_need_is_accepted_by_both() {
    for wat in ON {
        let component = component(wat);
        // Nothing is wrong with it but that it is no plugin.
        assert_eq!(check(&component, LimitClass::Compiled, None), Err(ComponentError::MissingExport), "{wat}");
        assert!(engine_accepts(&component), "{wat}");
    }
}
