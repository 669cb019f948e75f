//! A runner with native code planted in it. It is never part of a host: it is what a plugin could do that broke the engine.
//!
//! As a runner it answers as every runner does, unless the service is `try-NAME`: then it tries NAME, and says whether it worked.
//! `cordon-escape free NAME` tries the same outside of any jail, to show that the attempt is a real one.

mod attempts;
mod forged;
mod planted;

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    attempts::remember_parent();
    let arguments = std::env::args().collect::<Vec<_>>();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "free", name] => attempts::freely(name),
        [_, "names"] => attempts::names(),
        _ => cordon_wall::serve(planted::Planted),
    }
}
