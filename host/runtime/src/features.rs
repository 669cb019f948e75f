//! The wasm features a plugin may use: one list for the gate and for the engine.

use wasmparser::WasmFeatures;

/// What is on; all else is off: simd, gc, references to functions and host objects, exceptions, threads,
/// 64-bit memories, odd page sizes, wide arithmetic, stack switching, and all of the component model that is not in
/// its first release, above all async.
///
/// These are what `rustc`, `clang` and QuickJS (tail calls) emit. The type is the engine's own, so the gate reads a component with
/// the very parser that the engine compiles it with.
pub(crate) const ALLOWED: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::COMPONENT_MODEL);

/// The names of a set of features, for a refusal.
pub(crate) fn names(features: WasmFeatures) -> String {
    let names: Vec<String> = features.iter_names().map(|(name, _)| name.to_lowercase().replace('_', "-")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;
