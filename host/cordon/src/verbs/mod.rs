//! The verbs. Each reads its arguments, calls one room and says what came of it.

pub(crate) mod audit;
pub(crate) mod author;
pub(crate) mod call;
pub(crate) mod doctor;
pub(crate) mod gate;
pub(crate) mod hospital;
pub(crate) mod init;
pub(crate) mod label;
pub(crate) mod load;
pub(crate) mod policy;
pub(crate) mod prepare;
mod proof;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod support;
pub(crate) mod view;
pub(crate) mod ward;
