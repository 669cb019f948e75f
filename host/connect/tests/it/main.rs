//! The client against real TLS servers on loopback. Names, addresses and certificates are made up for each test.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod answers;
#[cfg(feature = "faults")]
#[cfg(test)]
mod faults;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod site;
#[cfg(test)]
mod town;
