//! Proofs with the solver itself (Debian's cvc5; `cargo xtask test` installs it).

#[cfg(test)]
mod differences;
#[cfg(test)]
mod nevers;
#[cfg(test)]
mod program;
#[cfg(test)]
mod undecided;

#[cfg(test)]
mod desk {
    use std::path::Path;
    use std::time::Duration;

    use cordon_policy::cedar::Policies;
    use cordon_prove::solver::Prover;

    pub(crate) fn prover() -> Prover {
        Prover::start(Path::new("cvc5"), Duration::from_secs(60)).expect("cvc5 is on the path")
    }

    pub(crate) fn policies(text: &str) -> Policies {
        Policies::parse(text).unwrap()
    }

    /// The policies of a file without one of them.
    pub(crate) fn without(policies: &Policies, id: &str) -> Policies {
        let rest = policies.stated().iter().filter(|(other, _)| *other != id);
        self::policies(&rest.map(|(_, stated)| stated.text.clone()).collect::<String>())
    }
}
