//! The rules against their ports.

#[cfg(test)]
mod card_profile;
#[cfg(test)]
mod cards;
#[cfg(test)]
mod clearance;
#[cfg(test)]
mod dates;
#[cfg(test)]
mod disclosure;
#[cfg(test)]
mod fakes;
#[cfg(test)]
mod gather;
#[cfg(test)]
mod label_score;
#[cfg(test)]
mod look;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod pipeline;
#[cfg(test)]
mod printed;
#[cfg(test)]
mod readable;
#[cfg(test)]
mod requirements;
#[cfg(test)]
mod shreds;
#[cfg(test)]
mod slots;
#[cfg(test)]
mod templates;
