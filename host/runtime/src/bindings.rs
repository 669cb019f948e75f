//! What the macro makes of the two served versions of `wit/`: the only place of this room with `unsafe` code, none of it
//! written by hand. Both hand out the same handles over one [`crate::host::State`].

/// `cordon:clinical@0.3.0`.
pub(crate) mod v0_3 {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "cds-service",
        imports: { default: trappable },
        with: {
            "cordon:clinical/records.view": crate::host::ViewHandle,
            "cordon:clinical/kept.cell": crate::host::CellHandle,
            "cordon:clinical/kept.pack": crate::host::PackHandle,
            "cordon:clinical/calls.call": crate::host::CallHandle,
        },
    });
}

/// `cordon:clinical@0.2.0`.
pub(crate) mod v0_2 {
    wasmtime::component::bindgen!({
        path: "../../wit/0.2.0",
        world: "cds-service",
        imports: { default: trappable },
        with: {
            "cordon:clinical/records.view": crate::host::ViewHandle,
            "cordon:clinical/kept.cell": crate::host::CellHandle,
            "cordon:clinical/kept.pack": crate::host::PackHandle,
            "cordon:clinical/calls.call": crate::host::CallHandle,
        },
    });
}
