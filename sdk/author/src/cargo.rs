//! The author's own `cargo` and `rustc`. What they print on standard error goes to the author's terminal.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Message, MetadataCommand};

use crate::tools::Tools;

/// The target of a component's core module.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Why cargo did not do it.
#[derive(Debug, thiserror::Error)]
pub enum CargoError {
    /// A program cannot be started.
    #[error("`{0}` does not run: install Rust from https://rustup.rs")]
    NotFound(&'static str, #[source] std::io::Error),
    /// The target is not installed.
    #[error("the Rust target {TARGET} is not installed: run `rustup target add {TARGET}`")]
    NoTarget,
    /// The folder is no cargo package.
    #[error("`{}` is no cargo package that can be read", folder.display())]
    NotAPackage {
        /// The folder.
        folder: PathBuf,
        /// What cargo said.
        #[source]
        source: cargo_metadata::Error,
    },
    /// The compiler refused.
    #[error("cargo could not build the plugin: what it printed says why")]
    Failed,
    /// No core module came out.
    #[error("the build made no core module: Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]")]
    NoModule,
}

impl Tools {
    /// Says whether components can be built here.
    ///
    /// # Errors
    /// [`CargoError`] says what to install.
    pub(crate) fn cargo_ready(&self, folder: &Path) -> Result<(), CargoError> {
        let mut rustc = Command::new("rustc");
        rustc.current_dir(folder).args(["--print", "target-libdir", "--target", TARGET]);
        let said = rustc.output().map_err(|source| CargoError::NotFound("rustc", source))?;
        let libraries = String::from_utf8_lossy(&said.stdout);
        if said.status.success() && Path::new(libraries.trim()).is_dir() { Ok(()) } else { Err(CargoError::NoTarget) }
    }

    /// The target directory of the package in this folder, as cargo itself sees it.
    pub(crate) fn cargo_target(&self, folder: &Path) -> Result<PathBuf, CargoError> {
        let not_a_package = |source| CargoError::NotAPackage { folder: folder.to_owned(), source };
        let mut asked = MetadataCommand::new();
        asked.current_dir(folder).no_deps();
        if let Some(target) = &self.target_dir {
            asked.env("CARGO_TARGET_DIR", target);
        }
        let metadata = asked.exec().map_err(not_a_package)?;
        Ok(metadata.target_directory.into_std_path_buf())
    }

    /// Builds the package in this folder as a core module, and says where the module is.
    pub(crate) fn core_module(&self, folder: &Path) -> Result<PathBuf, CargoError> {
        let mut cargo = self.command(folder);
        cargo.args(["build", "--lib", "--release", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
        cargo.stdout(Stdio::piped());
        let mut child = cargo.spawn().map_err(|source| CargoError::NotFound("cargo", source))?;
        let mut module = None;
        // What is not a message is not for us; an unreadable stream ends and cargo's exit code counts.
        for message in child.stdout.take().into_iter().flat_map(|out| Message::parse_stream(BufReader::new(out))) {
            if let Ok(Message::CompilerArtifact(artifact)) = message {
                let made = artifact.filenames.into_iter().find(|name| name.extension() == Some("wasm"));
                module = made.map(Into::into).or(module);
            }
        }
        let status = child.wait().map_err(|source| CargoError::NotFound("cargo", source))?;
        if !status.success() {
            return Err(CargoError::Failed);
        }
        module.ok_or(CargoError::NoModule)
    }

    /// Runs the package's own tests; gives what they printed, and whether they passed.
    pub(crate) fn cargo_test(&self, folder: &Path) -> Result<(bool, String), CargoError> {
        let mut cargo = self.command(folder);
        cargo.arg("test").stdout(Stdio::piped()).stderr(Stdio::inherit());
        let said = cargo.output().map_err(|source| CargoError::NotFound("cargo", source))?;
        Ok((said.status.success(), String::from_utf8_lossy(&said.stdout).into_owned()))
    }

    fn command(&self, folder: &Path) -> Command {
        let mut cargo = Command::new("cargo");
        // These would replace the flags of the project's own configuration, which bound the stack.
        cargo.current_dir(folder).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        if let Some(target) = &self.target_dir {
            cargo.env("CARGO_TARGET_DIR", target);
        }
        cargo
    }
}
