//! Every kept input again, on the stable compiler, and each oracle against what it must find.

#[cfg(test)]
mod finds;
#[cfg(test)]
mod kept;
#[cfg(test)]
mod time;
