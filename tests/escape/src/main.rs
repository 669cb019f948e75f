//! A runner with native code planted in it. It is never part of a host: it shows what a plugin that broke the engine
//! could do.
#![forbid(unsafe_code)]

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    cordon_wall::serve(|runner| runner)
}
